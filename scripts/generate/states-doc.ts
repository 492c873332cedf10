/** docs/states.md: the complete state x event and state x action table, from the code that runs. */
import { INSTANCE_EVENTS, type ActionCell } from '../../packages/manager/src/core/states/spec.ts';
import { STATES } from '../../packages/manager/src/core/states/table.ts';
import { ACTIONS, INSTANCE_STATES } from '../../packages/shared/src/words.ts';

const actionText = (cell: ActionCell): string => {
  if ('to' in cell) return `→ ${cell.to}`;
  if ('leave' in cell) return `→ ${cell.leave} (by way of stopping while attempts carry it)`;
  if ('again' in cell) return cell.again === 'this' ? '→ registered, runs again' : '→ registered, runs again with all downstream';
  if ('flag' in cell) return cell.flag === 'held' ? 'held' : 'not held';
  if ('open' in cell) return 'opens its gate';
  if ('undo' in cell) return 'what it changed in user_tags is undone, then stopped';
  if ('shards' in cell) return 'shards that wait for another try run at once';
  return `refused: ${cell.reject}`;
};

export function statesDoc(): string {
  const lines = [
    '<!-- Generated from packages/manager/src/core/states by `npm run generate`; do not edit. -->',
    '# States of an instance',
    '',
    'Every cell is there; a change in this table is the review of a change in behaviour. Numbers are those of the source document.',
    '',
  ];
  INSTANCE_STATES.forEach((state, number) => {
    const spec = STATES[state];
    lines.push(`## ${number} ${state}`, '', spec.terminal ? 'Terminal.' : spec.active ? 'Work of it may be under way.' : 'Not begun.', '');
    lines.push('| event | then |', '| --- | --- |');
    for (const event of INSTANCE_EVENTS) {
      const cell = spec.on[event];
      lines.push(`| ${event} | ${'to' in cell ? `→ ${cell.to}` : `nothing: ${cell.ignore}`} |`);
    }
    lines.push('', '| action | then |', '| --- | --- |');
    for (const action of ACTIONS) lines.push(`| ${action} | ${actionText(spec.actions[action])} |`);
    lines.push('');
  });
  lines.push(
    'Besides: the plan and the report have refusals of their own (`packages/manager/src/core/commands.ts`), and `held` is a flag beside the state.',
    '',
  );
  return lines.join('\n');
}
