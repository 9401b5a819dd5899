import type { FencedEvents } from '../base/listener/fenced-emitter.js';
import type { PcmFormat, PcmSink } from '../base/pcm.js';
import type { StreamGap } from './align/ledger.js';
import type { Player } from './player.js';
import type { SampleTimeline } from './sample-timeline.js';
import type { FileSinkSpec, PcmChunk, SinkHandle, SinkOptions, SinkPolicy } from './sink.js';

/** Direction of the samples as seen from this program: it receives `output` and `capture_mic`, and sends `input`. */
export type Direction = 'receive' | 'send' | 'both';

/**
 * Way of reading a stream. `batched`: samples wait in the kernel and are read a few times a second, at the lowest cost.
 * `immediate`: samples are read as they come, for programs that answer or listen live. A stream whose samples cannot
 * wait is always `immediate`.
 */
export type ReadClass = 'batched' | 'immediate';

/**
 * Reason for the end of a stream. Each kind of stream has its own kinds of reasons. `error` is set when it did not end
 * well.
 */
export interface StreamEnd {
  readonly kind: string;
  readonly error?: Error;
}

/**
 * Life of a stream.
 *
 * ```text
 * open ──> claimed ──> flowing ──> draining ──> closed
 *   └─────────┴───────────┴───────────────────────^
 * ```
 *
 * `open`: it waits for the other end. `claimed`: the other end is there, and no sample has passed. `flowing`: samples
 * pass. `draining`: no more samples come in, and what is buffered is being delivered or flushed. From `draining` on,
 * the state has a `reason`.
 */
export type PcmStreamState =
  | { readonly status: 'open' | 'claimed' | 'flowing' }
  | { readonly status: 'draining' | 'closed'; readonly reason: StreamEnd };

/** Counters of one stream. Samples are per channel; they add up exactly, see docs/pcm-server.md. */
export interface PcmStreamStats {
  readonly bytesReceived: number;
  readonly samplesReceived: number;
  /** Whole frames of 20 ms among them. */
  readonly framesReceived: number;
  /** Bytes at the end of a stream that did not form a whole sample. */
  readonly trailingBytes: number;
  /** Samples that came while the stream had no sink. */
  readonly unheard: number;
  /** Totals over all sinks, taps included. */
  readonly delivered: number;
  readonly dropped: number;
  readonly spilled: number;
  readonly bytesSent: number;
  readonly samplesSent: number;
  /** Whole frames of 20 ms among them. */
  readonly framesSent: number;
  /** Samples of silence among `samplesSent`, sent because nothing was to be played. */
  readonly silenceFilled: number;
  /** Bytes that came on a stream that only sends. */
  readonly bytesIgnored: number;
  /**
   * Number of gaps, and their total length: times at which the stream fell behind real time by more than 100 ms from
   * one read to the next.
   */
  readonly gaps: number;
  readonly gapMs: number;
  /** Difference between the time from one read to the next and the length of the audio that came, in ms. */
  readonly jitterP50Ms: number;
  readonly jitterP99Ms: number;
  /** Audio that waits for sinks. */
  readonly bufferedMs: number;
  /** Number of times that the stream was held back for a sink with the policy `wait`, and their total length. */
  readonly holds: number;
  readonly heldMs: number;
}

/** Events of a stream. `state` is emitted with each change of state. */
export interface PcmStreamEvents extends FencedEvents {
  state: [state: PcmStreamState];
  flowing: [];
  draining: [reason: StreamEnd];
  closed: [reason: StreamEnd];
  /** A sink threw. It was ended and removed; the stream goes on. */
  'sink-failed': [sink: string, error: Error];
  /** A sink has begun to lose samples under its policy, or (`spill`, `wait`) to use its spill file. */
  overflow: [sink: string, policy: SinkPolicy];
  /**
   * The stream is held back: a sink whose policy is `wait` has no more room. `cause`: the error for which its spill
   * file cannot be used, if there is one.
   */
  held: [sink: string, cause: unknown];
  /** The stream is not held back any more. */
  released: [];
}

/**
 * A stream of PCM from any source: a leased port of a {@link PcmServer}, or a line.
 *
 * Positions count samples per channel from the stream's first sample, in either direction.
 */
export interface PcmStream extends AsyncDisposable {
  readonly direction: Direction;
  readonly format: PcmFormat;
  readonly state: PcmStreamState;
  readonly stats: PcmStreamStats;
  /** Way of reading the stream. It may be changed while the stream runs. */
  readClass: ReadClass;
  /** The samples received so far, as a timeline that a sender can follow. */
  readonly received: SampleTimeline;
  /**
   * Sends audio.
   * @throws ERR_INVALID_STATE on a stream that only receives.
   */
  readonly player: Player;
  /** Settles with the end of the stream; never rejects. */
  readonly closed: Promise<StreamEnd>;

  /**
   * Feeds the received samples to `sink`, from the next sample on. A stream without sinks reads and counts its samples.
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_INVALID_STATE on a stream that only sends or is over.
   */
  addSink(sink: PcmSink | FileSinkSpec, options?: SinkOptions): SinkHandle;
  /**
   * Feeds `sink` exactly what is sent, including silence.
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_INVALID_STATE on a stream that only receives or is over.
   */
  addSentTap(sink: PcmSink | FileSinkSpec, options?: SinkOptions): SinkHandle;
  /**
   * Iterates over the received samples with `for await`. Each array belongs to the caller. The loop ends with the
   * stream; leaving it removes the sink.
   * @throws the error that the stream ended with, ERR_ABORTED.
   */
  frames(options?: SinkOptions & { signal?: AbortSignal }): AsyncIterableIterator<PcmChunk>;
  /**
   * Returns the stretches between two received positions that the stream itself left out, oldest first, where it knows
   * the reason: lost packets of a line, or silence that was not sent. Absent for streams that do not know such
   * stretches.
   */
  gapsBetween?(from: number, to: number): readonly StreamGap[];
  /**
   * Ends the stream gracefully. What was received before is read, sinks get all of it, and what was written is flushed.
   * Idempotent.
   */
  close(): Promise<StreamEnd>;
  /** Ends the stream at once. What is buffered is lost and counted as dropped. */
  abort(error?: Error): void;

  /** Adds a listener, as with an EventEmitter. */
  readonly on: Listen<PcmStreamEvents>;
  readonly once: Listen<PcmStreamEvents>;
  readonly off: Listen<PcmStreamEvents>;
}

/**
 * A method that takes each event of `Events` with its listener. An emitter with more events than these is assignable to
 * it, while its own type is not assignable to that of an emitter with fewer events.
 */
export type Listen<Events extends Record<keyof Events, unknown[]>> = All<
  { [E in keyof Events]: (event: E, listener: (...args: Events[E]) => void) => unknown }[keyof Events]
>;
type All<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer Each) => void
  ? Each
  : never;
