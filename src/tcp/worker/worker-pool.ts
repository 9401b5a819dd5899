import type { Lease, LeaseOptions } from '../lease.js';
import type { ResolvedLeaseOptions } from '../lease-options.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { ThreadHealth } from '../server-stats.js';
import { WorkerLease } from './worker-lease.js';
import { WorkerThread } from './worker-thread.js';
import { WorkerTimeline } from './worker-timeline.js';

/**
 * Spreads leases over worker threads. The streams of one object stay in one thread, so that they can pace each other.
 */
export class WorkerPool {
  readonly #threads: readonly WorkerThread[];
  readonly #hosts: readonly string[];

  /** @param onLimit Called when a worker has reached its limit of buffered bytes. */
  constructor(options: ResolvedServerOptions, onLimit: () => void) {
    const { clock: _, workers, ...setup } = options;
    this.#hosts = options.hosts;
    const share = {
      ...setup,
      maxConnections: Math.ceil(setup.maxConnections / workers),
      maxBufferedBytes: Math.ceil(setup.maxBufferedBytes / workers),
    };
    this.#threads = Array.from({ length: workers }, () => new WorkerThread(share, onLimit));
  }

  /** @throws ERR_PORT, ERR_LIMIT. */
  open(options: LeaseOptions, resolved: ResolvedLeaseOptions, leases: Iterable<Lease>): Promise<Lease> {
    return WorkerLease.open(options, resolved, this.#threadFor(resolved, leases), this.#hosts);
  }

  health(): Promise<ThreadHealth[]> {
    return Promise.all(this.#threads.map((thread) => thread.channel.request('health', undefined)));
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #threadFor({ object, timeline }: ResolvedLeaseOptions, leases: Iterable<Lease>): WorkerThread {
    if (timeline instanceof WorkerTimeline) return timeline.thread;
    for (const lease of leases) {
      if (lease.object === object && lease instanceof WorkerLease) return lease.received.thread;
    }
    return this.#threads.reduce((least, other) => (other.size < least.size ? other : least));
  }
}
