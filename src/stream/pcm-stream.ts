import type { FencedEvents } from '../base/listener/fenced-emitter.js';
import type { PcmFormat, PcmSink } from '../base/pcm.js';
import type { StreamGap } from './align/ledger.js';
import type { Player } from './player.js';
import type { SampleTimeline } from './sample-timeline.js';
import type { FileSinkSpec, PcmChunk, SinkHandle, SinkOptions, SinkPolicy } from './sink.js';

/** The way that samples go, seen from this program: it receives `output` and `capture_mic`, and sends `input`. */
export type Direction = 'receive' | 'send' | 'both';

/**
 * The way in which a stream is read. `batched`: samples wait and are read a few times a second, which costs least.
 * `immediate`: samples are read as they come, for programs that answer or listen live. A stream that cannot wait is
 * always `immediate`.
 */
export type ReadClass = 'batched' | 'immediate';

/** The reason that a stream ended for. Each kind of stream names its own; `error` is set where it did not end well. */
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
 * `open`: the other end is awaited. `claimed`: it is there, and no sample has passed. `flowing`: samples pass.
 * `draining`: no more come in, and what is buffered is being delivered or flushed. From there on it has a `reason`.
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
  /** Bytes at the end of a stream that did not make up a whole sample. */
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
  /** Of `samplesSent`, those that were silence because nothing was to be played. */
  readonly silenceFilled: number;
  /** Bytes that came on a stream that only sends. */
  readonly bytesIgnored: number;
  /** Times that the stream fell behind real time by more than 100 ms from one read to the next, and for how long in all. */
  readonly gaps: number;
  readonly gapMs: number;
  /** Difference between the time from one read to the next and the length of the audio that came, in ms. */
  readonly jitterP50Ms: number;
  readonly jitterP99Ms: number;
  /** Audio that waits for sinks. */
  readonly bufferedMs: number;
  /** Times that the stream was held back for a sink that is waited for, and for how long in all. */
  readonly holds: number;
  readonly heldMs: number;
}

/** Notices of a stream. `state` comes with each change of it. */
export interface PcmStreamEvents extends FencedEvents {
  state: [state: PcmStreamState];
  flowing: [];
  draining: [reason: StreamEnd];
  closed: [reason: StreamEnd];
  /** A sink threw. It was ended and removed; the stream goes on. */
  'sink-failed': [sink: string, error: Error];
  /** A sink has begun to lose samples under its policy, or (`spill`, `wait`) to go through its file. */
  overflow: [sink: string, policy: SinkPolicy];
  /**
   * The stream is held back: a sink whose policy is `wait` has no more room. `cause`: what keeps the file from being
   * used that its samples would spill to.
   */
  held: [sink: string, cause: unknown];
  /** The stream is not held back any more. */
  released: [];
}

/**
 * A stream of PCM, whatever brings it: a leased port of a {@link PcmServer}, or a line.
 *
 * Positions count samples per channel from the stream's first sample, in either direction.
 */
export interface PcmStream extends AsyncDisposable {
  readonly direction: Direction;
  readonly format: PcmFormat;
  readonly state: PcmStreamState;
  readonly stats: PcmStreamStats;
  /** The way in which the stream is read; may be changed while it runs. */
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
   * Feeds what is received to `sink`, from the next sample on. A stream without sinks reads and counts.
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_INVALID_STATE on a stream that only sends or is over.
   */
  addSink(sink: PcmSink | FileSinkSpec, options?: SinkOptions): SinkHandle;
  /**
   * Feeds exactly what leaves to `sink`, silence included.
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_INVALID_STATE on a stream that only receives or is over.
   */
  addSentTap(sink: PcmSink | FileSinkSpec, options?: SinkOptions): SinkHandle;
  /**
   * The received samples, for `for await`. Each array belongs to the caller. Ends with the stream; leaving the loop
   * removes the sink.
   * @throws the error that the stream ended with, ERR_ABORTED.
   */
  frames(options?: SinkOptions & { signal?: AbortSignal }): AsyncIterableIterator<PcmChunk>;
  /**
   * Stretches between two positions of what is received that the stream has left out itself, oldest first, where it knows
   * why: packets of a line that were lost, silence that was not sent. Absent for streams that know none.
   */
  gapsBetween?(from: number, to: number): readonly StreamGap[];
  /** Ends the stream: what was received before is read, sinks get all of it, what was written is flushed. Idempotent. */
  close(): Promise<StreamEnd>;
  /** Ends the stream at once; what is buffered is lost and counted as dropped. */
  abort(error?: Error): void;

  /** Listening, as with an EventEmitter. */
  readonly on: Listen<PcmStreamEvents>;
  readonly once: Listen<PcmStreamEvents>;
  readonly off: Listen<PcmStreamEvents>;
}

/**
 * A method that takes each event of `Events` with its listener: an EventEmitter that has more events than these has it
 * too, which would not be one of fewer.
 */
export type Listen<Events extends Record<keyof Events, unknown[]>> = All<
  { [E in keyof Events]: (event: E, listener: (...args: Events[E]) => void) => unknown }[keyof Events]
>;
type All<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer Each) => void
  ? Each
  : never;
