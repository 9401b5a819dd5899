import type { EventEmitter } from 'node:events';
import { having } from '../base/check.js';
import type { FencedEvents } from '../base/fenced-emitter.js';
import type { PcmFormat, PcmSink } from '../base/pcm.js';
import type { Player } from '../stream/player.js';
import type { SampleTimeline } from '../stream/sample-timeline.js';
import type { FileSinkSpec, PcmChunk, SinkHandle, SinkOptions, SinkPolicy } from '../stream/sink.js';
import type { CloseReason, LeaseState, Peer } from './lease-state.js';

/** What the leased stream carries, in the words of `ALTER CALL ... SET_x` (reference, "Voice Streams"). */
export type StreamKind = 'input' | 'output' | 'capture_mic';

/** Which way samples go, seen from the server: it receives `output` and `capture_mic` and sends `input`. */
export type Direction = 'receive' | 'send' | 'both';

/**
 * How a connection is read. `batched`: the kernel's receive buffer is the queue and a timing wheel empties it a
 * few times a second; costs least. `immediate`: read as it comes, for whatever answers or must be heard live.
 */
export type ReadClass = 'batched' | 'immediate';

/** A peer that was turned away, and why. */
export interface RefusedPeer {
  readonly peer: Peer;
  /**
   * `claimed`: the lease has its connection. `not-allowed`: the address is not on the allow-list.
   * `wrong-user`: its socket belongs to another user. `unknown-user`: the owner could not be found out.
   * `limit`: the server has all the connections that it may have.
   */
  readonly why: 'claimed' | 'not-allowed' | 'wrong-user' | 'unknown-user' | 'limit';
}

/** Counters of one lease. Samples are per channel; they add up exactly, see docs/pcm-server.md. */
export interface LeaseStats {
  readonly bytesReceived: number;
  readonly samplesReceived: number;
  /** Whole frames of 20 ms among them. */
  readonly framesReceived: number;
  /** Bytes at the end of a stream that did not make up a whole sample. */
  readonly trailingBytes: number;
  /** Samples that came while the lease had no sink. */
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
  /** Bytes that came on a lease that only sends. */
  readonly bytesIgnored: number;
  readonly refused: number;
  /** Times that the stream fell behind real time by more than 100 ms from one read to the next, and for how long in all. */
  readonly gaps: number;
  readonly gapMs: number;
  /** How far the spacing of two reads is off the audio between them. */
  readonly jitterP50Ms: number;
  readonly jitterP99Ms: number;
  /** Audio that waits for sinks. */
  readonly bufferedMs: number;
  /** Times that the stream was held back for a sink that is waited for, and for how long in all. */
  readonly holds: number;
  readonly heldMs: number;
}

/** Notices of a lease. Each state has its own; `state` comes with all of them. */
export interface LeaseEvents extends FencedEvents {
  state: [state: LeaseState];
  claimed: [peer: Peer];
  flowing: [];
  draining: [reason: CloseReason];
  closed: [reason: CloseReason];
  refused: [refused: RefusedPeer];
  /** A sink threw. It was ended and removed; the stream goes on. */
  'sink-failed': [sink: string, error: Error];
  /** A sink has begun to lose samples under its policy, or (`spill`, `wait`) to go through its file. */
  overflow: [sink: string, policy: SinkPolicy];
  /**
   * The stream is held back: a sink whose policy is `wait` has no more room. `cause`: what keeps the file from being
   * used that its samples would spill to.
   */
  held: [sink: string, cause: unknown];
  /** It is not held back any more. */
  released: [];
}

export interface LeaseOptions {
  /** The object that the stream belongs to, as on the wire, for example `CALL 14`. One line, 1 to 200 characters. */
  object: string;
  stream: StreamKind;
  direction: Direction;
  /** Default {@link VOICE_FORMAT}. */
  format?: PcmFormat;
  /** Default `immediate` for a lease that sends, else `batched`. */
  readClass?: ReadClass;
  /**
   * How often the connection is read in the `batched` class, in ms: 20 to 1000. What is not read is lost where this
   * process is killed. A format that brings 32 KiB in less than that is read so much oftener. Default:
   * {@link PcmServerOptions.readIntervalMs}.
   */
  readIntervalMs?: number;
  /** How long the lease waits for its connection, in ms: 1 to 3,600,000. Default 30,000. */
  claimTimeoutMs?: number;
  /** A port of one's own choice. Default: one of the server's range, or the system's choice. */
  port?: number;
  /**
   * What paces the sender; `received`: what this lease itself receives. Default: the server's clock, from the claim.
   */
  timeline?: SampleTimeline | 'received';
  /** Position of `timeline` that is position 0 of what is sent. Default 0. */
  timelineStart?: number;
  /** How far the sender may be ahead of its timeline, in ms: 20 to 1000. Default 60. */
  leadMs?: number;
}

/**
 * One listening port for one stream of one object, claimed by one connection.
 *
 * Positions count samples per channel from the stream's first sample, in either direction.
 */
export interface Lease extends EventEmitter<LeaseEvents>, AsyncDisposable {
  readonly object: string;
  readonly stream: StreamKind;
  readonly direction: Direction;
  readonly format: PcmFormat;
  /** Addresses that the port is on. */
  readonly hosts: readonly string[];
  readonly port: number;
  readonly state: LeaseState;
  readonly stats: LeaseStats;
  /** How the connection is read; may be changed while the stream runs. */
  readClass: ReadClass;
  /** What was received so far, as a timeline that a sender can follow. */
  readonly received: SampleTimeline;
  /**
   * What sends.
   * @throws ERR_INVALID_STATE on a lease that only receives.
   */
  readonly player: Player;
  /** Settles with the end of the lease; never rejects. */
  readonly closed: Promise<CloseReason>;

  /**
   * Resolves when the connection is made.
   * @throws ERR_TIMEOUT when nobody connected in time, ERR_CLOSED when the lease was closed before, ERR_ABORTED.
   */
  claimed(options?: { signal?: AbortSignal }): Promise<Peer>;
  /**
   * Feeds what is received to `sink`, from the next sample on. A lease without sinks reads and counts.
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_INVALID_STATE on a lease that only sends or is over.
   */
  addSink(sink: PcmSink | FileSinkSpec, options?: SinkOptions): SinkHandle;
  /**
   * Feeds exactly what leaves to `sink`, silence included.
   * @throws ERR_INVALID_ARG, ERR_FILE, ERR_INVALID_STATE on a lease that only receives or is over.
   */
  addSentTap(sink: PcmSink | FileSinkSpec, options?: SinkOptions): SinkHandle;
  /**
   * What is received, for `for await`. Each array belongs to the caller. Ends with the stream; leaving the loop
   * removes the sink.
   * @throws the error that the stream ended with, ERR_ABORTED.
   */
  frames(options?: SinkOptions & { signal?: AbortSignal }): AsyncIterableIterator<PcmChunk>;
  /** Ends the stream: what the kernel has is read, sinks get all of it, what was written is flushed. Idempotent. */
  close(): Promise<CloseReason>;
  /** Ends the stream at once; what is buffered is lost and counted as dropped. */
  abort(error?: Error): void;
}

/** What leases ports. */
export const SERVER = having('lease');
