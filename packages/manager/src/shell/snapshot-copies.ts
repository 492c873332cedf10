import type { Logger } from 'pino';
import type { SnapshotStore } from '../config/options.ts';
import type { Journal } from '../store/journal.ts';

/** Copies the newest snapshot, and each that is made from now on, to S3; the function given back ends that. */
export async function copySnapshotsToS3(journal: Journal, place: SnapshotStore, log: Logger): Promise<() => Promise<void>> {
  const { SnapshotUploader } = await import('../store/snapshot-uploader.ts');
  const uploader = new SnapshotUploader(place, log);
  const offer = (): void => {
    const newest = journal.snapshotFile();
    if (newest !== undefined) uploader.offer(newest);
  };
  offer();
  const end = journal.onSnapshot(offer);
  return async () => {
    end();
    await uploader.close();
  };
}
