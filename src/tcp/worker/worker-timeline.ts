import { ManualTimeline, type SampleTimeline, type TimelineFollower } from '../../stream/sample-timeline.js';
import type { LeaseStats } from '../lease.js';
import type { SharedRecord } from './shared-record.js';

import type { WorkerThread } from './worker-thread.js';

/**
 * Timeline of the samples that a lease in a worker receives. Once it is followed, the worker sends its advances as
 * messages.
 */
export class WorkerTimeline implements SampleTimeline {
  readonly sampleRate: number;
  readonly thread: WorkerThread;
  readonly lease: number;
  readonly #stats: SharedRecord<keyof LeaseStats>;
  #line: ManualTimeline | undefined;

  constructor(
    thread: WorkerThread,
    lease: number,
    sampleRate: number,
    stats: SharedRecord<keyof LeaseStats>,
  ) {
    this.thread = thread;
    this.lease = lease;
    this.sampleRate = sampleRate;
    this.#stats = stats;
  }

  get position(): number {
    return Math.max(this.#line?.position ?? 0, this.#stats.get('samplesReceived'));
  }

  follow(follower: TimelineFollower): () => void {
    if (!this.#line) {
      this.#line = new ManualTimeline(this.sampleRate);
      this.thread.channel.notify('follow', { lease: this.lease });
    }
    return this.#line.follow(follower);
  }

  /** Takes an advance from the worker. */
  advanced(position: number, ended: boolean): void {
    this.#line?.advanceTo(position);
    if (ended) this.#line?.end();
  }
}
