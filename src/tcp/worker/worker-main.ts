import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../base/time/clock.js';
import { leaseContext } from '../lease-context.js';
import { WorkerLeases } from './worker-leases.js';
import type { WorkerSetup } from './worker-operations.js';

/* Entry point of a worker thread. It holds leases, and does what the main thread asks through a channel. */
if (parentPort) {
  const setup: WorkerSetup = workerData;
  const leases: WorkerLeases = new WorkerLeases(
    parentPort,
    leaseContext({ ...setup, clock: systemClock, workers: 0 }, () => leases.limitReached()),
  );
}
