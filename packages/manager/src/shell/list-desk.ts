/** Uploaded lists for REST, over the database. */
import type { ListAnswer, ListBody, ListRecord } from '@tagmill/shared/api/lists';
import { TagmillError } from '@tagmill/shared/errors';
import type { ListsPort } from '../port-lists.ts';
import type { ListRow, NamedLists } from '../tagstore/metadata.ts';
import type { Hall } from './running.ts';

const recordOf = ({ name, type, count, hash, who, updatedMs }: ListRow): ListRecord => ({
  name,
  type,
  count,
  hash,
  who,
  updated_at: new Date(updatedMs).toISOString(),
});

export class ListDesk implements ListsPort {
  readonly #hall: Hall;

  constructor(hall: Hall) {
    this.#hall = hall;
  }

  get #lists(): NamedLists {
    return this.#hall.live().database.metadata.lists;
  }

  async all(): Promise<readonly ListRecord[]> {
    return (await this.#lists.all()).map(recordOf);
  }

  async get(name: string, limit: number): Promise<ListAnswer> {
    const lists = this.#lists;
    const row = (await lists.all()).find((one) => one.name === name);
    const values = row === undefined ? undefined : await lists.values(row.hash);
    if (row === undefined || values === undefined) throw noList(name);
    return { ...recordOf(row), values: values.slice(0, limit) };
  }

  async put(name: string, body: ListBody, who: string): Promise<ListRecord> {
    return recordOf(await this.#lists.put({ name, type: body.type, values: body.values.map(String), who, atMs: Date.now() }));
  }

  async drop(name: string): Promise<void> {
    if (!(await this.#lists.drop(name))) throw noList(name);
  }
}

const noList = (name: string): TagmillError =>
  new TagmillError('NOT_FOUND', `there is no list ${name.slice(0, 100)}; GET /api/v1/lists names those there are`);
