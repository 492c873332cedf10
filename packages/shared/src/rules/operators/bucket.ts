import { BUCKETS, bucketNumber, firstOfBucket } from '../bucket-number.ts';
import { type Decimal, formatDecimal } from '../decimals.ts';
import { KEY_FIELD } from '../key-leaves.ts';
import { type Operand, wholePair } from '../operand.ts';
import { type Operator, pairOf } from '../operator.ts';
import { textSql } from '../sql-literals.ts';

const pairOfBuckets = wholePair('', 0, BUCKETS);

const buckets: Operand = {
  name: 'pair',
  takes: '[low, high], 0 ≤ low < high ≤ 10,000, not all of them',
  read(value, context) {
    const read = pairOfBuckets.read(value, context);
    if (!Array.isArray(read)) return undefined;
    const [low, high] = [Number(read[0]), Number(read[1])];
    if (low === high) context.fail('RANGE_ORDER', '/value', `${low} to ${high} holds no bucket: low is in, high is out`);
    else if (high - low === BUCKETS) context.fail('OPERAND_RANGE', '/value', 'all buckets together are everybody');
    else return read as readonly string[];
    return undefined;
  },
};

export const bucket: readonly Operator[] = [
  {
    name: 'bucket',
    aliases: [],
    group: 'sample',
    types: ['string', 'int64'],
    operand: buckets,
    keys: ['salt'],
    reads: KEY_FIELD,
    meaning: 'low ≤ b < high, b being the user’s bucket of 10,000 by SHA-256 over `salt:user_id`; never UNKNOWN',
    label: { en: 'is in the sample', zh: '抽样分桶' },
    example: { operator: 'bucket', salt: 'exp1', value: [0, 1000] },
    evaluate(value, leaf) {
      const [low, high] = pairOf(leaf);
      const id = typeof value === 'string' ? value : formatDecimal(value as Decimal);
      const number = bucketNumber(leaf.salt ?? '', id);
      return number >= Number(low) && number < Number(high);
    },
    sql(column, leaf) {
      const [low, high] = pairOf(leaf);
      const first = `left(sha256(${textSql(`${leaf.salt ?? ''}:`)} || CAST(${column} AS VARCHAR)), 8)`;
      // Texts of eight hexadecimal digits are ordered as the numbers are.
      const bound = (text: string): string => textSql(firstOfBucket(Number(text)).toString(16).padStart(8, '0'));
      const above = `${first} >= ${bound(low)}`;
      return Number(high) === BUCKETS ? `(${above})` : `(${above} AND ${first} < ${bound(high)})`;
    },
  },
];
