import { checkRule } from '@tagmill/shared/rules/check';
import { makeClock } from '@tagmill/shared/rules/clock';
import { describeRule } from '@tagmill/shared/rules/describe';
import { evaluateRule } from '@tagmill/shared/rules/reference';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCorpus } from '../src/corpus.ts';
import { ruleTable } from '../src/rule-table.ts';
import { row, rule } from '../src/rule-arbitraries.ts';

const catalog = readCorpus().catalogs.get('bank')!;

/** Factors that 38 digits do not hold, and texts that are no number. */
const LARGE = ['ARITH_WIDTH', 'OPERAND_TYPE'];

const clock = fc
  .record({
    zone: fc.constantFrom(
      'Asia/Shanghai',
      'UTC',
      'America/New_York',
      'America/St_Johns',
      'Pacific/Apia',
      'Asia/Kathmandu',
      'Africa/Casablanca',
    ),
    asOf: fc.constantFrom('2026-11-22T02:30:00Z', '2026-03-08', '2027-02-28', '2028-02-29', '2026-12-31', '0050-06-01', '2006-10-29'),
  })
  .map(({ zone, asOf }) => makeClock({ zone, asOf, businessDate: '2026-11-22' }));

/** One is a rule over a table of some rows; more for a longer look by hand. */
const COMPARISONS = Number(process.env['TAGMILL_RULE_COMPARISONS'] ?? 5_000);
const RULES_A_TABLE = 60;

test(
  'random rules over random rows: SQL, the predicate index and the reference agree',
  async () => {
    let [accepted, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        clock,
        fc.array(rule(catalog), { minLength: RULES_A_TABLE / 2, maxLength: RULES_A_TABLE * 2, size: 'max' }),
        fc.array(row(catalog), { minLength: 6, maxLength: 12 }),
        async (now, written, rows) => {
          const results = written.map((value) => checkRule(JSON.stringify(value), catalog));
          const rules = results.flatMap((result) => (result.rule === null ? [] : [result.rule]));
          // Pairs are random: low above high is refused, and empty texts, and days out of an operator's range.
          const codes = new Set(results.flatMap((result) => result.errors.map((error) => error.code)));
          for (const code of codes)
            expect([...LARGE, 'RANGE_ORDER', 'STRING_EMPTY', 'OPERAND_RANGE', 'RULE_TOO_DEEP', 'OPERAND_SCALE']).toContain(code);
          accepted += rules.length;
          refused += results.length - rules.length;
          if (rules.length === 0) return;
          const wanted = rules.map((each) => rows.map((cells) => evaluateRule(each, (field) => cells[field.name], now)).join(''));
          const table = await ruleTable(catalog, rows);
          try {
            for (const engine of ['sql', 'index'] as const) {
              const letters = await table.evaluate(rules, now, engine);
              const all = letters.map((got, at) => ({ engine, rule: describeRule(rules[at]!), got: got.join(''), wanted: wanted[at] }));
              expect(all.filter(({ got, wanted: right }) => got !== right)).toEqual([]);
            }
          } finally {
            table.close();
          }
        },
      ),
      { numRuns: Math.ceil(COMPARISONS / RULES_A_TABLE), endOnFailure: false },
    );
    console.info(`random rules: ${accepted} evaluated, ${refused} refused`);
    expect(accepted).toBeGreaterThan(refused);
  },
  Math.max(300_000, COMPARISONS * 60),
);
