/**
 * Finds tag task files (`<folder>/<domain>/*.ts`) and registers them. Two files
 * with one tag id, or a file that does not load, stop the start.
 */
import { readdir } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TagmillError } from '@tagmill/shared/errors';
import type { FoundTagTask, TagTask } from '@tagmill/shared/tag-task';
import { DOMAINS, type Domain } from '@tagmill/shared/words';

/** A task folder may lie anywhere: its files still find `@tagmill/shared/tag-task`. */
let hooked = false;
function hookImports(): void {
  if (hooked) return;
  hooked = true;
  const url = import.meta.resolve('@tagmill/shared/tag-task');
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === '@tagmill/shared/tag-task' ? { url, shortCircuit: true } : next(specifier, context),
  });
}

/** Every task of a folder, by tag id. Errors: TASK_FILE_INVALID, CONFIG_INVALID when the folder cannot be read. */
export async function loadTasks(folder: string): Promise<FoundTagTask[]> {
  hookImports();
  const found: FoundTagTask[] = [];
  for (const domain of await subfolders(folder)) {
    for (const file of (await readdir(join(folder, domain))).sort()) {
      if (!/\.(ts|js|mjs)$/.test(file) || /\.(test|d)\.ts$/.test(file)) continue;
      found.push({
        task: await loadTask(join(folder, domain, file), `${domain}/${file}`),
        domain: domainOf(domain, `${domain}/${file}`),
        file: `${domain}/${file}`,
      });
    }
  }
  refuseTwins(found, folder);
  return found.sort((a, b) => a.task.tagId - b.task.tagId);
}

async function subfolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    throw new TagmillError('CONFIG_INVALID', `the task folder ${folder} cannot be read: name another with --tasks DIR`, {}, error);
  }
}

function domainOf(name: string, file: string): Domain {
  const domain = DOMAINS.find((one) => one === name);
  if (domain === undefined)
    throw new TagmillError(
      'TASK_FILE_INVALID',
      `the task file ${file} lies in the folder ${name}, which is no domain: ${DOMAINS.join(', ')}`,
    );
  return domain;
}

async function loadTask(path: string, file: string): Promise<TagTask> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    const line = error instanceof Error ? lineIn(error, path) : '';
    throw new TagmillError(
      'TASK_FILE_INVALID',
      `the task file ${path}${line} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      { file },
      error,
    );
  }
  const task = module.default as Partial<TagTask> | undefined;
  const problem = problemOf(task);
  if (problem !== undefined) throw new TagmillError('TASK_FILE_INVALID', `the task file ${path} ${problem}`, { file });
  return task as TagTask;
}

function problemOf(task: Partial<TagTask> | undefined): string | undefined {
  if (typeof task !== 'object' || task === null) return 'has no default export: export default defineTagTask({ ... })';
  if (!Number.isSafeInteger(task.tagId)) return 'has no whole number as tagId';
  if (!Array.isArray(task.requiredFields)) return 'has no list requiredFields';
  if (typeof task.dataSources?.primary !== 'string') return 'has no dataSources.primary';
  return undefined;
}

/** `:line` of the first frame or message line that names the file. */
function lineIn(error: Error, path: string): string {
  const at = new RegExp(`${path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(`${error.stack ?? ''}\n${error.message}`);
  return at === null ? '' : `:${at[1]}`;
}

function refuseTwins(found: readonly FoundTagTask[], folder: string): void {
  const byId = new Map<number, string>();
  for (const { task, file } of found) {
    const other = byId.get(task.tagId);
    if (other !== undefined)
      throw new TagmillError(
        'TASK_FILE_INVALID',
        `the task files ${other} and ${file} in ${folder} both have the tag id ${task.tagId}: give one of them another`,
        { tagId: task.tagId },
      );
    byId.set(task.tagId, file);
  }
}
