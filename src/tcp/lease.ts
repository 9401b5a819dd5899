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

/** The leased stream, named as in `ALTER CALL ... SET_x` (reference, "Voice Streams"). */
export type StreamKind = 'input' | 'output' | 'capture_mic';

/** A peer that was turned away, and why. */
export interface RefusedPeer {
  readonly peer: Peer;
  /**
   * `claimed`: the lease already has its connection. `not-allowed`: the address is not on the allow-list. `wrong-user`:
   * the socket belongs to another user. `unknown-user`: the owner of the socket could not be found. `limit`: the server
   * has reached `maxConnections`.
   */
  readonly why: 'claimed' | 'not-allowed' | 'wrong-user' | 'unknown-user' | 'limit';
}

/** Counters of one lease. */
export interface LeaseStats extends PcmStreamStats {
  /** Peers that were turned away. */
  readonly refused: number;
}

/** Events of a lease. Each state has an event of its name; `state` is emitted with each of them. */
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
   * Time between two reads of the connection in the `batched` class, in ms: 20 to 1000. Samples that were not read yet
   * are lost when this process is killed. A format that fills 32 KiB in less time is read more often. Default:
   * {@link PcmServerOptions.readIntervalMs}.
   */
  readIntervalMs?: number;
  /** Time that the lease waits for its connection, in ms: 1 to 3,600,000. Default 30,000. */
  claimTimeoutMs?: number;
  /** Port to listen on. Default: one of the server's range, or the system's choice. */
  port?: number;
  /**
   * Timeline that paces the sender. `received`: the samples that this lease receives. Default: the server's clock, from
   * the claim on.
   */
  timeline?: SampleTimeline | 'received';
  /**
   * Position on `timeline` at which position 0 of the sent samples lies. Default 0. See {@link Lease.timelineStart}.
   */
  timelineStart?: number;
  /** Lead of the sender over its timeline, in ms: 20 to 1000. Default 60. */
  leadMs?: number;
}

/** Brings the samples of a lease in place of a peer. Made by {@link Lease.feed}. */
export interface LeaseFeed {
  /**
   * Brings samples; the first one lies at `position` of the stream. Positions that are skipped count as lost on the
   * way, and the lease's sinks see the gap by the positions. Samples for an earlier position are ignored. The method
   * never waits: the events `held` and `released` of the lease tell the caller when to pause. Samples that are brought
   * between the two wait in memory.
   */
  write(samples: Int16Array, position: number): void;
  /** Ends the stream as if the peer had closed its side. With an error, it ends as if the connection had broken. */
  end(error?: Error): void;
}

/** A stream with its own listening port. The port is for one stream of one object, and one connection claims it. */
export interface Lease extends EventEmitter<LeaseEvents>, Omit<PcmStream, keyof EventEmitter> {
  /** The object that the stream belongs to, for example `CALL 14`. */
  readonly object: string;
  readonly stream: StreamKind;
  /** Addresses on which the port listens. */
  readonly hosts: readonly string[];
  readonly port: number;
  /**
   * Position on the pacing timeline at which position 0 of the sent samples lies. Set by
   * {@link LeaseOptions.timelineStart}.
   */
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
   * Claims the lease for this program, which then brings the samples itself. The port accepts no connection any more.
   * @throws ERR_INVALID_STATE on a lease that sends, is claimed, or is over.
   */
  feed(): LeaseFeed;
  close(): Promise<CloseReason>;
}

/** Anything that leases ports. */
export const SERVER = having('lease');
