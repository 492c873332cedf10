/** REST calls about tags beside their rules; the shapes are those of the API's description. */
import type { InboxAnswer, TagOverview, UserTagsAnswer } from '@tagmill/shared/api/tag-overview';
import type { OverrideAnswer, OverrideBody } from '@tagmill/shared/api/tag-overrides';
import type { PolicyAnswer, PolicyBody } from '@tagmill/shared/api/tag-policy';
import { call } from './http.ts';

export const readOverview = async (): Promise<TagOverview> => (await call('GET', '/api/v1/tags/overview')) as TagOverview;

export const readInbox = async (): Promise<InboxAnswer> => (await call('GET', '/api/v1/inbox')) as InboxAnswer;

export const readUserTags = async (user: string): Promise<UserTagsAnswer> =>
  (await call('GET', `/api/v1/users/${encodeURIComponent(user)}/tags`)) as UserTagsAnswer;

export const readPolicies = async (): Promise<readonly PolicyAnswer[]> =>
  ((await call('GET', '/api/v1/tags/policies')) as { readonly policies: readonly PolicyAnswer[] }).policies;

export const setPolicy = async (tag: number, body: PolicyBody): Promise<PolicyAnswer> =>
  (await call('PUT', `/api/v1/tags/${tag}/policy`, body)) as PolicyAnswer;

export const readOverrides = async (tag: number): Promise<readonly OverrideAnswer[]> =>
  ((await call('GET', `/api/v1/tags/${tag}/overrides`)) as { readonly overrides: readonly OverrideAnswer[] }).overrides;

export const setOverride = async (user: string, tag: number, body: OverrideBody): Promise<OverrideAnswer> =>
  (await call('PUT', `/api/v1/users/${encodeURIComponent(user)}/tags/${tag}/override`, body)) as OverrideAnswer;
