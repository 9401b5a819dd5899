import { checkArgument, instance, whole } from '../base/check.js';
import { deferred } from '../base/deferred.js';
import { JackfieldError } from '../base/errors.js';
import { FencedEmitter } from '../base/listener/fenced-emitter.js';
import {
  msToSamples,
  type PcmFormat,
  type PcmSink,
  PTIME_MS,
  samplesToMs,
  VOICE_FORMAT,
} from '../base/pcm.js';
import type { Clock } from '../base/time/clock.js';
import type { StreamGap } from './align/ledger.js';
import type {
  PcmStream,
  PcmStreamEvents,
  PcmStreamState,
  PcmStreamStats,
  ReadClass,
  StreamEnd,
} from './pcm-stream.js';
import type { Player } from './player.js';
import { BufferBudget } from './receive/buffer-budget.js';
import { framesOf } from './receive/frames-of.js';
import { checkFeeding } from './receive/sink-options.js';
import { StreamInlet } from './receive/stream-inlet.js';
import type { SampleTimeline } from './sample-timeline.js';
import type { FileSinkSpec, PcmChunk, SinkHandle, SinkOptions } from './sink.js';

const POSITION = whole(0, Number.MAX_SAFE_INTEGER);

/** Most bytes that may wait for all sinks of one stream: minutes of voice. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Most gaps whose names are kept. They are asked for soon after. */
const MAX_GAPS = 4096;
const ERROR = instance(Error);

/**
 * A stream that receives samples from this program, such as those of a line's packets or of a socket with another
 * protocol. It cannot be held back: a slow sink spills or loses samples by its policy, and `wait` spills as it does
 * beside other sinks.
 */
export class FedStream extends FencedEmitter<PcmStreamEvents> implements PcmStream {
  readonly direction = 'receive';
  readonly format: PcmFormat;
  /** Read class that the feeder is asked for. A feeder that has only one way brings samples as they come. */
  readClass: ReadClass = 'immediate';
  readonly closed: Promise<StreamEnd>;
  readonly #clock: Clock;
  readonly #inlet: StreamInlet;
  readonly #closed = deferred<StreamEnd>();
  readonly #gaps: StreamGap[] = [];
  #state: PcmStreamState = { status: 'claimed' };

  /** @param clock Gives samples their time of arrival. */
  constructor(clock: Clock, format: PcmFormat = VOICE_FORMAT) {
    super();
    this.#clock = clock;
    this.format = format;
    this.closed = this.#closed.promise;
    this.#inlet = new StreamInlet(format, new BufferBudget(MAX_BYTES, () => undefined), {
      pressed: (feed) => void (feed ? this.emit('held', feed.name, feed.fileError) : this.emit('released')),
      drained: () => this.#drained(),
      overflowed: (feed) => void this.emit('overflow', feed.name, feed.policy),
      failed: (feed, error) => void this.emit('sink-failed', feed.name, error),
    });
  }

  get state(): PcmStreamState {
    return this.#state;
  }

  get stats(): PcmStreamStats {
    const { fanOut, arrivals, bytes, samples, carried } = this.#inlet;
    const { delivered, dropped, spilled, buffered } = fanOut.totals;
    return {
      bytesReceived: bytes,
      samplesReceived: samples,
      framesReceived: Math.floor(samples / msToSamples(PTIME_MS, this.format)),
      trailingBytes: carried,
      unheard: fanOut.unheard,
      delivered,
      dropped,
      spilled,
      bufferedMs: samplesToMs(buffered, this.format),
      ...{
        bytesSent: 0,
        samplesSent: 0,
        framesSent: 0,
        silenceFilled: 0,
        bytesIgnored: 0,
        holds: 0,
        heldMs: 0,
      },
      gaps: arrivals.gaps,
      gapMs: arrivals.gapMs,
      jitterP50Ms: arrivals.jitter.percentile(0.5),
      jitterP99Ms: arrivals.jitter.percentile(0.99),
    };
  }

  get received(): SampleTimeline {
    return this.#inlet.received;
  }

  /** @throws ERR_INVALID_STATE. */
  get player(): Player {
    throw onlyReceives('player');
  }

  /** True until the stream ends. */
  get running(): boolean {
    return this.#state.status !== 'draining' && this.#state.status !== 'closed';
  }

  /**
   * Brings samples; the first one lies at `position`, which must not be before the end of what has come. Positions in
   * between were lost, and the sinks see the gap by the positions. The samples need to be valid only during the call.
   * Does nothing when the stream has ended.
   */
  write(samples: Int16Array, position: number): void {
    if (!this.running || samples.length === 0) return;
    if (this.#state.status !== 'flowing') this.#move({ status: 'flowing' });
    this.#inlet.take(samples, position, this.#clock.now());
  }

  /** Names a stretch that {@link write} will leave out. To be called before that write. */
  leaveOut(gap: StreamGap): void {
    this.#gaps.push(gap);
    if (this.#gaps.length > MAX_GAPS) this.#gaps.shift();
  }

  gapsBetween(from: number, to: number): readonly StreamGap[] {
    checkArgument('from', from, POSITION);
    checkArgument('to', to, POSITION);
    return this.#gaps.filter((gap) => gap.from < to && gap.from + gap.samples > from);
  }

  /** Ends the stream. Sinks get what waits for them. */
  end(reason: StreamEnd): void {
    if (!this.running) return;
    this.#move({ status: 'draining', reason });
    this.#inlet.received.end();
    this.#inlet.fanOut.end(reason.error);
  }

  addSink(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    checkFeeding(sink, options);
    if (!this.running) {
      const text = `addSink() on a stream that is ${this.#state.status}; add sinks before it ends.`;
      throw new JackfieldError('ERR_INVALID_STATE', text);
    }
    return this.#inlet.fanOut.add(sink, options);
  }

  addSentTap(sink: PcmSink | FileSinkSpec, options: SinkOptions = {}): SinkHandle {
    checkFeeding(sink, options);
    throw onlyReceives('addSentTap()');
  }

  frames(options: SinkOptions & { signal?: AbortSignal } = {}): AsyncIterableIterator<PcmChunk> {
    return framesOf(this, options);
  }

  close(): Promise<StreamEnd> {
    this.end({ kind: 'closed' });
    return this.closed;
  }

  abort(error?: Error): void {
    if (this.#state.status === 'closed') return;
    if (error !== undefined) checkArgument('error', error, ERROR);
    const reason = {
      kind: 'aborted',
      error: error ?? new JackfieldError('ERR_ABORTED', 'The stream was aborted.'),
    };
    if (this.running) this.#move({ status: 'draining', reason });
    this.#inlet.received.end();
    this.#inlet.fanOut.close(reason.error);
    this.#drained();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #drained(): void {
    const state = this.#state;
    if (state.status !== 'draining') return;
    this.#move({ status: 'closed', reason: state.reason });
    this.#closed.resolve(state.reason);
  }

  #move(state: PcmStreamState): void {
    this.#state = state;
    this.emit('state', state);
    if (state.status === 'flowing') this.emit('flowing');
    else if (state.status === 'draining' || state.status === 'closed') this.emit(state.status, state.reason);
  }
}

function onlyReceives(what: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', `The stream only receives: there is no ${what}.`);
}
