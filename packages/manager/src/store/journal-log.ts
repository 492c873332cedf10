/** Where the journal says what it does by itself; a pino logger is one. */
export interface JournalLog {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
}

export const SILENT_LOG: JournalLog = { info: () => undefined, warn: () => undefined };
