/** What a check of the doctor is given and says. */
import type { DatabaseTarget } from '@tagmill/shared/database-url';
import type { TablesLocation } from '@tagmill/shared/job';
import type { Address } from '@tagmill/shared/setting-readers';

export interface Patient {
  readonly database: DatabaseTarget | undefined;
  readonly tables: TablesLocation | undefined;
  readonly dataDir: string;
  readonly addresses: readonly { readonly flag: string; readonly address: Address }[];
}

/** `note`: nothing is wrong yet, but somebody should know. */
export interface Finding {
  readonly state: 'ok' | 'note' | 'bad';
  /** What was seen. */
  readonly text: string;
  /** What to do about it. */
  readonly todo?: string;
}

export interface Check {
  readonly name: string;
  readonly run: (patient: Patient) => Promise<readonly Finding[]>;
}
