import type { MessagePort } from 'node:worker_threads';
import { JackfieldError } from '../../base/errors.js';
import type { PcmSink, PcmSource } from '../../base/pcm.js';
import { type Handlers, plainError, rebuildError, ThreadChannel } from '../../base/system/thread-channel.js';
import type { Playback } from '../../stream/player.js';
import { ManualTimeline, type SampleTimeline } from '../../stream/sample-timeline.js';
import type { SinkHandle } from '../../stream/sink.js';
import type { LeaseFeed } from '../lease.js';
import { type LeaseContext, threadHealth } from '../lease-context.js';
import { resolveLeaseOptions } from '../lease-options.js';
import type { CloseReason, LeaseState } from '../lease-state.js';
import { LEASE_STAT_KEYS } from '../server-stats.js';
import { StreamLease } from '../stream-lease.js';
import { SharedRecord } from './shared-record.js';
import {
  type AddSink,
  type MainOperations,
  type OpenLease,
  type PlainReason,
  type PlainState,
  type Play,
  SINK_STAT_KEYS,
  type TimelineSource,
  type WorkerOperations,
} from './worker-operations.js';

/**
 * Time between two updates of the counters that the main thread reads, in ms. They are also updated with every notice.
 */
const PUBLISH_MS = 250;

/** The leases of one worker thread, which the main thread controls. */
export class WorkerLeases {
  readonly #context: LeaseContext;
  readonly #channel: ThreadChannel<MainOperations, WorkerOperations>;
  readonly #leases = new Map<number, StreamLease>();
  readonly #sinks = new Map<number, SinkHandle>();
  readonly #feeds = new Map<number, LeaseFeed>();
  readonly #timelines = new Map<number, ManualTimeline>();
  readonly #publishers = new Map<object, () => void>();
  readonly #publishing: NodeJS.Timeout;

  constructor(port: MessagePort, context: LeaseContext) {
    this.#context = context;
    this.#channel = new ThreadChannel<MainOperations, WorkerOperations>(port, this.#handlers());
    this.#publishing = setInterval(() => this.#publish(), PUBLISH_MS);
  }

  /** Tells the main thread that no more may be buffered. */
  limitReached(): void {
    this.#channel.notify('limit', undefined);
  }

  #handlers(): Handlers<WorkerOperations> {
    return {
      open: (params) => this.#open(params),
      close: async ({ lease }) => void (await this.#lease(lease).close()),
      abort: ({ lease, message }) =>
        this.#lease(lease).abort(message === undefined ? undefined : new Error(message)),
      feed: ({ lease }) => void this.#feeds.set(lease, this.#lease(lease).feed()),
      bring: ({ lease, samples, position }) => this.#feeds.get(lease)?.write(samples, position),
      endFeed: ({ lease, error }) => this.#feeds.get(lease)?.end(error && rebuildError(error)),
      setReadClass: ({ lease, readClass }) => {
        this.#lease(lease).readClass = readClass;
      },
      follow: ({ lease }) => this.#follow(lease),
      advanceTimeline: ({ id, position, ended }) => this.#advanceTimeline(id, position, ended),
      addSink: (params) => this.#addSink(params),
      removeSink: async ({ id }) => void (await this.#sinks.get(id)?.remove()),
      play: (params) => this.#play(params),
      setPaused: ({ lease, paused }) => {
        const { player } = this.#lease(lease);
        if (paused) player.pause();
        else player.resume();
      },
      clear: ({ lease }) => this.#lease(lease).player.clear(),
      mark: ({ lease }) => this.#lease(lease).player.mark(),
      health: () => threadHealth(this.#context),
      shutDown: () => this.#shutDown(),
    };
  }

  async #open({ id, options, timeline, stats }: OpenLease): Promise<{ port: number }> {
    const paced = timeline && { timeline: this.#timelineOf(timeline) };
    const lease = await StreamLease.open(resolveLeaseOptions({ ...options, ...paced }), this.#context);
    const record = new SharedRecord(LEASE_STAT_KEYS, stats);
    this.#leases.set(id, lease);
    this.#publishers.set(lease, () => record.write(lease.stats));
    lease.on('state', (state) => {
      record.write(lease.stats);
      this.#channel.notify('state', { lease: id, state: plainState(state) });
      if (state.status === 'closed') this.#forget(id, lease);
    });
    lease.on('refused', (refused) => {
      record.write(lease.stats);
      this.#channel.notify('refused', { lease: id, refused });
    });
    lease.on('overflow', (sink, policy) => this.#channel.notify('overflow', { lease: id, sink, policy }));
    lease.on('sink-failed', (sink, error) =>
      this.#channel.notify('sinkFailed', { lease: id, sink, error: plainError(error) }),
    );
    lease.on('held', (sink, cause) =>
      this.#channel.notify('held', {
        lease: id,
        sink,
        cause: cause === undefined ? undefined : plainError(cause),
      }),
    );
    lease.on('released', () => this.#channel.notify('released', { lease: id }));
    return { port: lease.port };
  }

  /** Removes a lease in the next turn of the event loop, so that requests under way when it closes still find it. */
  #forget(id: number, lease: StreamLease): void {
    this.#publishers.delete(lease);
    this.#feeds.delete(id);
    setImmediate(() => this.#leases.delete(id));
  }

  #timelineOf(source: TimelineSource): SampleTimeline | 'received' {
    switch (source.kind) {
      case 'received':
        return 'received';
      case 'lease':
        return this.#lease(source.id).received;
      case 'remote': {
        const timeline = new ManualTimeline(source.sampleRate);
        timeline.advanceTo(source.position);
        this.#timelines.set(source.id, timeline);
        return timeline;
      }
      default:
        return source satisfies never;
    }
  }

  #advanceTimeline(id: number, position: number, ended: boolean): void {
    const timeline = this.#timelines.get(id);
    timeline?.advanceTo(position);
    if (!ended) return;
    timeline?.end();
    this.#timelines.delete(id);
  }

  #follow(lease: number): void {
    const { received } = this.#lease(lease);
    const tell = (ended: boolean) =>
      this.#channel.notify('advanced', { lease, position: received.position, ended });
    received.follow({ advance: () => tell(false), end: () => tell(true) });
    tell(false);
  }

  #addSink({ lease: leaseId, id, tap, file, keepsRest, options, stats }: AddSink): void {
    const lease = this.#lease(leaseId);
    const sink = file ?? this.#mainSink(id, keepsRest);
    const handle = tap ? lease.addSentTap(sink, options) : lease.addSink(sink, options);
    const record = new SharedRecord(SINK_STAT_KEYS, stats);
    const publish = () => record.write(handle.stats);
    this.#sinks.set(id, handle);
    this.#publishers.set(handle, publish);
    const done = (error: unknown) => {
      publish();
      this.#publishers.delete(handle);
      this.#sinks.delete(id);
      this.#channel.notify('sinkDone', { id, error: error === undefined ? undefined : plainError(error) });
    };
    handle.done.then(() => done(undefined), done);
  }

  /** Makes a sink for one in the main thread. Each write resolves when the main thread has taken it. */
  #mainSink(id: number, keepsRest: boolean): PcmSink & { readonly keepsRest: boolean } {
    return {
      keepsRest,
      write: (samples, position) => {
        const copy = samples.slice();
        return this.#channel.request('writeSink', { id, samples: copy, position }, [copy.buffer]);
      },
      end: (error) => this.#channel.request('endSink', { id, error: error && plainError(error) }),
    };
  }

  #play({ lease, id, samples, options }: Play): void {
    const playback: Playback = this.#lease(lease).player.play(samples ?? this.#mainSource(id), options);
    playback.started.then(
      (position) => this.#channel.notify('started', { id, position }),
      () => {},
    );
    void playback.finished.then((report) => {
      this.#publish();
      const { error, ...rest } = report;
      this.#channel.notify('finished', {
        id,
        report: error ? { ...rest, error: new Error(error.message) } : rest,
      });
    });
  }

  async *#mainSource(id: number): PcmSource {
    try {
      for (;;) {
        const samples = await this.#channel.request('pull', { id });
        if (!samples) return;
        yield samples;
      }
    } finally {
      this.#channel.notify('stopSource', { id });
    }
  }

  #publish(): void {
    for (const publish of this.#publishers.values()) publish();
  }

  #lease(id: number): StreamLease {
    const lease = this.#leases.get(id);
    if (lease) return lease;
    throw new JackfieldError('ERR_CLOSED', 'The lease is closed.');
  }

  async #shutDown(): Promise<void> {
    await Promise.all([...this.#leases.values()].map((lease) => lease.close()));
    clearInterval(this.#publishing);
    this.#context.gate.close();
  }
}

function plainState(state: LeaseState): PlainState {
  return 'reason' in state ? { ...state, reason: plainReason(state.reason) } : state;
}

function plainReason(reason: CloseReason): PlainReason {
  return { kind: reason.kind, error: 'error' in reason ? plainError(reason.error) : undefined };
}
