/** The address of an instance on its run's screen. */
import { splitInstanceId } from '@tagmill/shared/ids';

export function taskHref(instanceId: string): string {
  const parts = splitInstanceId(instanceId);
  return parts === undefined ? '/' : `/runs/${parts.runId}?task=${encodeURIComponent(parts.name)}`;
}
