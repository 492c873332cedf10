/** What `journal verify` says. */
import type { SnapshotHead, Position } from '@tagmill/manager/store/journal';
import type { SnapshotVerdict, Verdict } from '@tagmill/manager/store/verify';

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');
const placeText = ({ seq, term, hash }: Position): string => `entry ${seq}, term ${term}, hash ${hex(hash).slice(0, 8)}`;

export function verdictText({ path, base, head, snapshots, fault, older }: Verdict): string {
  const lines = [
    `journal ${path}: ${base === null ? 'cannot be read' : `lineage ${base.lineage}, ${base.seq === 0 ? 'from the beginning' : `behind entry ${base.seq}`}`}`,
    ...snapshots.map(snapshotText),
    head === null ? 'nothing here can be replayed' : `a start comes to ${placeText(head)}`,
    ...(fault === null ? ['everything that a start needs holds'] : [`${fault.kind}: ${fault.sentence}`]),
    ...(older === null ? [] : [`before the newest snapshot, and so not needed: ${older.sentence}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function snapshotText({ path, head, why }: SnapshotVerdict): string {
  if (head === null || why !== null) return why?.includes(path) === true ? why : `the snapshot ${path} cannot be used: ${why}`;
  return `snapshot ${path}: whole, ${placeText(head)}, ${head.nodes} instances, ${head.sizeBytes} bytes, made ${new Date(head.atMs).toISOString()}`;
}

export function verdictJson({ path, base, head, snapshots, fault, older }: Verdict): object {
  const place = (at: Position | null) => (at === null ? null : { lineage: at.lineage, term: at.term, seq: at.seq, hash: hex(at.hash) });
  const snapshot = (of: SnapshotHead | null) =>
    of === null ? null : { ...place(of), at_ms: of.atMs, size_bytes: of.sizeBytes, nodes: of.nodes, format: of.format };
  return {
    path,
    base: place(base),
    head: place(head),
    snapshots: snapshots.map((one) => ({ path: one.path, head: snapshot(one.head), why: one.why })),
    fault,
    older,
  };
}
