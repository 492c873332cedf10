/** English texts of the codes of errors: those of their registry. */
import { ERRORS } from '@tagmill/shared/errors';

const code = Object.fromEntries(Object.entries(ERRORS).map(([name, kind]) => [name, kind.when]));

export const errors = { error: { title: 'That did not work', code } } as const;
