/** Why a task waits, for people. Pure. */
import type { WaitNode, WhyAnswer } from '@tagmill/shared/api/why';

/** The sentence, the tree of what keeps it back, and what it waited for before. */
export function whyText({ now, history }: WhyAnswer): string {
  const lines = [`${now.name} is ${now.state}: ${now.sentence}`, ...causeLines(now, '  ')];
  const past = history.filter(({ to }) => to !== null);
  if (past.length > 0) lines.push('before:');
  for (const { sentence, seconds } of past) lines.push(`  ${spanText(seconds).padStart(9)}  ${sentence}`);
  return `${lines.join('\n')}\n`;
}

function causeLines({ causes }: WaitNode, indent: string): string[] {
  return causes.flatMap(({ code, sentence, since, until, waits_for: before, more }) => [
    `${indent}${code}: ${sentence}${since === null ? '' : `, since ${since}`}${until === null ? '' : `, until ${until}`}`,
    ...before.flatMap((one) => [`${indent}  ${one.name} is ${one.state}: ${one.sentence}`, ...causeLines(one, `${indent}    `)]),
    ...(more === 0 ? [] : [`${indent}  and ${more} more`]),
  ]);
}

function spanText(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
