/** Hashes of rules in their one form: equal for rules that mean the same by their shape. */
import { createHash } from 'node:crypto';
import { canonicalText } from '@tagmill/shared/rules/canonical';
import type { WholeRule } from '@tagmill/shared/rules/normal';
import type { RuleVersions, TagVersions } from '../../tagstore/metadata.ts';
import { type Basis, catalogOf } from './basis.ts';
import { checkAgainst } from './checks.ts';

/** 32 hex digits. */
export const formHash = (rule: WholeRule): string => createHash('sha256').update(canonicalText(rule)).digest('hex').slice(0, 32);

/**
 * Gives versions that were kept without a catalogue at hand their hash: those
 * of an import, of an edit in the database, and of older managers. What these
 * tables refuse stays without one.
 */
export async function nameForms(versionsOf: RuleVersions, { tagId, versions }: TagVersions, basis: Basis): Promise<void> {
  const found = new Map<number, string>();
  for (const { version, canonicalHash, ruleJson } of versions) {
    if (canonicalHash !== null) continue;
    const { rule, errors } = checkAgainst(ruleJson, catalogOf(basis), tagId);
    if (rule !== null && errors.length === 0) found.set(version, formHash(rule));
  }
  await versionsOf.nameForms(tagId, found);
}
