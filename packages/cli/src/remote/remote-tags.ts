/** Tags of a manager that runs elsewhere, over its public API; the shapes are those of the API's description. */
import type { TagsPort } from '@tagmill/manager/port-tags';
import type { OverrideAnswer, OverrideBody } from '@tagmill/shared/api/tag-overrides';
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';
import type { ManagerApi } from './api.ts';

export class RemoteTags implements TagsPort {
  readonly #api: ManagerApi;

  constructor(api: ManagerApi) {
    this.#api = api;
  }

  async policies(): Promise<readonly PolicyAnswer[]> {
    return ((await this.#api.get('/api/v1/tags/policies')).body as { readonly policies: readonly PolicyAnswer[] }).policies;
  }

  /** The manager takes who from the key. */
  async setPolicy(tagId: number, body: PolicyBody): Promise<PolicyAnswer> {
    return (await this.#api.put(`/api/v1/tags/${tagId}/policy`, body)).body as PolicyAnswer;
  }

  async overrides(tagId: number): Promise<readonly OverrideAnswer[]> {
    const { body } = await this.#api.get(`/api/v1/tags/${tagId}/overrides`);
    return (body as { readonly overrides: readonly OverrideAnswer[] }).overrides;
  }

  async setOverride(userId: string, tagId: number, body: OverrideBody): Promise<OverrideAnswer> {
    return (await this.#api.put(`/api/v1/users/${encodeURIComponent(userId)}/tags/${tagId}/override`, body)).body as OverrideAnswer;
  }
}
