/** Names of an executor's settings: in the file, in the environment, as flags. */
import { asBoolean, asLabels, asLogLevel, asOneOf, asSizeBytes, asText, wholeNumber } from '@tagmill/shared/setting-readers';
import { RULE_ENGINES } from '@tagmill/shared/rule-engine';
import type { SettingKey } from '@tagmill/shared/settings';

const key = <T>(name: string, env: readonly string[], read: SettingKey<T>['read'], more: Partial<SettingKey<T>> = {}): SettingKey<T> => ({
  name,
  env,
  read,
  ...more,
});

export const EXECUTOR_KEYS = {
  manager: key('manager', ['TAGMILL_MANAGER'], asText),
  name: key('name', ['TAGMILL_EXECUTOR_NAME'], asText),
  slots: key('slots', ['TAGMILL_SLOTS'], wholeNumber(1, 1_024)),
  label: key('label', ['TAGMILL_LABELS'], asLabels),
  cacheDir: key('cache-dir', ['TAGMILL_CACHE_DIR'], asText),
  memory: key('memory', ['TAGMILL_MEMORY'], asSizeBytes),
  engine: key('engine', ['TAGMILL_ENGINE'], asOneOf(RULE_ENGINES)),
  tlsCa: key('tls-ca', ['TAGMILL_TLS_CA'], asText),
  insecureDev: key('insecure-dev', ['TAGMILL_INSECURE_DEV'], asBoolean),
  logLevel: key('log-level', ['TAGMILL_LOG_LEVEL'], asLogLevel),
  joinToken: key('join-token', ['TAGMILL_JOIN_TOKEN'], asText, { secret: true, inFile: false, asFlag: false }),
};
