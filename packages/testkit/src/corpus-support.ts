/** Which cases of the corpus are about operators that this version does not have. */
import type { CheckResult } from '@tagmill/shared/rules/check';

/** Whether a rule is refused only because this version lacks an operator of it. */
export const isLater = (result: CheckResult): boolean =>
  result.errors.some((error) => error.code === 'OPERATOR_UNKNOWN' && error.message.startsWith('this version '));

/** `aggregate 89, tag 24`: how many cases of each file. */
export function byFile(ids: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const id of ids) {
    const file = id.replace(/-\d.*$/, '');
    counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return [...counts].map(([file, count]) => `${file} ${count}`).join(', ');
}
