/** Who may come in: the first message of a session, checked. */
import { timingSafeEqual } from 'node:crypto';
import type { Hello__Output } from '@tagmill/shared/gen/tagmill/v1/Hello';
import { LIMITS } from '@tagmill/shared/limits';
import { PROTOCOL_VERSION } from '@tagmill/shared/wire/service';

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Why an executor is not let in, whatever this manager is doing. */
export function refusalOf(hello: Hello__Output, joinToken: string | undefined): Refusal | undefined {
  if (Math.abs(hello.protocolVersion - PROTOCOL_VERSION) > 1) {
    const instead = hello.softwareVersion === '' ? '' : `instead of ${hello.softwareVersion} `;
    return {
      code: 'PROTOCOL_VERSION',
      message: `the executor speaks protocol ${hello.protocolVersion}, this manager ${PROTOCOL_VERSION} (and one up or down): install the manager's version ${instead}on the executor`,
    };
  }
  if (joinToken !== undefined && !sameSecret(hello.joinToken, joinToken)) {
    const message =
      hello.joinToken === ''
        ? 'the executor sent no join token: set TAGMILL_JOIN_TOKEN to the manager’s'
        : 'the join token is wrong: set TAGMILL_JOIN_TOKEN to the manager’s';
    return { code: 'UNAUTHORIZED', message };
  }
  const wrong = wrongForm(hello);
  return wrong === undefined ? undefined : { code: 'USAGE', message: wrong };
}

/** Why a Hello is not of a form that may be journaled. */
function wrongForm({ executorId, name, instance, slots, labels }: Hello__Output): string | undefined {
  const { executorNameLength, executorLabels } = LIMITS;
  if (executorId === '' || !(slots >= 1 && slots <= 4_096)) return 'an executor needs an id and 1 to 4,096 slots';
  const words = Object.entries(labels).flat();
  if ([executorId, name, instance, ...words].some((word) => word.length > executorNameLength))
    return `name, id and labels of an executor have ${executorNameLength} characters at most: give it a shorter --name or --label`;
  return words.length > 2 * executorLabels ? `an executor has ${executorLabels} labels at most` : undefined;
}

function sameSecret(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}
