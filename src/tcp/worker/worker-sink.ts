import { deferred } from '../../base/deferred.js';
import type { PcmSink } from '../../base/pcm.js';
import type { SinkHandle, SinkStats } from '../../stream/sink.js';
import { SharedRecord } from './shared-record.js';
import { SINK_STAT_KEYS } from './worker-operations.js';

/** A sink on a lease in a worker: a sink of this thread, or a file in the worker. */
export class WorkerSink implements SinkHandle {
  readonly name: string;
  readonly record = new SharedRecord(SINK_STAT_KEYS);
  /** The sink itself, where it lives in this thread. */
  readonly sink: PcmSink | undefined;
  readonly #remove: () => void;
  readonly #done = deferred<SinkStats>();
  readonly done = this.#done.promise;

  constructor(name: string, sink: PcmSink | undefined, remove: () => void) {
    this.name = name;
    this.sink = sink;
    this.#remove = remove;
    this.done.catch(() => {});
  }

  get stats(): SinkStats {
    return this.record.read();
  }

  remove(): Promise<SinkStats> {
    this.#remove();
    return this.done;
  }

  isDone(error: Error | undefined): void {
    if (error) this.#done.reject(error);
    else this.#done.resolve(this.stats);
  }
}
