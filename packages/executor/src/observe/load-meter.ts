import { monitorEventLoopDelay } from 'node:perf_hooks';

/** CPU, memory and loop lag of this process since the last reading, for heartbeats. */
export class LoadMeter {
  private cpu = process.cpuUsage();
  private atMs = performance.now();
  private readonly delay = monitorEventLoopDelay({ resolution: 20 });

  constructor() {
    this.delay.enable();
  }

  read(): { readonly cpuPercent: number; readonly memoryBytes: number; readonly loopLagMs: number } {
    const now = performance.now();
    const cpu = process.cpuUsage(this.cpu);
    const cpuPercent = ((cpu.user + cpu.system) / 1000 / Math.max(1, now - this.atMs)) * 100;
    const loopLagMs = Math.max(0, this.delay.percentile(99) / 1e6 - 20);
    this.cpu = process.cpuUsage();
    this.atMs = now;
    this.delay.reset();
    return {
      cpuPercent: Math.round(cpuPercent * 10) / 10,
      memoryBytes: process.memoryUsage.rss(),
      loopLagMs: Math.round(loopLagMs * 10) / 10,
    };
  }
}
