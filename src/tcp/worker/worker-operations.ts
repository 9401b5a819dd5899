import type { PlainError } from '../../base/system/thread-channel.js';
import type { ReadClass } from '../../stream/pcm-stream.js';
import type { PlaybackReport, PlayOptions } from '../../stream/player.js';
import type { FileSinkSpec, SinkOptions, SinkPolicy, SinkStats } from '../../stream/sink.js';
import type { LeaseOptions, RefusedPeer } from '../lease.js';
import type { CloseReason, LeaseState } from '../lease-state.js';
import type { ResolvedServerOptions } from '../server-options.js';
import type { ThreadHealth } from '../server-stats.js';

/** Id of a lease, sink, playback or timeline. The main thread assigns it. */
type Id = number;

export const SINK_STAT_KEYS = [
  'offered',
  'delivered',
  'dropped',
  'spilled',
  'buffered',
] as const satisfies readonly (keyof SinkStats)[];

export type WorkerSetup = Omit<ResolvedServerOptions, 'clock' | 'workers'>;

/**
 * Source that paces a sender in a worker: another lease there, the samples that the lease itself receives, or the main
 * thread.
 */
export type TimelineSource =
  | { readonly kind: 'lease'; readonly id: Id }
  | { readonly kind: 'received' }
  | { readonly kind: 'remote'; readonly id: Id; readonly position: number; readonly sampleRate: number };

export interface OpenLease {
  readonly id: Id;
  readonly options: Omit<LeaseOptions, 'timeline'>;
  readonly timeline: TimelineSource | undefined;
  readonly stats: SharedArrayBuffer;
}

export interface AddSink {
  readonly lease: Id;
  readonly id: Id;
  readonly tap: boolean;
  /** File to record to. Without one, samples are sent to the main thread. */
  readonly file: FileSinkSpec | undefined;
  /** True for a sink of the main thread that keeps its samples for a reader that comes later. */
  readonly keepsRest: boolean;
  readonly options: SinkOptions;
  readonly stats: SharedArrayBuffer;
}

export interface Play {
  readonly lease: Id;
  readonly id: Id;
  /** Samples to play. Without them, they are pulled from the main thread. */
  readonly samples: Int16Array | undefined;
  readonly options: PlayOptions;
}

/** A close reason with its error as plain data. */
export interface PlainReason {
  readonly kind: CloseReason['kind'];
  readonly error: PlainError | undefined;
}

export type PlainState =
  | Exclude<LeaseState, { reason: CloseReason }>
  | {
      readonly status: 'draining';
      readonly peer: Extract<LeaseState, { status: 'draining' }>['peer'];
      readonly reason: PlainReason;
    }
  | { readonly status: 'closed'; readonly reason: PlainReason };

/** Requests of the main thread to a worker. */
export type WorkerOperations = {
  open(params: OpenLease): { port: number };
  close(params: { lease: Id }): void;
  abort(params: { lease: Id; message: string | undefined }): void;
  /** Claims a lease for the main thread, which brings its samples. */
  feed(params: { lease: Id }): void;
  bring(params: { lease: Id; samples: Int16Array; position: number }): void;
  endFeed(params: { lease: Id; error: PlainError | undefined }): void;
  setReadClass(params: { lease: Id; readClass: ReadClass }): void;
  /** Makes the worker send `advanced` from now on. */
  follow(params: { lease: Id }): void;
  advanceTimeline(params: { id: Id; position: number; ended: boolean }): void;
  addSink(params: AddSink): void;
  removeSink(params: { id: Id }): void;
  play(params: Play): void;
  setPaused(params: { lease: Id; paused: boolean }): void;
  clear(params: { lease: Id }): number;
  mark(params: { lease: Id }): number;
  health(params: undefined): ThreadHealth;
  /** Closes every lease and releases what the worker holds. */
  shutDown(params: undefined): void;
};

/** Notices and requests of a worker to the main thread. */
export type MainOperations = {
  state(params: { lease: Id; state: PlainState }): void;
  refused(params: { lease: Id; refused: RefusedPeer }): void;
  overflow(params: { lease: Id; sink: string; policy: SinkPolicy }): void;
  held(params: { lease: Id; sink: string; cause: PlainError | undefined }): void;
  released(params: { lease: Id }): void;
  sinkFailed(params: { lease: Id; sink: string; error: PlainError }): void;
  sinkDone(params: { id: Id; error: PlainError | undefined }): void;
  advanced(params: { lease: Id; position: number; ended: boolean }): void;
  started(params: { id: Id; position: number }): void;
  finished(params: { id: Id; report: PlaybackReport }): void;
  limit(params: undefined): void;
  writeSink(params: { id: Id; samples: Int16Array; position: number }): void;
  endSink(params: { id: Id; error: PlainError | undefined }): void;
  /** The next samples of a source; undefined when it has ended. */
  pull(params: { id: Id }): Int16Array | undefined;
  stopSource(params: { id: Id }): void;
};
