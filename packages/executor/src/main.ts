/** Public door of the executor. */
export { compileConfig, type ExecutorConfig, type ExecutorFlags, isLoopback } from './config/config.ts';
export { Executor, type ExecutorEnd } from './shell/executor.ts';
