/** Public door of the manager. */
export type { ManagerConfig } from './config/options.ts';
export { Manager } from './shell/manager.ts';
