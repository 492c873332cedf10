/** A thread that simulates the seeds that it is given. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Chunk, runChunk } from './run-seeds.ts';
import type { WorldOptions } from './world.ts';

parentPort?.on('message', (chunk: Chunk) => parentPort?.postMessage(runChunk(chunk, workerData as Omit<WorldOptions, 'seed'>)));
