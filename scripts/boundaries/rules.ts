/**
 * Who may import whom (ARCHITECTURE.md), as data. A rule looks at one import:
 * the file that has it, and what it names.
 */

/** A source file's place: package, folders under `src`, whether it is a test. */
export interface Place {
  /** Path under the repository, with `/`. */
  readonly file: string;
  /** `shared`, `manager` ...; undefined outside packages. */
  readonly pkg: string | undefined;
  /** First folder under `src`, `''` for files directly in it. */
  readonly layer: string;
  readonly isTest: boolean;
}

/** What an import names: a file of the repository, or a package of others. */
export interface Target {
  readonly specifier: string;
  /** Place of the file, when it is ours. */
  readonly place: Place | undefined;
  readonly isTypeOnly: boolean;
}

export interface BoundaryRule {
  readonly name: string;
  /** A sentence when the import breaks the rule. */
  readonly broken: (from: Place, to: Target) => string | undefined;
}

/** Packages that each package may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  manager: ['shared'],
  executor: ['shared'],
  dashboard: ['shared', 'client'],
  client: ['shared'],
  cli: ['shared', 'manager', 'executor', 'client'],
  testkit: ['shared', 'manager', 'executor', 'client', 'cli', 'dashboard'],
};

/** Layers that are adapters: each stands between the core and one part of the outside, and knows no other. */
const ADAPTERS: Readonly<Record<string, readonly string[]>> = {
  manager: ['store', 'tagstore', 'grpc', 'http', 'ws', 'tasks'],
  executor: ['sources', 'sinks', 'grpc'],
};

/** What an adapter may know beside its own: `engine` reads tables by `sources`, and `http` carries the feed of `ws` on its port. */
const ADAPTER_EXCEPTIONS: readonly string[] = ['manager: http -> ws', 'manager: ws -> http'];

/** Folder of each driver, per package; `*` stands for the files directly under `src`. */
const DRIVERS: Readonly<Record<string, readonly string[]>> = {
  '@grpc/grpc-js': ['manager/grpc', 'executor/grpc', 'shared/wire', 'shared/gen'],
  '@grpc/proto-loader': ['shared/wire', 'shared/gen'],
  'grpc-health-check': ['manager/grpc'],
  'better-sqlite3': ['manager/store', 'manager/tagstore'],
  '@duckdb/node-api': ['executor/engine', 'executor/sources'],
  mysql2: ['executor/sinks', 'manager/tagstore'],
  '@aws-sdk/client-s3': ['executor/sources', 'manager/store'],
  ws: ['manager/ws', 'cli/remote'],
  fastify: ['manager/http'],
};

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

export const RULES: readonly BoundaryRule[] = [
  {
    name: 'packages',
    broken: (from, to) => {
      const [own, other] = [from.pkg, to.place?.pkg];
      if (own === undefined || other === undefined || own === other || MAY_IMPORT[other] === undefined) return undefined;
      // Tests of a package may use the testkit, and whatever it may use.
      const allowed = from.isTest ? [...(MAY_IMPORT[own] ?? []), 'testkit'] : (MAY_IMPORT[own] ?? []);
      // `tagmill simulate` runs a graph through the simulated world: that folder alone needs nothing of the tests.
      if (own === 'cli' && other === 'testkit' && to.place?.layer === 'world') return undefined;
      return allowed.includes(other) ? undefined : `${own} must not import ${other}`;
    },
  },
  {
    name: 'core is pure',
    broken: (from, to) => {
      if (from.layer !== 'core' || from.isTest || (from.pkg !== 'manager' && from.pkg !== 'executor')) return undefined;
      if (to.specifier.startsWith('node:')) return 'the core uses nothing of the machine: time, random numbers and ids come in with events';
      if (to.place === undefined) return 'the core uses no package of others';
      const isOutside = to.place.pkg === from.pkg && to.place.layer !== 'core' && !to.isTypeOnly;
      return isOutside ? `the core must not know ${to.place.layer === '' ? to.specifier : to.place.layer}` : undefined;
    },
  },
  {
    name: 'adapters do not know each other',
    broken: (from, to) => {
      const adapters = ADAPTERS[from.pkg ?? ''] ?? [];
      const other = to.place;
      if (from.isTest || other === undefined || other.pkg !== from.pkg || other.layer === from.layer) return undefined;
      if (!adapters.includes(from.layer) || !adapters.includes(other.layer)) return undefined;
      const way = `${from.pkg}: ${from.layer} -> ${other.layer}`;
      return ADAPTER_EXCEPTIONS.includes(way)
        ? undefined
        : `the adapter ${from.layer} must not import the adapter ${other.layer}; the shell joins them`;
    },
  },
  {
    name: 'layers point inward',
    broken: (from, to) => {
      const adapters = [...(ADAPTERS[from.pkg ?? ''] ?? []), 'engine'];
      const other = to.place;
      if (from.isTest || other === undefined || other.pkg !== from.pkg || to.isTypeOnly) return undefined;
      if (from.pkg !== 'manager' && from.pkg !== 'executor') return undefined;
      if (adapters.includes(from.layer) && other.layer === 'shell') return `the adapter ${from.layer} must not import the shell`;
      return undefined;
    },
  },
  {
    name: 'one folder a driver',
    broken: (from, to) => {
      const folders = DRIVERS[packageOf(to.specifier)];
      if (folders === undefined || from.pkg === undefined || from.isTest || from.pkg === 'testkit' || from.pkg === 'dashboard')
        return undefined;
      return folders.includes(`${from.pkg}/${from.layer}`)
        ? undefined
        : `${packageOf(to.specifier)} may be imported in ${folders.join(', ')} alone`;
    },
  },
  {
    name: 'shared runs in the browser',
    broken: (from, to) => {
      if (from.pkg !== 'shared' || from.isTest || !to.specifier.startsWith('node:') || to.isTypeOnly) return undefined;
      return ['wire', 'gen', 'merge', 'sinks'].includes(from.layer)
        ? undefined
        : 'this part of shared runs in the browser too, which has no node:';
    },
  },
];
