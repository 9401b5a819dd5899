import { JackfieldError } from '../../base/errors.js';
import { msToSamples, type PcmFormat, PTIME_MS, samplesToMs } from '../../base/pcm.js';
import type { ReadClass } from '../../stream/pcm-stream.js';
import type { SinkFeed, SinkNotices } from '../../stream/receive/sink-feed.js';
import { StreamInlet } from '../../stream/receive/stream-inlet.js';
import { ClockTimeline } from '../../stream/send/clock-timeline.js';
import { StreamOutlet } from '../../stream/send/stream-outlet.js';
import type { LeaseStats } from '../lease.js';
import type { LeaseContext } from '../lease-context.js';
import { leaseName } from '../lease-guards.js';
import type { ResolvedLeaseOptions } from '../lease-options.js';
import { type CloseReason, closeError } from '../lease-state.js';
import type { Accepted } from '../read/accepted.js';
import { type ConnectionEvents, PeerConnection, readIntervalOf } from '../read/peer-connection.js';
import { FlowEnding, type Remainder } from './flow-ending.js';
import { HoldMeter } from './hold-meter.js';
import { PeerWatch, type WatchedPeer } from './peer-watch.js';

/** The lease that a flow belongs to. */
export interface StreamFlowOwner extends SinkNotices {
  /** Called when the first samples or bytes pass. */
  passing(): void;
  /** Called when the stream has to end. The lease then calls {@link StreamFlow.finish}, unless it has already ended. */
  ending(reason: CloseReason): void;
  /** Called after {@link StreamFlow.finish} when everything is delivered and flushed. */
  finished(): void;
  /** Reports the sink that holds the stream back; undefined when no sink does any more. */
  held(feed: SinkFeed | undefined): void;
}

/** Reasons after which no more samples can come in. */
const LOST: ReadonlySet<CloseReason['kind']> = new Set(['peer-ended', 'peer-reset', 'peer-idle']);

/** Moves the samples of a lease: from its connection to its sinks, and from its player to its connection. */
export class StreamFlow implements ConnectionEvents, WatchedPeer {
  readonly inlet: StreamInlet;
  readonly outlet: StreamOutlet | undefined;
  readonly #options: ResolvedLeaseOptions;
  readonly #context: LeaseContext;
  readonly #owner: StreamFlowOwner;
  readonly #ending = new FlowEnding();
  /** Times for which a sink held back what is received, and a tap what is sent. */
  readonly #holds = { received: new HoldMeter(), sent: new HoldMeter() };
  #connection: PeerConnection | undefined;
  #watch: PeerWatch | undefined;
  #clockTimeline: ClockTimeline | undefined;
  #readClass: ReadClass;
  #passing = false;
  #bytesIgnored = 0;

  constructor(options: ResolvedLeaseOptions, context: LeaseContext, owner: StreamFlowOwner) {
    this.#options = options;
    this.#context = context;
    this.#owner = owner;
    this.#readClass = options.readClass;
    const { format, direction } = options;
    const notices: SinkNotices = {
      overflowed: (feed) => this.#overflowed(feed),
      failed: (feed, error) => owner.failed(feed, error),
    };
    this.inlet = new StreamInlet(format, context.budget, {
      pressed: (feed) => this.#hold(feed),
      drained: () => this.#through('sinks'),
      changed: () => this.#connection?.readEach(this.#readIntervalMs),
      ...notices,
    });
    if (direction === 'receive') return;
    this.outlet = new StreamOutlet(format, options, context.budget, {
      pressed: (feed) => {
        this.#measure(this.#holds.sent, feed);
        owner.held(feed);
      },
      sent: () => this.#pass(),
      ended: () => this.#sentAll(),
      drained: () => this.#through('taps'),
      ...notices,
    });
  }

  get readClass(): ReadClass {
    return this.#readClass;
  }

  set readClass(readClass: ReadClass) {
    this.#readClass = readClass;
    this.#read();
  }

  get stats(): Omit<LeaseStats, 'refused'> {
    const { inlet, outlet } = this;
    const sinks = inlet.fanOut.totals;
    const taps = outlet?.taps.totals ?? { delivered: 0, dropped: 0, spilled: 0, buffered: 0 };
    const samplesSent = outlet?.player.position ?? 0;
    const { received, sent } = this.#holds;
    const { format } = this.#options;
    const now = this.#context.clock.now();
    return {
      bytesReceived: inlet.bytes,
      samplesReceived: inlet.samples,
      framesReceived: framesIn(inlet.samples, format),
      trailingBytes: inlet.carried,
      unheard: inlet.fanOut.unheard,
      delivered: sinks.delivered + taps.delivered,
      dropped: sinks.dropped + taps.dropped,
      spilled: sinks.spilled + taps.spilled,
      bufferedMs: samplesToMs(sinks.buffered + taps.buffered, format),
      holds: received.holds + sent.holds,
      heldMs: received.totalMs(now) + sent.totalMs(now),
      bytesSent: outlet?.bytes ?? 0,
      samplesSent,
      framesSent: framesIn(samplesSent, format),
      silenceFilled: outlet?.player.silenceFilled ?? 0,
      bytesIgnored: this.#bytesIgnored,
      gaps: inlet.arrivals.gaps,
      gapMs: inlet.arrivals.gapMs,
      jitterP50Ms: inlet.arrivals.jitter.percentile(0.5),
      jitterP99Ms: inlet.arrivals.jitter.percentile(0.99),
    };
  }

  /** Takes the connection. Nothing is read from it yet. */
  connect(accepted: Accepted): void {
    const { keepAliveMs } = this.#context;
    if (keepAliveMs > 0) accepted.keepAlive(keepAliveMs);
    this.#connection = new PeerConnection(accepted, this.#context.readPlan, this.#readIntervalMs, this);
    this.#watch = new PeerWatch(accepted, this.#options, this.#context, this);
  }

  /** Begins to receive and to send. */
  start(): void {
    this.#read();
    if (this.#connection && !this.#ending.isOver) this.#send(this.#connection);
  }

  /** Delivers and flushes what is buffered, in this process and in the kernel. */
  finish(reason: CloseReason): void {
    this.#ending.finish(closeError(reason), this.outlet ? ['sinks', 'taps', 'flush'] : ['sinks']);
    if (LOST.has(reason.kind) || !this.#connection) this.#receivedAll();
    else this.#connection.drain(() => this.#receivedAll());
    if (reason.kind === 'peer-ended' && this.#options.direction === 'both') this.outlet?.player.drain();
    else this.outlet?.player.end();
  }

  /** Ends at once and drops what is buffered. For a stream that is already over, releases what it holds. */
  destroy(reason: CloseReason): void {
    this.#ending.destroy(closeError(reason));
    this.#watch?.stop();
    this.#connection?.destroy();
    this.outlet?.player.end();
    this.inlet.received.end();
    this.inlet.fanOut.close(this.#ending.error);
    this.outlet?.taps.close(this.#ending.error);
  }

  data(buffer: Uint8Array, start: number, end: number, headroom: number): void {
    if (this.#options.direction === 'send') {
      this.#bytesIgnored += end - start;
      return;
    }
    this.#pass();
    this.inlet.receive(buffer, start, end, headroom, this.#context.clock.now());
  }

  /** Takes samples from this program instead of a connection. */
  bring(samples: Int16Array, position: number): void {
    if (!this.#ending.isOpen) return;
    const { inlet } = this;
    const late = Math.max(0, inlet.received.position - position);
    if (late >= samples.length) return;
    this.#pass();
    inlet.take(samples.subarray(late), position + late, this.#context.clock.now());
  }

  /** Ends the samples of {@link bring}. */
  endOfFeed(error: Error | undefined): void {
    if (!this.#ending.isOpen) return;
    if (!error) {
      this.#owner.ending({ kind: 'peer-ended' });
      return;
    }
    const ended =
      error instanceof JackfieldError
        ? error
        : new JackfieldError('ERR_PEER', error.message, { cause: error });
    this.#lost({ kind: 'peer-reset', error: ended });
  }

  get room(): number {
    return this.inlet.room;
  }

  get sends(): boolean {
    return this.outlet !== undefined;
  }

  get passed(): number | undefined {
    // A peer that is held back cannot send.
    if (this.#holds.received.isHeld) return undefined;
    return this.inlet.bytes + this.#bytesIgnored + (this.outlet?.bytes ?? 0);
  }

  gone(reason: CloseReason): void {
    this.#lost(reason);
  }

  drained(): void {
    this.outlet?.player.unblock();
  }

  ended(): void {
    this.#owner.ending({ kind: 'peer-ended' });
  }

  broken(cause: Error): void {
    const text = `The peer of ${leaseName(this.#options)} closed the connection with an error: ${cause.message}.`;
    this.#lost({ kind: 'peer-reset', error: new JackfieldError('ERR_PEER', text, { cause }) });
  }

  /** Ends a stream whose connection is lost: nothing comes in or goes out any more, and nothing is flushed. */
  #lost(reason: CloseReason): void {
    this.#owner.ending(reason);
    this.#receivedAll();
    this.outlet?.player.end();
    this.#through('flush');
  }

  #send(connection: PeerConnection): void {
    if (!this.outlet) return;
    const { timeline, format } = this.#options;
    if (timeline === undefined) {
      const { clock, paceWheel } = this.#context;
      this.#clockTimeline = new ClockTimeline(clock, paceWheel, format.sampleRate);
      this.outlet.start(connection, this.#clockTimeline);
    } else {
      this.outlet.start(connection, timeline === 'received' ? this.inlet.received : timeline);
    }
  }

  #pass(): void {
    if (this.#passing) return;
    this.#passing = true;
    this.#owner.passing();
  }

  get #readIntervalMs(): number {
    const { format, readIntervalMs = this.#context.readIntervalMs } = this.#options;
    return readIntervalOf(format, readIntervalMs, this.inlet.fanOut.onlyFiles);
  }

  #read(): void {
    if (!this.#holds.received.isHeld && !this.#ending.isOver) this.#connection?.read(this.#readClass);
  }

  #hold(feed: SinkFeed | undefined): void {
    this.#measure(this.#holds.received, feed);
    if (feed) this.#connection?.pause();
    else this.#read();
    this.#owner.held(feed);
  }

  #measure(meter: HoldMeter, feed: SinkFeed | undefined): void {
    const now = this.#context.clock.now();
    if (feed) meter.begin(now);
    else meter.end(now);
  }

  #overflowed(feed: SinkFeed): void {
    this.#owner.overflowed(feed);
    if (feed.policy !== 'close') return;
    const text = `The sink ${JSON.stringify(feed.name)} of ${leaseName(this.#options)} could not keep up.`;
    const error = new JackfieldError('ERR_SINK', text);
    feed.abort(error);
    this.#owner.ending({ kind: 'sink-overflow', error });
  }

  #receivedAll(): void {
    this.inlet.received.end();
    this.inlet.fanOut.end(this.#ending.error);
  }

  /** Called when the last sample has left. Delivers what waits for the taps, and flushes what was written. */
  #sentAll(): void {
    this.#clockTimeline?.end();
    this.#owner.ending({ kind: 'timeline-ended' });
    this.outlet?.taps.end(this.#ending.error);
    this.#connection?.end(() => this.#through('flush'));
  }

  #through(part: Remainder): void {
    if (this.#ending.through(part)) this.#owner.finished();
  }
}

function framesIn(samples: number, format: PcmFormat): number {
  return Math.floor(samples / msToSamples(PTIME_MS, format));
}
