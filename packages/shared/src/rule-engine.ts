/** What evaluates the conditions of rules in a run; the results are the same. */

/** `sql`: all conditions by SQL; `index`: all that can be by the predicate index; `auto`: by it where that is faster. */
export const RULE_ENGINES = ['auto', 'sql', 'index'] as const;
export type RuleEngine = (typeof RULE_ENGINES)[number];
