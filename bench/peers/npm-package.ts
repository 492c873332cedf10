/** npm packages of peers: `setup.sh` installs them beside this file, so that the project itself does not depend on them. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MODULES = fileURLToPath(new URL('./node_modules', import.meta.url));
export const INSTALL = 'run bench/peers/setup.sh npm';

export const packageIsThere = (name: string): boolean => existsSync(`${MODULES}/${name}/package.json`);

/** What a peer's package exports, in the shape that its caller knows from its documentation. */
export async function importPackage<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}
