/** Who a run was for, as a rule. */
import type { NormalLeaf } from '@tagmill/shared/rules/normal';
import type { Basis } from './basis.ts';

const REGISTERED = 'registration_date';

/** The condition on the day of registration that an incremental run has; undefined for others. */
export function registeredRule({ run, plan }: Basis): NormalLeaf | undefined {
  const users = run?.users;
  if (users?.kind !== 'registered') return undefined;
  const field = plan.catalog.fields.find((one) => one.name === REGISTERED && one.unusable === undefined);
  return field === undefined ? undefined : { field, operator: 'date_between', value: [users.from, users.to], missing: 'no_match' };
}

/** Whether a run that names its users names this one. */
export const isNamed = ({ run }: Basis, userId: string): boolean => run?.users?.kind !== 'list' || run.users.users.includes(userId);
