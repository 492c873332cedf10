/** Words for people, on stderr; data goes to stdout. */
export const say = (text: string): void => {
  process.stderr.write(`tagmill: ${text}\n`);
};

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

/** One JSON document on stdout. */
export const printJson = (document: unknown): void => {
  process.stdout.write(`${JSON.stringify(document)}\n`);
};
