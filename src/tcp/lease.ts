import type { EventEmitter } from 'node:events';
import { having } from '../base/check.js';
import type { PcmFormat } from '../base/pcm.js';
import type {
  Direction,
  PcmStream,
  PcmStreamEvents,
  PcmStreamStats,
  ReadClass,
} from '../stream/pcm-stream.js';
import type { SampleTimeline } from '../stream/sample-timeline.js';
import type { CloseReason, LeaseState, Peer } from './lease-state.js';

/** The stream that is leased, in the words of `ALTER CALL ... SET_x` (reference, "Voice Streams"). */
export type StreamKind = 'input' | 'output' | 'capture_mic';

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

/** Counters of one lease. */
export interface LeaseStats extends PcmStreamStats {
  /** Peers that were turned away. */
  readonly refused: number;
}

/** Notices of a lease. Each state has its own; `state` comes with all of them. */
export interface LeaseEvents extends PcmStreamEvents {
  state: [state: LeaseState];
  claimed: [peer: Peer];
  draining: [reason: CloseReason];
  closed: [reason: CloseReason];
  refused: [refused: RefusedPeer];
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
   * Time between two reads of the connection in the `batched` class, in ms: 20 to 1000. Samples that are not read yet
   * are lost when this process is killed. A format that brings 32 KiB in less time is read more often. Default:
   * {@link PcmServerOptions.readIntervalMs}.
   */
  readIntervalMs?: number;
  /** Time that the lease waits for its connection, in ms: 1 to 3,600,000. Default 30,000. */
  claimTimeoutMs?: number;
  /** A port of one's own choice. Default: one of the server's range, or the system's choice. */
  port?: number;
  /**
   * Paces the sender; `received`: by the samples that this lease receives. Default: the server's clock, from the claim.
   */
  timeline?: SampleTimeline | 'received';
  /** Position of `timeline` that is position 0 of what is sent. Default 0. See {@link Lease.timelineStart}. */
  timelineStart?: number;
  /** Lead of the sender over its timeline, in ms: 20 to 1000. Default 60. */
  leadMs?: number;
}

/** Brings the samples of a lease in place of a peer. Made by {@link Lease.feed}. */
export interface LeaseFeed {
  /**
   * Brings samples, of which the first lies at `position` of the stream. What is passed over was lost on the way: the
   * lease's sinks see that by the positions. Samples for a position that has passed are left out. Nothing holds the
   * caller back but the lease's events `held` and `released`: what is brought between them waits in memory.
   */
  write(samples: Int16Array, position: number): void;
  /** Ends the stream: as a peer that closes its side; with an error, as a connection that breaks. */
  end(error?: Error): void;
}

/**
 * A stream with a port of its own: one listening port for one stream of one object, claimed by one connection.
 */
export interface Lease extends EventEmitter<LeaseEvents>, Omit<PcmStream, keyof EventEmitter> {
  /** The object that the stream belongs to, for example `CALL 14`. */
  readonly object: string;
  readonly stream: StreamKind;
  /** Addresses that the port is on. */
  readonly hosts: readonly string[];
  readonly port: number;
  /** {@link LeaseOptions.timelineStart}: where position 0 of what is sent lies on the timeline that paces it. */
  readonly timelineStart: number;
  readonly state: LeaseState;
  readonly stats: LeaseStats;
  readonly closed: Promise<CloseReason>;

  /**
   * Resolves when the connection is made.
   * @throws ERR_TIMEOUT when nobody connected in time, ERR_CLOSED when the lease was closed before, ERR_ABORTED.
   */
  claimed(options?: { signal?: AbortSignal }): Promise<Peer>;
  /**
   * Claims the lease for this program, which then brings the samples itself: nobody connects to the port any more.
   * @throws ERR_INVALID_STATE on a lease that sends, is claimed, or is over.
   */
  feed(): LeaseFeed;
  close(): Promise<CloseReason>;
}

/** Anything that leases ports. */
export const SERVER = having('lease');
