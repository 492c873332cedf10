/** REST calls about rules; the shapes are those of the API's description. */
import type {
  CatalogAnswer,
  CheckAnswer,
  DiffAnswer,
  ExplainAnswer,
  PreviewAnswer,
  ReviewBody,
  RuleAnswer,
  RuleVersion,
  SaveAnswer,
  SaveBody,
  TestAnswer,
  VersionList,
} from '@tagmill/shared/api/rules';
import { call } from './http.ts';
import type { VersionVerb } from './version-verbs.ts';

export interface TagLine {
  readonly tag_id: number;
  readonly tag_name: string;
  readonly domain: string;
  readonly description: string;
  readonly is_active: boolean;
}

export type Example = RuleVersion['examples'][number];

export const listTags = async (): Promise<readonly TagLine[]> =>
  ((await call('GET', '/api/v1/tags/available')) as { readonly tags: readonly TagLine[] }).tags;

export const readRule = async (tag: number): Promise<RuleAnswer> => (await call('GET', `/api/v1/tags/${tag}/rule`)) as RuleAnswer;

export const readVersions = async (tag: number): Promise<VersionList> =>
  (await call('GET', `/api/v1/tags/${tag}/rule/versions`)) as VersionList;

export const compareVersions = async (tag: number, from: number, to: number): Promise<DiffAnswer> =>
  (await call('GET', `/api/v1/tags/${tag}/rule/diff?from=${from}&to=${to}`)) as DiffAnswer;

/** With the values of small enumerations, which an executor looks at. */
export const readCatalog = async (): Promise<CatalogAnswer> => (await call('GET', '/api/v1/catalog?values=true')) as CatalogAnswer;

export const checkRule = async (rule: string, tag: number, signal: AbortSignal): Promise<CheckAnswer> =>
  (await call('POST', '/api/v1/rules/check', { rule, tag_id: tag }, { signal })) as CheckAnswer;

export const testRule = async (rule: string, examples: readonly Example[], signal: AbortSignal): Promise<TestAnswer> =>
  (await call('POST', '/api/v1/rules/test', { rule, examples }, { signal })) as TestAnswer;

export const beginPreview = async (rule: string, tag: number, overlap = false): Promise<PreviewAnswer> =>
  (await call('POST', '/api/v1/rules/previews', { rule, tag_id: tag, overlap, against: 'live' })) as PreviewAnswer;

export const lookAtPreview = async (id: string): Promise<PreviewAnswer> =>
  (await call('GET', `/api/v1/rules/previews/${id}`)) as PreviewAnswer;

export const cancelPreview = async (id: string): Promise<PreviewAnswer> =>
  (await call('POST', `/api/v1/rules/previews/${id}/cancel`, {})) as PreviewAnswer;

const seen = (etag: string) => ({ headers: { 'if-match': etag } });

export const saveRule = async (tag: number, body: SaveBody, etag: string): Promise<SaveAnswer> =>
  (await call('PUT', `/api/v1/tags/${tag}/rule`, body, seen(etag))) as SaveAnswer;

export const changeVersion = async (tag: number, verb: VersionVerb, body: ReviewBody, etag: string): Promise<SaveAnswer> =>
  (await call('POST', `/api/v1/tags/${tag}/rule/${verb}`, body, seen(etag))) as SaveAnswer;

export const explainUser = async (user: string, tag: number): Promise<ExplainAnswer> =>
  (await call('GET', `/api/v1/users/${encodeURIComponent(user)}/tags/${tag}/explain`)) as ExplainAnswer;
