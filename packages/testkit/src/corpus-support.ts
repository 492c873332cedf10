/** Which cases of the corpus are about operators that this version does not have. */
import type { CheckResult } from '@tagmill/shared/rules/check';

/** Whether a rule is refused only because this version lacks an operator of it. */
export const isLater = (result: CheckResult): boolean =>
  result.errors.some((error) => error.code === 'OPERATOR_UNKNOWN' && error.message.startsWith('this version '));
