import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { CancelTimer, Clock } from '../clock.js';
import { JackfieldError, messageOf } from '../errors.js';
import { type PcmFormat, type PcmSink, samplesToMs } from '../pcm.js';
import { waitForClaim } from './claim-wait.js';
import { Connection, type ReadPlan } from './connection.js';
import type { Gate } from './gate.js';
import type { Lease, LeaseEvents, LeaseStats, ReadClass } from './lease.js';
import { announce } from './lease-events.js';
import { oneOf, READ_CLASSES, type ResolvedLeaseOptions } from './lease-options.js';
import { type CloseReason, checkMove, closeError, type LeaseState, type Peer } from './lease-state.js';
import type { Player } from './player.js';
import { PortListener, type PortRange } from './port-listener.js';
import type { BufferBudget } from './receive/buffer-budget.js';
import { ChunkIterator } from './receive/chunk-iterator.js';
import type { SinkFeed } from './receive/sink-feed.js';
import { StreamInlet } from './receive/stream-inlet.js';
import type { SampleTimeline } from './sample-timeline.js';
import { ClockTimeline } from './send/clock-timeline.js';
import { StreamOutlet } from './send/stream-outlet.js';
import type { FileSinkSpec, PcmChunk, SinkHandle, SinkOptions } from './sink.js';
import type { TimingWheel } from './timing-wheel.js';

/** What the leases of one thread share. */
export interface LeaseContext {
  readonly clock: Clock;
  readonly host: string;
  readonly ports: PortRange | undefined;
  readonly gate: Gate;
  readonly readPlan: ReadPlan;
  /** Turns on `clock`, and wakes the senders that it paces. */
  readonly paceWheel: TimingWheel;
  readonly budget: BufferBudget;
}

/** What must be through before a draining lease is closed. */
type Remainder = 'sinks' | 'taps' | 'flush';

/** A lease that lives in this thread. */
export class StreamLease extends EventEmitter<LeaseEvents> implements Lease {
  readonly closed: Promise<CloseReason>;
  readonly #options: ResolvedLeaseOptions;
  readonly #context: LeaseContext;
  readonly #inlet: StreamInlet;
  readonly #outlet: StreamOutlet | undefined;
  readonly #remaining = new Set<Remainder>();
  #settleClosed: (reason: CloseReason) => void = () => {};
  #listener: PortListener | undefined;
  #connection: Connection | undefined;
  #clockTimeline: ClockTimeline | undefined;
  #cancelExpiry: CancelTimer = () => {};
  #state: LeaseState = { status: 'open' };
  #readClass: ReadClass;
  #pressed = false;
  #bytesIgnored = 0;
  #refused = 0;

  private constructor(options: ResolvedLeaseOptions, context: LeaseContext) {
    super();
    this.#options = options;
    this.#context = context;
    this.#readClass = options.readClass;
    const { format, direction } = options;
    const notices = {
      overflowed: (feed: SinkFeed) => this.#overflowed(feed),
      failed: (feed: SinkFeed, error: Error) => void this.emit('sink-failed', feed.name, error),
    };
    this.#inlet = new StreamInlet(format, context.budget, {
      ...notices,
      pressed: (pressed) => this.#press(pressed),
      drained: () => this.#through('sinks'),
    });
    if (direction !== 'receive') {
      this.#outlet = new StreamOutlet(format, options, context.budget, {
        ...notices,
        sent: () => this.#flow(),
        ended: () => this.#sentAll(),
        drained: () => this.#through('taps'),
      });
    }
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** @throws ERR_PORT, ERR_LIMIT when no port can be listened on. */
  static async open(options: ResolvedLeaseOptions, context: LeaseContext): Promise<StreamLease> {
    const lease = new StreamLease(options, context);
    const { clock, host } = context;
    lease.#listener = await PortListener.open({
      host,
      ports: options.port === undefined ? context.ports : { from: options.port, to: options.port },
      onConnection: (socket) => void lease.#admit(socket),
      onError: (error) => lease.#portLost(error),
    });
    lease.#cancelExpiry = clock.timerAt(clock.now() + options.claimTimeoutMs, () => lease.#expire());
    return lease;
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

  get host(): string {
    return this.#context.host;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  get state(): LeaseState {
    return this.#state;
  }

  get received(): SampleTimeline {
    return this.#inlet.received;
  }

  get player(): Player {
    return this.#sending('player').player;
  }

  get readClass(): ReadClass {
    return this.#readClass;
  }

  set readClass(readClass: ReadClass) {
    this.#readClass = oneOf('readClass', readClass, READ_CLASSES);
    this.#read();
  }

  get stats(): LeaseStats {
    const inlet = this.#inlet;
    const sinks = inlet.fanOut.totals;
    const taps = this.#outlet?.taps.totals ?? { delivered: 0, dropped: 0, spilled: 0, buffered: 0 };
    return {
      bytesReceived: inlet.bytes,
      samplesReceived: inlet.received.position,
      trailingBytes: inlet.carried,
      unheard: inlet.fanOut.unheard,
      delivered: sinks.delivered + taps.delivered,
      dropped: sinks.dropped + taps.dropped,
      spilled: sinks.spilled + taps.spilled,
      bufferedMs: samplesToMs(sinks.buffered + taps.buffered, this.format),
      bytesSent: this.#outlet?.bytes ?? 0,
      samplesSent: this.#outlet?.player.position ?? 0,
      silenceFilled: this.#outlet?.player.silenceFilled ?? 0,
      bytesIgnored: this.#bytesIgnored,
      refused: this.#refused,
      gaps: inlet.arrivals.gaps,
      gapMs: inlet.arrivals.gapMs,
      jitterP50Ms: inlet.arrivals.jitter.percentile(0.5),
      jitterP99Ms: inlet.arrivals.jitter.percentile(0.99),
    };
  }

  claimed(options: { signal?: AbortSignal } = {}): Promise<Peer> {
    return waitForClaim(this, options.signal);
  }

  addSink(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    if (this.direction === 'send') throw this.#wrongDirection('only sends: addSink() has nothing to give');
    this.#checkRunning('addSink');
    return this.#inlet.fanOut.add(sink, options);
  }

  addSentTap(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    const outlet = this.#sending('addSentTap()');
    this.#checkRunning('addSentTap');
    return outlet.taps.add(sink, options);
  }

  frames(options: SinkOptions & { signal?: AbortSignal } = {}): AsyncIterableIterator<PcmChunk> {
    const { signal, ...sinkOptions } = options;
    const chunks = new ChunkIterator(() => void handle.remove().catch(() => {}), signal);
    const handle = this.addSink(chunks, { name: 'frames', ...sinkOptions });
    return chunks;
  }

  close(): Promise<CloseReason> {
    this.#end({ kind: 'closed' });
    return this.closed;
  }

  abort(error?: Error): void {
    const fallback = () => new JackfieldError('ERR_ABORTED', `The lease of ${this.#name} was aborted.`);
    this.#close({ kind: 'aborted', error: error ?? fallback() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #name(): string {
    return `${this.object} ${this.stream}`;
  }

  async #admit(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    const { gate } = this.#context;
    const peer = gate.enter(socket);
    const checked = this.#state.status === 'open' ? await gate.check(socket, peer) : { peer };
    const why = checked.refused ?? (this.#state.status === 'open' ? undefined : 'claimed');
    if (why === undefined) {
      this.#claim(socket, checked.peer);
      return;
    }
    socket.resetAndDestroy();
    this.#refused++;
    this.emit('refused', { peer: checked.peer, why });
  }

  #claim(socket: Socket, peer: Peer): void {
    this.#cancelExpiry();
    this.#connection = new Connection(socket, this.#context.readPlan, {
      data: (bytes) => this.#take(bytes),
      end: () => this.#end({ kind: 'peer-ended' }),
      drain: () => this.#outlet?.player.unblock(),
      broken: (error) => this.#broken(error),
      room: () => this.#inlet.room,
    });
    this.#move({ status: 'claimed', peer });
    this.#read();
    this.#startSending(this.#connection);
  }

  #startSending(connection: Connection): void {
    if (!this.#outlet) return;
    const { timeline } = this.#options;
    if (timeline === undefined) {
      const { clock, paceWheel } = this.#context;
      this.#clockTimeline = new ClockTimeline(clock, paceWheel, this.format.sampleRate);
      this.#outlet.start(connection, this.#clockTimeline);
    } else {
      this.#outlet.start(connection, timeline === 'received' ? this.received : timeline);
    }
  }

  #take(bytes: Uint8Array): void {
    if (this.direction === 'send') {
      this.#bytesIgnored += bytes.length;
      return;
    }
    this.#flow();
    this.#inlet.take(bytes, this.#context.clock.now());
  }

  #flow(): void {
    if (this.#state.status === 'claimed') this.#move({ status: 'flowing', peer: this.#state.peer });
  }

  #read(): void {
    const { status } = this.#state;
    if (status === 'open' || status === 'closed' || this.#pressed) return;
    this.#connection?.read(this.#readClass);
  }

  #press(pressed: boolean): void {
    this.#pressed = pressed;
    if (pressed) this.#connection?.pause();
    else this.#read();
  }

  /** The last sample has left: what the taps have waiting is delivered, and what was written is flushed. */
  #sentAll(): void {
    this.#clockTimeline?.end();
    this.#end({ kind: 'timeline-ended' });
    const state = this.#state;
    this.#outlet?.taps.end('reason' in state ? closeError(state.reason) : undefined);
    this.#connection?.end(() => this.#through('flush'));
  }

  /** Delivers and flushes what is buffered, here and by the kernel, then closes. */
  #end(reason: CloseReason): void {
    const state = this.#state;
    if (state.status === 'open') this.#close(reason);
    if (state.status !== 'claimed' && state.status !== 'flowing') return;
    this.#remaining.add('sinks');
    if (this.#outlet) this.#remaining.add('taps').add('flush');
    this.#move({ status: 'draining', peer: state.peer, reason });
    if (reason.kind === 'peer-ended' || reason.kind === 'peer-reset') this.#receivedAll();
    else this.#connection?.drain(() => this.#receivedAll());
    if (reason.kind === 'peer-ended' && this.direction === 'both') this.#outlet?.player.drain();
    else this.#outlet?.player.end();
  }

  #receivedAll(): void {
    const state = this.#state;
    this.#inlet.received.end();
    this.#inlet.fanOut.end('reason' in state ? closeError(state.reason) : undefined);
  }

  #through(part: Remainder): void {
    this.#remaining.delete(part);
    const state = this.#state;
    if (state.status === 'draining' && this.#remaining.size === 0) this.#close(state.reason);
  }

  #broken(cause: Error): void {
    const text = `The peer of ${this.#name} broke the connection: ${cause.message}.`;
    this.#end({ kind: 'peer-reset', error: new JackfieldError('ERR_PEER', text, { cause }) });
    this.#receivedAll();
    this.#outlet?.player.end();
    this.#through('flush');
  }

  #expire(): void {
    const text = `Nobody connected to port ${this.port} for ${this.#name} in ${this.#options.claimTimeoutMs} ms.`;
    this.#close({ kind: 'unclaimed', error: new JackfieldError('ERR_TIMEOUT', text) });
  }

  /** Once claimed, a lease can do without its port. */
  #portLost(cause: Error): void {
    if (this.#state.status !== 'open') return;
    const text = `The port of ${this.#name} was lost: ${messageOf(cause)}.`;
    this.#close({ kind: 'port-lost', error: new JackfieldError('ERR_PORT', text, { cause }) });
  }

  #close(reason: CloseReason): void {
    if (this.#state.status === 'closed') return;
    const state = { status: 'closed', reason } as const;
    this.#enter(state);
    this.#cancelExpiry();
    this.#listener?.close();
    this.#connection?.destroy();
    this.#outlet?.player.end();
    const error = closeError(reason);
    this.#inlet.received.end();
    this.#inlet.fanOut.close(error);
    this.#outlet?.taps.close(error);
    announce(this, state);
    this.#settleClosed(reason);
  }

  #move(state: LeaseState): void {
    this.#enter(state);
    announce(this, state);
  }

  #enter(state: LeaseState): void {
    checkMove(this.#state.status, state.status);
    this.#state = state;
  }

  #overflowed(feed: SinkFeed): void {
    this.emit('overflow', feed.name, feed.policy);
    if (feed.policy !== 'close') return;
    const text = `The sink ${JSON.stringify(feed.name)} of ${this.#name} could not keep up.`;
    const error = new JackfieldError('ERR_SINK', text);
    feed.abort(error);
    this.#end({ kind: 'sink-overflow', error });
  }

  #sending(what: string): StreamOutlet {
    if (this.#outlet) return this.#outlet;
    throw this.#wrongDirection(`only receives: there is no ${what}`);
  }

  #checkRunning(what: string): void {
    const { status } = this.#state;
    if (status !== 'draining' && status !== 'closed') return;
    throw new JackfieldError(
      'ERR_INVALID_STATE',
      `${what}() on a lease that is ${status}; add sinks before it ends.`,
    );
  }

  #wrongDirection(text: string): JackfieldError {
    return new JackfieldError('ERR_INVALID_STATE', `The lease of ${this.#name} ${text}.`);
  }
}
