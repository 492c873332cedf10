/** `npm run generate`: writes every generated file; with `--check` says which are not fresh, exit 1. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorsDoc } from './generate/errors-doc.ts';
import { operatorsDoc } from './generate/operators-doc.ts';
import { statesDoc } from './generate/states-doc.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');

const documents: Readonly<Record<string, () => string>> = {
  'docs/states.md': statesDoc,
  'docs/errors.md': errorsDoc,
  'docs/operators.md': operatorsDoc,
};

const stale: string[] = [];
const read = (path: string): string => {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

function put(path: string, content: string): void {
  if (read(path) === content) return;
  stale.push(path);
  if (!check) writeFileSync(join(root, path), content);
}

/** Types of the wire, with the options that the loader uses (packages/shared/src/wire/service.ts). */
function wireTypes(): void {
  const out = mkdtempSync(join(tmpdir(), 'tagmill-gen-'));
  const tool = join(root, 'packages/shared/node_modules/@grpc/proto-loader/build/bin/proto-loader-gen-types.js');
  execFileSync(
    process.execPath,
    [
      tool,
      '--defaults',
      '--oneofs',
      '--importFileExtension=.ts',
      '--grpcLib=@grpc/grpc-js',
      '-I',
      join(root, 'proto'),
      '-O',
      out,
      'tagmill/v1/executor.proto',
    ],
    { cwd: root },
  );
  for (const file of readdirSync(join(out, 'tagmill/v1'))) {
    const text = readFileSync(join(out, 'tagmill/v1', file), 'utf8').replace(
      /^\/\/ Original file: .*$/m,
      '// Generated from proto/tagmill/v1/executor.proto by `npm run generate`; do not edit.',
    );
    if (file !== 'ExecutorService.ts') put(`packages/shared/src/gen/tagmill/v1/${file}`, text);
  }
  rmSync(out, { recursive: true });
}

for (const [path, make] of Object.entries(documents)) put(path, make());
wireTypes();
if (stale.length > 0) console.error(`${check ? 'not fresh, run `npm run generate`' : 'written'}: ${stale.join(', ')}`);
process.exitCode = check && stale.length > 0 ? 1 : 0;
