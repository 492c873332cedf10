/** One side of a comparison of job queues: what it is, and a running instance of it. */
export interface Side {
  /** As the tables name it. */
  readonly name: string;
  /** Jobs of a round: enough for several seconds. */
  readonly jobs: number;
  /** Why it cannot take part here, with what to install; undefined when it can. */
  missing(): string | undefined;
  /** Started, with its workers waiting for jobs. */
  open(): Promise<OpenSide>;
}

export interface OpenSide {
  /** Adds jobs that do nothing and resolves when it is known that the last one is done. */
  run(jobs: number): Promise<void>;
  /** User and system time of its servers, its workers and what adds jobs until now, seconds. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

export interface SideRound {
  readonly jobsPerSecond: number;
  readonly cpuMicrosPerJob: number;
}

/** Jobs before those that count: connections are up and code is compiled. */
const WARM_UP_SHARE = 0.1;

/** Starts a side, warms it up, measures once, ends it. */
export async function measureSide(side: Side): Promise<SideRound> {
  const open = await side.open();
  try {
    await open.run(Math.max(1_000, Math.round(side.jobs * WARM_UP_SHARE)));
    const cpuBefore = open.cpuSeconds();
    const startedAt = performance.now();
    await open.run(side.jobs);
    const seconds = (performance.now() - startedAt) / 1000;
    return { jobsPerSecond: side.jobs / seconds, cpuMicrosPerJob: ((open.cpuSeconds() - cpuBefore) / side.jobs) * 1e6 };
  } finally {
    await open.close();
  }
}

/** CPU of this process, which adds the jobs and looks for their end, seconds. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
