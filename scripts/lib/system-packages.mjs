/** What only the tests need: a database server, sqlite3, a browser and a Chinese font, from the distribution's packages. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { SetupError, say } from './say.mjs';

const onPath = (name) =>
  [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/libexec'].some((folder) =>
    existsSync(join(folder, name)),
  );

const hasFont = (folder) => {
  const path = join('/usr/share/fonts', folder);
  return existsSync(path) && readdirSync(path).some((name) => /CJK/i.test(name));
};

const NEEDED = [
  { package: 'mariadb-server', there: () => onPath('mariadbd') },
  { package: 'sqlite3', there: () => onPath('sqlite3') },
  { package: 'chromium', there: () => onPath('chromium') || onPath('chromium-browser') },
  { package: 'fonts-noto-cjk', there: () => hasFont('opentype/noto') || hasFont('truetype/noto') },
];

/** A freshly installed server must not start by itself: the tests start their own, on a port of its own. */
const INSTALL = `
set -e
policy=/usr/sbin/policy-rc.d
made=0
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
  made=1
fi
finish() { [ "$made" = 1 ] && rm -f "$policy"; return 0; }
trap finish EXIT INT TERM
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -y -q --no-install-recommends "$@"
`;

/** Installs what is missing, as root or by sudo; otherwise says what to install. */
export async function ensureSystemPackages() {
  const missing = NEEDED.filter((one) => !one.there()).map((one) => one.package);
  if (missing.length === 0) return;
  const byHand = `apt-get install -y ${missing.join(' ')}`;
  if (!onPath('apt-get')) {
    throw new SetupError(`the tests need ${missing.join(', ')} and this machine has no apt-get; install them, then run the command again`);
  }
  say(`installing ${missing.join(', ')} for the tests, from the distribution's packages`);
  const isRoot = process.getuid?.() === 0;
  const command = ['sh', '-c', INSTALL, 'install', ...missing];
  const [program, ...args] = isRoot ? command : ['sudo', '-n', ...command];
  try {
    await runCommand(`installing ${missing.join(', ')}`, program, args, {});
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    throw new SetupError(`${error.message} (the tests need them; by hand: ${isRoot ? '' : 'as root, '}${byHand})`, error.exit);
  }
}
