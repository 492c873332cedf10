/** Whether the database answers and has what is needed. */
import { existsSync } from 'node:fs';
import { describeDatabase } from '@tagmill/shared/database-url';
import { toTagmillError } from '@tagmill/shared/errors';
import { withMetadata } from '../flags/database.ts';
import type { Check } from './check.ts';

const ADVICE: Readonly<Record<string, string>> = {
  DATABASE_UNAVAILABLE: 'start the database server, check host and port',
  DATABASE_DENIED: 'check user, password (TAGMILL_DATABASE_PASSWORD) and grants',
  DATABASE_SCHEMA: 'run `tagmill db init --database URL`',
};

/** A look, not a wait: whoever asks the doctor is waiting already. */
const LOOK_FOR_MS = 1_000;

export const database: Check = {
  name: 'database',
  run: async ({ database: target }) => {
    if (target === undefined) return [{ state: 'note', text: 'not looked at', todo: 'name it with --database URL' }];
    const name = describeDatabase(target);
    if (target.kind === 'sqlite' && !existsSync(target.path)) {
      return [{ state: 'bad', text: `there is no file at ${name}`, todo: `run \`tagmill db init --database ${name}\`` }];
    }
    try {
      return await withMetadata(
        target,
        async (metadata) => {
          await metadata.ping();
          const rules = await metadata.loadRules();
          const active = rules.filter((rule) => rule.isActive).length;
          const users = await metadata.countUserTags();
          const leader = await metadata.leader();
          const text = `${name} answers: ${active} active rules, ${users.toLocaleString('en-US')} users in user_tags`;
          const live =
            leader?.live === true
              ? [
                  {
                    state: 'ok' as const,
                    text: `a manager works on it: process ${leader.pid} on ${leader.host}${leader.url === '' ? '' : `, ${leader.url}`}`,
                  },
                ]
              : [];
          if (active === 0)
            return [{ state: 'note' as const, text, todo: 'import rules with `tagmill rules import FILE --database URL`' }, ...live];
          return [{ state: 'ok' as const, text }, ...live];
        },
        LOOK_FOR_MS,
      );
    } catch (thrown) {
      const error = toTagmillError(thrown);
      return [{ state: 'bad', text: `${error.code}: ${error.message}`, todo: ADVICE[error.code] ?? 'look at the message' }];
    }
  },
};
