import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { CancelTimer, Clock } from '../clock.js';
import { abortedError, JackfieldError, messageOf } from '../errors.js';
import { BYTES_PER_SAMPLE, type PcmFormat, type PcmSink, samplesToMs } from '../pcm.js';
import { ChunkIterator } from './chunk-iterator.js';
import { ClockTimeline } from './clock-timeline.js';
import { Connection } from './connection.js';
import type { Lease, LeaseEvents, LeaseStats, ReadClass, RefusedPeer } from './lease.js';
import type { ResolvedLeaseOptions } from './lease-options.js';
import { oneOf, READ_CLASSES } from './lease-options.js';
import { type CloseReason, checkMove, closeError, type LeaseState, type Peer } from './lease-state.js';
import { bytesOf, PacedWriter } from './paced-writer.js';
import type { Player } from './player.js';
import { PortListener, type PortRange } from './port-listener.js';
import type { PcmChunk } from './sample-queue.js';
import type { SampleTimeline } from './sample-timeline.js';
import type { SinkFeed, SinkHandle, SinkOptions } from './sink-feed.js';
import { FanOut, type FanOutOwner, StreamInlet } from './stream-inlet.js';

/** What a lease takes from its server. */
export interface LeaseContext {
  readonly clock: Clock;
  readonly host: string;
  readonly ports: PortRange | undefined;
  /** Why `socket` may not claim the lease; nothing when it may. */
  admit(socket: Socket): Promise<{ peer: Peer; refused?: RefusedPeer['why'] }>;
}

/** What must be through before a draining lease is closed. */
type Remainder = 'sinks' | 'taps' | 'flush';

/** A lease that lives in this thread. */
export class StreamLease extends EventEmitter<LeaseEvents> implements Lease {
  readonly #options: ResolvedLeaseOptions;
  readonly #context: LeaseContext;
  readonly #inlet: StreamInlet;
  readonly #taps: FanOut;
  readonly #writer: PacedWriter | undefined;
  readonly closed: Promise<CloseReason>;
  #settleClosed: (reason: CloseReason) => void = () => {};
  #listener: PortListener | undefined;
  #connection: Connection | undefined;
  #clockTimeline: ClockTimeline | undefined;
  #cancelExpiry: CancelTimer = () => {};
  #state: LeaseState = { status: 'open' };
  #readClass: ReadClass;
  readonly #remaining = new Set<Remainder>();
  #bytesSent = 0;
  #bytesIgnored = 0;
  #refused = 0;

  private constructor(options: ResolvedLeaseOptions, context: LeaseContext) {
    super();
    this.#options = options;
    this.#context = context;
    this.#readClass = options.readClass;
    this.#inlet = new StreamInlet(options.format, this.#fanOutOwner('sinks'));
    this.#taps = new FanOut(options.format, this.#fanOutOwner('taps'));
    if (options.direction !== 'receive') this.#writer = new PacedWriter(options);
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** @throws ERR_PORT when no port can be listened on. */
  static async open(options: ResolvedLeaseOptions, context: LeaseContext): Promise<StreamLease> {
    const lease = new StreamLease(options, context);
    lease.#listener = await PortListener.open({
      host: context.host,
      ports: options.port === undefined ? context.ports : { from: options.port, to: options.port },
      onConnection: (socket) => void lease.#admit(socket),
      onError: (error) => lease.#portLost(error),
    });
    lease.#cancelExpiry = context.clock.timerAt(context.clock.now() + options.claimTimeoutMs, () =>
      lease.#expire(),
    );
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
    if (this.#writer) return this.#writer;
    throw new JackfieldError(
      'ERR_INVALID_STATE',
      `The lease of ${this.#name} only receives; it has no player.`,
    );
  }

  get readClass(): ReadClass {
    return this.#readClass;
  }

  set readClass(readClass: ReadClass) {
    this.#readClass = oneOf('readClass', readClass, READ_CLASSES);
  }

  get stats(): LeaseStats {
    const sinks = this.#inlet.fanOut.totals;
    const taps = this.#taps.totals;
    return {
      bytesReceived: this.#inlet.bytes,
      samplesReceived: this.#inlet.received.position,
      trailingBytes: this.#inlet.carried,
      unheard: this.#inlet.fanOut.unheard,
      delivered: sinks.delivered + taps.delivered,
      dropped: sinks.dropped + taps.dropped,
      spilled: sinks.spilled + taps.spilled,
      bytesSent: this.#bytesSent,
      samplesSent: this.#writer?.position ?? 0,
      silenceFilled: this.#writer?.silenceFilled ?? 0,
      bytesIgnored: this.#bytesIgnored,
      refused: this.#refused,
      gaps: 0,
      gapMs: 0,
      jitterP50Ms: 0,
      jitterP99Ms: 0,
      bufferedMs: samplesToMs(sinks.buffered + taps.buffered, this.format),
    };
  }

  claimed(options: { signal?: AbortSignal } = {}): Promise<Peer> {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.off('state', check);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        stop();
        if (signal) reject(abortedError(`${this.#name} to be claimed`, signal));
      };
      const check = () => {
        if (this.#state.status === 'open') return;
        stop();
        if (this.#state.status === 'closed') reject(this.#neverClaimed(this.#state.reason));
        else resolve(this.#state.peer);
      };
      this.on('state', check);
      signal?.addEventListener('abort', onAbort);
      if (signal?.aborted) onAbort();
      else check();
    });
  }

  addSink(sink: PcmSink, options: SinkOptions = {}): SinkHandle {
    if (this.direction === 'send') throw this.#wrongDirection('only sends; use addSentTap()');
    this.#checkRunning('addSink');
    return this.#inlet.fanOut.add(sink, options);
  }

  addSentTap(sink: PcmSink, options: SinkOptions = {}): SinkHandle {
    if (this.direction === 'receive') throw this.#wrongDirection('only receives; use addSink()');
    this.#checkRunning('addSentTap');
    return this.#taps.add(sink, options);
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
    const cause = error ?? new JackfieldError('ERR_ABORTED', `The lease of ${this.#name} was aborted.`);
    this.#close({ kind: 'aborted', error: cause });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #name(): string {
    return `${this.object} ${this.stream}`;
  }

  async #admit(socket: Socket): Promise<void> {
    socket.on('error', () => {});
    const { peer, refused } = await this.#context.admit(socket);
    const why = refused ?? (this.#state.status === 'open' ? undefined : 'claimed');
    if (why === undefined) return this.#claim(socket, peer);
    socket.resetAndDestroy();
    this.#refused++;
    this.emit('refused', { peer, why });
  }

  #claim(socket: Socket, peer: Peer): void {
    this.#cancelExpiry();
    this.#connection = new Connection(socket, {
      data: (bytes) => this.#take(bytes),
      end: () => this.#end({ kind: 'peer-ended' }),
      drain: () => this.#writer?.unblock(),
      broken: (error) => this.#broken(error),
    });
    this.#move({ status: 'claimed', peer });
    this.#connection.resume();
    this.#startWriter();
  }

  #startWriter(): void {
    if (!this.#writer) return;
    const { timeline } = this.#options;
    if (timeline === undefined)
      this.#clockTimeline = new ClockTimeline(this.#context.clock, this.format.sampleRate);
    this.#writer.start(
      { write: (samples, position) => this.#send(samples, position), end: () => this.#sentAll() },
      timeline === 'received' ? this.received : (timeline ?? this.#clockTimeline ?? this.received),
    );
  }

  #take(bytes: Uint8Array): void {
    if (this.direction === 'send') {
      this.#bytesIgnored += bytes.length;
      return;
    }
    this.#inlet.take(bytes);
    this.#flow();
  }

  #send(samples: Int16Array, position: number): boolean {
    const bytes = bytesOf(samples);
    this.#bytesSent += bytes.length;
    const room = this.#connection?.write(bytes) ?? false;
    this.#taps.write(samples, position);
    this.#flow();
    return room;
  }

  #flow(): void {
    if (this.#state.status === 'claimed') this.#move({ status: 'flowing', peer: this.#state.peer });
  }

  /** The writer is through: nothing more will be sent. */
  #sentAll(): void {
    this.#clockTimeline?.end();
    const { state } = this;
    this.#taps.end('reason' in state ? closeError(state.reason) : undefined);
    this.#connection?.end(() => this.#through('flush'));
    this.#end({ kind: 'timeline-ended' });
  }

  /** No more comes in: delivers and flushes what is buffered, then closes. */
  #end(reason: CloseReason): void {
    const state = this.#state;
    if (state.status === 'open') {
      this.#close(reason);
      return;
    }
    if (state.status === 'draining' || state.status === 'closed') return;
    this.#remaining.add('sinks').add('taps').add('flush');
    this.#move({ status: 'draining', peer: state.peer, reason });
    this.#connection?.pause();
    this.#inlet.fanOut.end(closeError(reason));
    this.#inlet.received.end();
    if (!this.#writer) this.#sentAll();
    else if (reason.kind === 'peer-ended' && this.direction === 'both') this.#writer.drain();
    else this.#writer.end();
  }

  #through(part: Remainder): void {
    this.#remaining.delete(part);
    const state = this.#state;
    if (state.status === 'draining' && this.#remaining.size === 0) this.#close(state.reason);
  }

  #broken(cause: Error): void {
    const error = new JackfieldError(
      'ERR_PEER',
      `The peer of ${this.#name} broke the connection: ${cause.message}.`,
      {
        cause,
      },
    );
    this.#end({ kind: 'peer-reset', error });
    this.#writer?.end();
    this.#through('flush');
  }

  #expire(): void {
    const text = `Nobody connected to port ${this.port} for ${this.#name} within ${this.#options.claimTimeoutMs} ms.`;
    this.#close({ kind: 'unclaimed', error: new JackfieldError('ERR_TIMEOUT', text) });
  }

  #portLost(cause: Error): void {
    const text = `The port of ${this.#name} was lost: ${messageOf(cause)}.`;
    const error = new JackfieldError('ERR_PORT', text, { cause });
    if (this.#state.status === 'open') this.#close({ kind: 'port-lost', error });
  }

  #close(reason: CloseReason): void {
    if (this.#state.status === 'closed') return;
    this.#cancelExpiry();
    this.#move({ status: 'closed', reason });
    this.#listener?.close();
    this.#connection?.destroy();
    this.#inlet.received.end();
    this.#writer?.end();
    this.#clockTimeline?.end();
    const error = closeError(reason);
    for (const fanOut of [this.#inlet.fanOut, this.#taps]) fanOut.close(error);
    this.#settleClosed(reason);
  }

  #move(state: LeaseState): void {
    checkMove(this.#state.status, state.status);
    this.#state = state;
    this.emit('state', state);
    switch (state.status) {
      case 'open':
        return;
      case 'claimed':
        this.emit('claimed', state.peer);
        return;
      case 'flowing':
        this.emit('flowing');
        return;
      case 'draining':
        this.emit('draining', state.reason);
        return;
      case 'closed':
        this.emit('closed', state.reason);
        return;
      default:
        state satisfies never;
    }
  }

  #fanOutOwner(part: 'sinks' | 'taps'): FanOutOwner {
    return {
      pressed: (pressed) => this.#pressed(part, pressed),
      overflowed: (feed) => this.#overflowed(feed),
      failed: (feed, error) => this.emit('sink-failed', feed.name, error),
      drained: () => this.#through(part),
    };
  }

  #pressed(part: 'sinks' | 'taps', pressed: boolean): void {
    if (part === 'taps') this.#writer?.hold(pressed);
    else if (pressed) this.#connection?.pause();
    else if (this.#state.status === 'claimed' || this.#state.status === 'flowing') this.#connection?.resume();
  }

  #overflowed(feed: SinkFeed): void {
    this.emit('overflow', feed.name, feed.policy);
    if (feed.policy !== 'close') return;
    const text = `The sink ${JSON.stringify(feed.name)} of ${this.#name} could not keep up.`;
    this.#end({ kind: 'sink-overflow', error: new JackfieldError('ERR_SINK', text) });
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

  #neverClaimed(reason: CloseReason): Error {
    if (reason.kind === 'unclaimed') return reason.error;
    return new JackfieldError('ERR_CLOSED', `The lease of ${this.#name} was closed before it was claimed.`, {
      cause: closeError(reason),
    });
  }
}

/** Bytes of one sample of all channels. */
export function blockAlign(format: PcmFormat): number {
  return format.channels * BYTES_PER_SAMPLE;
}
