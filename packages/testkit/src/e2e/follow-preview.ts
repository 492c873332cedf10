/** A preview from its beginning to its end. */
import type { PreviewAnswer, PreviewBody } from '@tagmill/shared/api/rules';
import { until } from './command.ts';
import type { Fleet } from './fleet.ts';

/** Rejects when it is not taken, or fails. */
export async function followPreview(fleet: Fleet, body: PreviewBody): Promise<PreviewAnswer> {
  const answer = await fleet.call('POST', '/api/v1/rules/previews', body);
  const text = await answer.text();
  if (answer.status !== 202) throw new Error(`the preview was not taken: ${answer.status} ${text}`);
  const { preview_id } = JSON.parse(text) as PreviewAnswer;
  return until('the end of a preview', async () => {
    const seen = await fleet.get<PreviewAnswer>(`/api/v1/rules/previews/${preview_id}`);
    if (seen.state === 'failed') throw new Error(`${seen.error?.code}: ${seen.error?.message}`);
    return seen.state === 'running' ? undefined : seen;
  });
}
