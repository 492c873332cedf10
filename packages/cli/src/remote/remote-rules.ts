/** Rules of a manager that runs elsewhere, over its public API; the shapes are those of the API's description. */
import type { RulesPort, RuleWriter } from '@tagmill/manager/port-rules';
import type * as Api from '@tagmill/shared/api/rules';
import type { ManagerApi } from './api.ts';

export class RemoteRules implements RulesPort {
  readonly #api: ManagerApi;

  constructor(api: ManagerApi) {
    this.#api = api;
  }

  check(body: Api.CheckBody): Promise<Api.CheckAnswer> {
    return this.#post('/api/v1/rules/check', body);
  }

  catalog(values = false): Promise<Api.CatalogAnswer> {
    return this.#get(`/api/v1/catalog${values ? '?values=true' : ''}`);
  }

  test(body: Api.TestBody): Promise<Api.TestAnswer> {
    return this.#post('/api/v1/rules/test', body);
  }

  testTag(tagId: number): Promise<Api.TestAnswer> {
    return this.#post(`/api/v1/tags/${tagId}/rule/test`, {});
  }

  get(tagId: number): Promise<Api.RuleAnswer> {
    return this.#get(`/api/v1/tags/${tagId}/rule`);
  }

  versions(tagId: number): Promise<Api.VersionList> {
    return this.#get(`/api/v1/tags/${tagId}/rule/versions`);
  }

  diff(tagId: number, from: number | undefined, to: number | undefined): Promise<Api.DiffAnswer> {
    const query = new URLSearchParams();
    if (from !== undefined) query.set('from', String(from));
    if (to !== undefined) query.set('to', String(to));
    return this.#get(`/api/v1/tags/${tagId}/rule/diff?${query}`);
  }

  async save(tagId: number, body: Api.SaveBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return (await this.#api.put(`/api/v1/tags/${tagId}/rule`, body, seen(writer))).body as Api.SaveAnswer;
  }

  restore(tagId: number, body: Api.RestoreBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.#post(`/api/v1/tags/${tagId}/rule/restore`, body, seen(writer));
  }

  publish(tagId: number, body: Api.PublishBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.#post(`/api/v1/tags/${tagId}/rule/publish`, body, seen(writer));
  }

  propose(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.#post(`/api/v1/tags/${tagId}/rule/propose`, body, seen(writer));
  }

  approve(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.#post(`/api/v1/tags/${tagId}/rule/approve`, body, seen(writer));
  }

  reject(tagId: number, body: Api.ReviewBody, writer: RuleWriter): Promise<Api.SaveAnswer> {
    return this.#post(`/api/v1/tags/${tagId}/rule/reject`, body, seen(writer));
  }

  proposals(): Promise<Api.ProposalList> {
    return this.#get('/api/v1/rules/proposals');
  }

  explain(userId: string, tagId: number, runId: string | undefined): Promise<Api.ExplainAnswer> {
    const query = runId === undefined ? '' : `?run=${encodeURIComponent(runId)}`;
    return this.#get(`/api/v1/users/${encodeURIComponent(userId)}/tags/${tagId}/explain${query}`);
  }

  beginPreview(body: Api.PreviewBody): Promise<Api.PreviewAnswer> {
    return this.#post('/api/v1/rules/previews', body);
  }

  preview(id: string): Promise<Api.PreviewAnswer> {
    return this.#get(`/api/v1/rules/previews/${id}`);
  }

  cancelPreview(id: string): Promise<Api.PreviewAnswer> {
    return this.#post(`/api/v1/rules/previews/${id}/cancel`, {});
  }

  async #get<T>(path: string): Promise<T> {
    return (await this.#api.get(path)).body as T;
  }

  async #post<T>(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<T> {
    return (await this.#api.post(path, body, headers)).body as T;
  }
}

const seen = ({ ifMatch }: RuleWriter): Readonly<Record<string, string>> => (ifMatch === undefined ? {} : { 'if-match': ifMatch });
