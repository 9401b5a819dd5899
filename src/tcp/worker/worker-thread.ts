import { Worker } from 'node:worker_threads';
import { JackfieldError } from '../../base/errors.js';
import type { PcmSink, PcmSource } from '../../base/pcm.js';
import { type Handlers, plainError, rebuildError, ThreadChannel } from '../../base/system/thread-channel.js';
import type { Playback, PlayOptions } from '../../stream/player.js';
import { keepsRest } from '../../stream/receive/sink-feed.js';
import type { FileSinkSpec, SinkHandle, SinkOptions } from '../../stream/sink.js';
import type { LeaseEvents } from '../lease.js';
import type { MainOperations, PlainState, WorkerOperations, WorkerSetup } from './worker-operations.js';
import { WorkerPlayback } from './worker-playback.js';
import { WorkerSink } from './worker-sink.js';

/** This thread's view of a lease in a worker. The worker reports what happens to the lease. */
export interface RemoteLease {
  moved(state: PlainState): void;
  /** Called when more was received, once the lease is followed. */
  advanced(position: number, ended: boolean): void;
  told<K extends keyof LeaseEvents>(event: K, ...args: LeaseEvents[K]): void;
}

/** One worker thread, and the objects of this thread that its leases use. */
export class WorkerThread {
  readonly channel: ThreadChannel<WorkerOperations, MainOperations>;
  readonly #worker: Worker;
  readonly #onLimit: () => void;
  readonly #leases = new Map<number, RemoteLease>();
  readonly #sinks = new Map<number, WorkerSink>();
  readonly #playbacks = new Map<number, WorkerPlayback>();
  readonly #sources = new Map<number, AsyncIterator<Int16Array>>();
  #lastId = 0;

  /** @param onLimit Called when the worker has reached its limit of buffered bytes. */
  constructor(setup: WorkerSetup, onLimit: () => void) {
    this.#onLimit = onLimit;
    this.#worker = new Worker(new URL('./worker-main.js', import.meta.url), { workerData: setup });
    this.channel = new ThreadChannel(this.#worker, this.#handlers());
    this.#worker.on('error', (error) => this.#lost(error));
    this.#worker.on('exit', () => this.#lost(undefined));
  }

  /** Number of leases that the worker holds. */
  get size(): number {
    return this.#leases.size;
  }

  nextId(): number {
    return ++this.#lastId;
  }

  keep(id: number, lease: RemoteLease): void {
    this.#leases.set(id, lease);
  }

  forget(id: number): void {
    this.#leases.delete(id);
  }

  addSink(lease: number, tap: boolean, sink: PcmSink | FileSinkSpec, options: SinkOptions): SinkHandle {
    const id = this.nextId();
    const file = 'kind' in sink ? sink : undefined;
    const own = 'kind' in sink ? undefined : sink;
    const handle = new WorkerSink(options.name ?? 'sink', own, () =>
      this.channel.notify('removeSink', { id }),
    );
    this.#sinks.set(id, handle);
    const stats = handle.record.buffer;
    const params = { lease, id, tap, file, keepsRest: own !== undefined && keepsRest(own), options, stats };
    this.channel.request('addSink', params).catch((error: Error) => {
      this.#sinks.delete(id);
      handle.isDone(error);
    });
    return handle;
  }

  play(lease: number, source: Int16Array | PcmSource, options: PlayOptions): Playback {
    const id = this.nextId();
    const playback = new WorkerPlayback();
    this.#playbacks.set(id, playback);
    const samples = source instanceof Int16Array ? source.slice() : undefined;
    if (!(source instanceof Int16Array)) this.#sources.set(id, source[Symbol.asyncIterator]());
    const transfer = samples ? [samples.buffer] : [];
    this.channel.request('play', { lease, id, samples, options }, transfer).catch((error: Error) => {
      this.#playbacks.delete(id);
      playback.hasFinished({ from: 0, to: 0, played: 0, outcome: 'closed', error });
    });
    return playback;
  }

  /** Closes the leases gracefully, then ends the thread. */
  async close(): Promise<void> {
    await this.channel.request('shutDown', undefined);
    await this.#worker.terminate();
  }

  #handlers(): Handlers<MainOperations> {
    return {
      state: ({ lease, state }) => this.#leases.get(lease)?.moved(state),
      refused: ({ lease, refused }) => void this.#leases.get(lease)?.told('refused', refused),
      overflow: ({ lease, sink, policy }) => void this.#leases.get(lease)?.told('overflow', sink, policy),
      sinkFailed: ({ lease, sink, error }) =>
        void this.#leases.get(lease)?.told('sink-failed', sink, rebuildError(error)),
      held: ({ lease, sink, cause }) =>
        void this.#leases.get(lease)?.told('held', sink, cause && rebuildError(cause)),
      released: ({ lease }) => void this.#leases.get(lease)?.told('released'),
      sinkDone: ({ id, error }) => {
        this.#sinks.get(id)?.isDone(error && rebuildError(error));
        this.#sinks.delete(id);
      },
      advanced: ({ lease, position, ended }) => this.#leases.get(lease)?.advanced(position, ended),
      started: ({ id, position }) => this.#playbacks.get(id)?.hasStarted(position),
      finished: ({ id, report }) => {
        this.#playbacks.get(id)?.hasFinished(report);
        this.#playbacks.delete(id);
      },
      limit: () => this.#onLimit(),
      writeSink: ({ id, samples, position }) => this.#sinks.get(id)?.sink?.write(samples, position),
      endSink: ({ id, error }) => this.#sinks.get(id)?.sink?.end(error && rebuildError(error)),
      pull: ({ id }) => this.#pull(id),
      stopSource: ({ id }) => this.#stopSource(id),
    };
  }

  async #pull(id: number): Promise<Int16Array | undefined> {
    const result = await this.#sources.get(id)?.next();
    if (!result || result.done) return undefined;
    return result.value instanceof Int16Array ? result.value.slice() : result.value;
  }

  async #stopSource(id: number): Promise<void> {
    const source = this.#sources.get(id);
    this.#sources.delete(id);
    // An error of a source while it is being ended is of no use to anybody.
    await source?.return?.().catch(() => undefined);
  }

  #lost(cause: Error | undefined): void {
    const text = `A worker thread ended${cause ? `: ${cause.message}` : ''}; its leases are lost.`;
    const error = new JackfieldError('ERR_CLOSED', text, { cause });
    this.channel.close(error);
    for (const lease of [...this.#leases.values()]) {
      lease.moved({ status: 'closed', reason: { kind: 'aborted', error: plainError(error) } });
    }
    for (const playback of this.#playbacks.values()) {
      playback.hasFinished({ from: 0, to: 0, played: 0, outcome: 'closed', error });
    }
    for (const sink of this.#sinks.values()) sink.isDone(error);
  }
}
