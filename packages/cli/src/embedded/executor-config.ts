/** An executor's configuration: file < environment < flags, all faults at once, handed to the executor's own compile function. */
import { compileConfig, type ExecutorConfig } from '@tagmill/executor';
import { TagmillError } from '@tagmill/shared/errors';
import { asAddress, isLoopbackHost } from '@tagmill/shared/setting-readers';
import { type Found, printSettings, readSettings, refuseFaults, type SettingSources } from '@tagmill/shared/settings';
import { environmentSecret } from '../files.ts';
import { EXECUTOR_KEYS } from './executor-keys.ts';

export interface CompiledExecutor {
  readonly config: ExecutorConfig;
  readonly logLevel: string;
  readonly printed: string;
}

/** Errors: CONFIG_INVALID with every fault, NOT_ALLOWED. `manager`: where to join, when a parent process said so. */
export function compileExecutor(sources: SettingSources, manager?: string): CompiledExecutor {
  const { found, faults: readFaults } = readSettings(EXECUTOR_KEYS, sources);
  const faults = [...readFaults];
  const address = manager ?? found.manager?.value;
  if (address === undefined) faults.push('no manager is named; give --manager HOST:PORT or TAGMILL_MANAGER');
  else checkAddress(address, found, faults);
  if (found.joinToken === undefined && found.insecureDev?.value !== true) {
    faults.push(
      'TAGMILL_JOIN_TOKEN is not set; set it or TAGMILL_JOIN_TOKEN_FILE to the manager’s, or use --insecure-dev on this machine alone',
    );
  }
  if (found.tlsCa !== undefined) {
    try {
      sources.readText(found.tlsCa.value);
    } catch (error) {
      faults.push(`${found.tlsCa.from}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  refuseFaults('executor', faults);
  const config = compileConfig(
    {
      manager: address!,
      name: found.name?.value,
      slots: found.slots?.value,
      labels: found.label?.value,
      cacheDir: found.cacheDir?.value,
      memoryBytes: found.memory?.value,
      engine: found.engine?.value,
      tlsCa: found.tlsCa?.value,
      insecureDev: found.insecureDev?.value,
    },
    sources.environment,
    environmentSecret,
  );
  return { config, logLevel: found.logLevel?.value ?? 'info', printed: printSettings(found, EXECUTOR_KEYS) };
}

function checkAddress(address: string, found: Found<typeof EXECUTOR_KEYS>, faults: string[]): void {
  try {
    const { host } = asAddress(address);
    if (isLoopbackHost(host)) return;
    if (found.insecureDev?.value === true)
      faults.push(`--insecure-dev joins managers on loopback only, and ${address} is not; set a join token and --tls-ca FILE`);
    else if (found.tlsCa === undefined)
      faults.push(`${address} is not on this machine; name the manager’s certificate authority with --tls-ca FILE`);
  } catch (error) {
    if (error instanceof TagmillError) throw error;
    faults.push(`--manager: ${error instanceof Error ? error.message : String(error)}`);
  }
}
