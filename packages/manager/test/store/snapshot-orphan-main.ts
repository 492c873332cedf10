/** Starts to make a snapshot of the journal in the folder that it is given, says who makes it, and is killed. */
import { writeSync } from 'node:fs';
import { DEFAULT_SETTINGS } from '../../src/core/state.ts';
import { tempPath } from '../../src/store/snapshot-folder.ts';
import { SnapshotProcess } from '../../src/store/snapshot-process.ts';

const [dataDir = '', toSeq = '0'] = process.argv.slice(2);
const work = { dataDir, settings: DEFAULT_SETTINGS, from: [], toSeq: Number(toSeq), temp: tempPath(dataDir, Number(toSeq)) };
const maker = new SnapshotProcess({ unusable: () => undefined, damaged: () => undefined });
maker.make(work).catch(() => undefined);
writeSync(1, String(maker.pid));
process.kill(process.pid, 'SIGKILL');
