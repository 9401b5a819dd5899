import { checkArgument } from '../../base/check.js';
import { deferred } from '../../base/deferred.js';
import { FencedEmitter } from '../../base/listener/fenced-emitter.js';
import type { PcmFormat, PcmSink } from '../../base/pcm.js';
import { plainError, rebuildError } from '../../base/system/thread-channel.js';
import type { ReadClass } from '../../stream/pcm-stream.js';
import type { Player } from '../../stream/player.js';
import { framesOf } from '../../stream/receive/frames-of.js';
import { checkSink, resolveSinkOptions } from '../../stream/receive/sink-options.js';
import type { SampleTimeline } from '../../stream/sample-timeline.js';
import type { FileSinkSpec, PcmChunk, SinkHandle, SinkOptions } from '../../stream/sink.js';
import { waitForClaim } from '../claim-wait.js';
import type { Lease, LeaseEvents, LeaseFeed, LeaseOptions, LeaseStats } from '../lease.js';
import { announce } from '../lease-events.js';
import { checkFed, checkReceives, checkRunning, sendingPart } from '../lease-guards.js';
import { READ_CLASS, type ResolvedLeaseOptions } from '../lease-options.js';
import type { CloseReason, LeaseState, Peer } from '../lease-state.js';
import { LEASE_STAT_KEYS } from '../server-stats.js';
import { SharedRecord } from './shared-record.js';
import type { PlainReason, PlainState, TimelineSource } from './worker-operations.js';
import { WorkerPlayer } from './worker-player.js';
import type { RemoteLease, WorkerThread } from './worker-thread.js';
import { WorkerTimeline } from './worker-timeline.js';

/** A lease that lives in a worker thread, with the interface of one in this thread. */
export class WorkerLease extends FencedEmitter<LeaseEvents> implements Lease, RemoteLease {
  readonly hosts: readonly string[];
  readonly received: WorkerTimeline;
  readonly #options: ResolvedLeaseOptions;
  readonly #thread: WorkerThread;
  readonly #id: number;
  readonly #record = new SharedRecord(LEASE_STAT_KEYS);
  readonly #player: WorkerPlayer | undefined;
  readonly #closed = deferred<CloseReason>();
  readonly closed = this.#closed.promise;
  #port = 0;
  #state: LeaseState = { status: 'open' };
  #readClass: ReadClass;
  #unfollow: (() => void) | undefined;

  private constructor(options: ResolvedLeaseOptions, thread: WorkerThread, hosts: readonly string[]) {
    super();
    this.hosts = hosts;
    this.#options = options;
    this.#thread = thread;
    this.#id = thread.nextId();
    this.#readClass = options.readClass;
    this.received = new WorkerTimeline(thread, this.#id, options.format.sampleRate, this.#record);
    if (options.direction === 'receive') return;
    this.#player = new WorkerPlayer(thread, this.#id, options.format, {
      position: () => this.#record.get('samplesSent'),
      isOver: () => this.#state.status === 'draining' || this.#state.status === 'closed',
    });
  }

  /**
   * @param options Options as the caller gave them; @param resolved the same options, checked.
   * @throws ERR_PORT, ERR_LIMIT when no port can be listened on.
   */
  static async open(
    options: LeaseOptions,
    resolved: ResolvedLeaseOptions,
    thread: WorkerThread,
    hosts: readonly string[],
  ): Promise<WorkerLease> {
    const lease = new WorkerLease(resolved, thread, hosts);
    const { timeline: _, ...rest } = options;
    thread.keep(lease.#id, lease);
    try {
      const timeline = resolved.timeline && lease.#sendTimeline(resolved.timeline);
      const stats = lease.#record.buffer;
      lease.#port = (
        await thread.channel.request('open', { id: lease.#id, options: rest, timeline, stats })
      ).port;
      return lease;
    } catch (error) {
      thread.forget(lease.#id);
      lease.#unfollow?.();
      throw error;
    }
  }

  get object(): string {
    return this.#options.object;
  }

  get stream(): Lease['stream'] {
    return this.#options.stream;
  }

  get direction(): Lease['direction'] {
    return this.#options.direction;
  }

  get format(): PcmFormat {
    return this.#options.format;
  }

  get port(): number {
    return this.#port;
  }

  get timelineStart(): number {
    return this.#options.timelineStart;
  }

  get state(): LeaseState {
    return this.#state;
  }

  get stats(): LeaseStats {
    return this.#record.read();
  }

  get player(): Player {
    return sendingPart(this, this.#player, 'player');
  }

  get readClass(): ReadClass {
    return this.#readClass;
  }

  set readClass(readClass: ReadClass) {
    checkArgument('readClass', readClass, READ_CLASS);
    this.#readClass = readClass;
    this.#thread.channel.notify('setReadClass', { lease: this.#id, readClass });
  }

  claimed(options: { signal?: AbortSignal } = {}): Promise<Peer> {
    return waitForClaim(this, options.signal);
  }

  feed(): LeaseFeed {
    checkFed(this);
    const { channel } = this.#thread;
    const lease = this.#id;
    channel.notify('feed', { lease });
    return {
      write: (samples, position) => channel.notify('bring', { lease, samples, position }),
      end: (error) => channel.notify('endFeed', { lease, error: error && plainError(error) }),
    };
  }

  addSink(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    checkReceives(this, 'addSink()');
    checkRunning(this, 'addSink()');
    return this.#addSink(sink, options, false);
  }

  addSentTap(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    sendingPart(this, this.#player, 'addSentTap()');
    checkRunning(this, 'addSentTap()');
    return this.#addSink(sink, options, true);
  }

  frames(options: SinkOptions & { signal?: AbortSignal } = {}): AsyncIterableIterator<PcmChunk> {
    return framesOf(this, options);
  }

  close(): Promise<CloseReason> {
    this.#thread.channel.notify('close', { lease: this.#id });
    return this.closed;
  }

  abort(error?: Error): void {
    this.#thread.channel.notify('abort', { lease: this.#id, message: error?.message });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Takes a new state from the worker. */
  moved(plain: PlainState): void {
    const state = rebuildState(plain);
    this.#state = state;
    if (state.status === 'closed') {
      this.#unfollow?.();
      this.#thread.forget(this.#id);
    }
    announce(this, state);
    if (state.status === 'closed') this.#closed.resolve(state.reason);
  }

  advanced(position: number, ended: boolean): void {
    this.received.advanced(position, ended);
  }

  told<K extends keyof LeaseEvents>(event: K, ...args: LeaseEvents[K]): void {
    Reflect.apply(this.emit, this, [event, ...args]);
  }

  /** Tells the worker to follow `timeline`, within its own thread or by messages from this thread. */
  #sendTimeline(timeline: SampleTimeline | 'received'): TimelineSource {
    if (timeline === 'received') return { kind: 'received' };
    if (timeline instanceof WorkerTimeline && timeline.thread === this.#thread) {
      return { kind: 'lease', id: timeline.lease };
    }
    const id = this.#thread.nextId();
    const tell = (ended: boolean) =>
      this.#thread.channel.notify('advanceTimeline', { id, position: timeline.position, ended });
    queueMicrotask(() => {
      this.#unfollow = timeline.follow({ advance: () => tell(false), end: () => tell(true) });
    });
    return { kind: 'remote', id, position: timeline.position, sampleRate: timeline.sampleRate };
  }

  #addSink(sink: PcmSink | FileSinkSpec, options: SinkOptions, tap: boolean): SinkHandle {
    checkSink(sink);
    resolveSinkOptions(options, this.format);
    return this.#thread.addSink(this.#id, tap, sink, options);
  }
}

function rebuildState(plain: PlainState): LeaseState {
  return 'reason' in plain ? { ...plain, reason: rebuildReason(plain.reason) } : plain;
}

function rebuildReason({ kind, error }: PlainReason): CloseReason {
  return (error ? { kind, error: rebuildError(error) } : { kind }) as CloseReason;
}
