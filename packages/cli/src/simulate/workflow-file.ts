/** Reads the graph of `tagmill simulate` from YAML or JSON, and says what is wrong with it and where. */
import { TagmillError } from '@tagmill/shared/errors';
import { asDurationMs } from '@tagmill/shared/setting-readers';
import type { Workflow, WorkflowTask } from '@tagmill/testkit/world/workflow';
import { readTextFile } from '../files.ts';

const MOST_SHARDS = 5_000;
const MOST_TASKS = 500;
const MOST_EXECUTORS = 256;
const MOST_SLOTS = 256;

type Fields = Readonly<Record<string, unknown>>;

/** Throws FILE_UNREADABLE; USAGE with the place in the file that is wrong. */
export async function readWorkflow(path: string): Promise<Workflow> {
  const text = readTextFile(path);
  const { parse } = await import('yaml');
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw wrong(path, `it is neither YAML nor JSON: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
  }
  try {
    return workflowOf(content);
  } catch (error) {
    throw error instanceof TagmillError ? error : wrong(path, error instanceof Error ? error.message : String(error));
  }
}

const wrong = (path: string, why: string): TagmillError => new TagmillError('USAGE', `${path}: ${why}`, { path });

function workflowOf(content: unknown): Workflow {
  const file = fields(content, 'the file', ['tasks', 'executors', 'slots', 'edges']);
  const list = file['tasks'];
  if (!Array.isArray(list) || list.length === 0) throw new Error('`tasks` must be a list of at least one task');
  if (list.length > MOST_TASKS) throw new Error(`\`tasks\` has ${list.length} tasks, and ${MOST_TASKS} can be simulated`);
  const tasks = list.map((task, i) => taskOf(task, `tasks[${i}]`));
  const names = new Set<string>();
  for (const { name } of tasks) {
    if (names.has(name)) throw new Error(`two tasks are named ${name}`);
    names.add(name);
  }
  const joined = withEdges(tasks, file['edges'], names);
  for (const { name, after } of joined)
    for (const before of after) if (!names.has(before)) throw new Error(`${name} comes after ${before}, and there is no such task`);
  const shards = joined.reduce((sum, task) => sum + task.shards, 0);
  if (shards > MOST_SHARDS) throw new Error(`the tasks have ${shards} shards together, and ${MOST_SHARDS} can be simulated`);
  refuseCycle(joined);
  return { tasks: joined, slots: slotsOf(file) };
}

function fields(value: unknown, what: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} must have the form \`name: value\``);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`${what} has \`${unknown}\`, which means nothing here; known are ${known.join(', ')}`);
  return value as Fields;
}

function taskOf(value: unknown, what: string): WorkflowTask {
  const task = fields(value, what, ['name', 'shards', 'duration', 'after']);
  const { name, shards, duration, after } = task;
  if (typeof name !== 'string' || name === '' || name.includes('#')) throw new Error(`${what}.name must be a word without #`);
  return {
    name,
    shards: count(shards ?? 1, `shards of ${name}`, MOST_SHARDS),
    durationMs: durationOf(duration, name),
    after: namesOf(after, `after of ${name}`),
  };
}

function count(value: unknown, what: string, most: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1 || value > most)
    throw new Error(`${what} must be a whole number from 1 to ${most}`);
  return value;
}

/** `30s`, or from and to: `[20s, 2m]`. */
function durationOf(value: unknown, name: string): readonly [number, number] {
  const read = (one: unknown): number => {
    if (typeof one !== 'string') throw new Error(`duration of ${name} must be a time such as 30s, or two: [20s, 2m]`);
    try {
      return asDurationMs(one);
    } catch (error) {
      throw new Error(`duration of ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  if (!Array.isArray(value)) return [read(value), read(value)];
  if (value.length !== 2) throw new Error(`duration of ${name} must be one time, or two: from and to`);
  const [from, to] = [read(value[0]), read(value[1])];
  if (from > to) throw new Error(`duration of ${name} goes from ${value[0]} down to ${value[1]}; write the shorter one first`);
  return [from, to];
}

function namesOf(value: unknown, what: string): readonly string[] {
  if (value === undefined || value === null) return [];
  const names = Array.isArray(value) ? (value as unknown[]) : [value];
  if (!names.every((name) => typeof name === 'string')) throw new Error(`${what} must be the name of a task, or a list of names`);
  return names;
}

/** `edges: [[extract, load], ...]` says the same as `after`. */
function withEdges(tasks: readonly WorkflowTask[], edges: unknown, names: ReadonlySet<string>): readonly WorkflowTask[] {
  if (edges === undefined || edges === null) return tasks;
  if (!Array.isArray(edges)) throw new Error('`edges` must be a list of pairs: [[from, to], ...]');
  const before = new Map<string, string[]>();
  edges.forEach((edge: unknown, i) => {
    const pair = Array.isArray(edge) ? (edge as unknown[]) : [];
    const [from, to] = pair;
    if (pair.length !== 2 || typeof from !== 'string' || typeof to !== 'string')
      throw new Error(`edges[${i}] must be a pair of names: [from, to]`);
    if (!names.has(to)) throw new Error(`edges[${i}] leads to ${to}, and there is no such task`);
    before.set(to, [...(before.get(to) ?? []), from]);
  });
  return tasks.map((task) => ({ ...task, after: [...new Set([...task.after, ...(before.get(task.name) ?? [])])] }));
}

function refuseCycle(tasks: readonly WorkflowTask[]): void {
  const open = new Map(tasks.map((task) => [task.name, new Set(task.after)]));
  for (;;) {
    const free = [...open].filter(([, after]) => after.size === 0).map(([name]) => name);
    if (free.length === 0) break;
    for (const name of free) open.delete(name);
    for (const after of open.values()) for (const name of free) after.delete(name);
  }
  if (open.size > 0) throw new Error(`these tasks wait for one another: ${[...open.keys()].join(', ')}`);
}

/** `executors: 4` with `slots: 2` each, or a list of slots: `executors: [2, 2, 8]`. */
function slotsOf(file: Fields): readonly number[] {
  const { executors, slots } = file;
  if (Array.isArray(executors)) {
    if (executors.length === 0 || executors.length > MOST_EXECUTORS)
      throw new Error(`\`executors\` must list the slots of 1 to ${MOST_EXECUTORS} executors`);
    if (slots !== undefined) throw new Error('`slots` says nothing beside a list of executors, which has them already');
    return executors.map((one: unknown, i) => count(one, `executors[${i}]`, MOST_SLOTS));
  }
  const each = count(slots ?? 1, '`slots`', MOST_SLOTS);
  return Array.from({ length: count(executors ?? 1, '`executors`', MOST_EXECUTORS) }, () => each);
}
