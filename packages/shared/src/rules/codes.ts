/** Codes of refused rules in the order of the table in operators.md, section 6, which is also the order of errors within one node. */
export const RULE_CODES = [
  'RULE_JSON',
  'RULE_TOO_LARGE',
  'RULE_TOO_DEEP',
  'RULE_TOO_MANY_NODES',
  'NODE_SHAPE',
  'LOGIC_UNKNOWN',
  'OPERATOR_UNKNOWN',
  'FILTER_OPERATOR',
  'KEY_UNKNOWN',
  'KEY_MISSING',
  'GROUP_EMPTY',
  'NOT_ARITY',
  'AT_LEAST_K',
  'TABLE_UNKNOWN',
  'FIELD_UNKNOWN',
  'FIELD_AMBIGUOUS',
  'TYPE_MISMATCH',
  'OPERATOR_TYPE',
  'FIELD_PAIR',
  'OPTION_INVALID',
  'OPERAND_COUNT',
  'OPERAND_NULL',
  'OPERAND_TYPE',
  'NUMBER_UNSAFE',
  'OPERAND_SCALE',
  'OPERAND_RANGE',
  'LIST_EMPTY',
  'LIST_TOO_LONG',
  'RANGE_ORDER',
  'STRING_EMPTY',
  'STRING_TOO_LONG',
  'STRING_INVALID',
  'PATTERN_INVALID',
  'LIST_UNKNOWN',
  'WINDOW_INVALID',
  'ARITH_WIDTH',
  'TAG_UNKNOWN',
  'TAG_CYCLE',
] as const;
export type RuleCode = (typeof RULE_CODES)[number];

export interface RuleError {
  readonly code: RuleCode;
  /** JSON Pointer to the key at fault, or to the node where a key is absent. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** What is saved all the same, but is worth a second look. */
export const WARNING_CODES = {
  DAYS_MEANING: 'recent_days and days_ago: systems count these days differently',
  NEGATIVE_WITHOUT_MISSING: 'a negative operator over a field that may be missing, without `missing`',
  STRING_ORDER: 'texts are ordered by their bytes',
  PATTERN_EMPTY: 'the pattern is found in the empty text, and so in every text',
  ALWAYS_FALSE: 'conditions on one field contradict each other: nobody meets them all',
  ALWAYS_TRUE: 'conditions on one field leave no value out: everybody who has one meets them',
} as const;
export type RuleWarningCode = keyof typeof WARNING_CODES;

export interface RuleWarning {
  readonly code: RuleWarningCode;
  readonly path: string;
  readonly message: string;
}
