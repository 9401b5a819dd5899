import type { PcmSource } from '../base/pcm.js';

export interface PlayOptions {
  /** Position of the first sample, where that is still ahead and nothing else is playing then. Default: the next one. */
  at?: number;
  /**
   * Fills the time in which `source` has no samples ready with `silence`, or sends nothing until it has (`wait`: the
   * peer waits, and gets the same samples at any speed). Default `silence`.
   */
  underrun?: 'silence' | 'wait';
}

/** The end of a playback. Positions count samples per channel. */
export interface PlaybackReport {
  /** Position of its first sample, or where the sender was when it was removed before it began. */
  readonly from: number;
  /** Position after its last sample. */
  readonly to: number;
  /** Samples of the source that were sent. */
  readonly played: number;
  readonly outcome: 'played' | 'cleared' | 'closed' | 'failed';
  /** The error that the source threw, where the outcome is `failed`. */
  readonly error?: Error;
}

/** One source in the player's queue. */
export interface Playback {
  /** Position of the first sample, once it has left. @throws ERR_CLOSED when it was removed before it began. */
  readonly started: Promise<number>;
  /** Never rejects. */
  readonly finished: Promise<PlaybackReport>;
}

/**
 * Sends one line of samples through a stream; position 0 is the first sample ever sent. Playbacks are sent in the
 * order in which they were queued, with digital silence between them.
 */
export interface Player {
  /** Samples sent so far, which is the position of the next one. */
  readonly position: number;
  readonly paused: boolean;
  /**
   * Queues `source` after what is queued. An array is not copied: leave it alone until the playback has finished.
   * @throws ERR_INVALID_ARG, ERR_CLOSED when the lease is over.
   */
  play(source: Int16Array | PcmSource, options?: PlayOptions): Playback;
  /** Sends silence until {@link resume}; the queue keeps its place. */
  pause(): void;
  resume(): void;
  /** Removes everything unsent at once; resolves to the number of samples that were ready and did not leave. */
  clear(): Promise<number>;
  /** Resolves, when all that is queued now has left or was cleared, to the position after it. */
  mark(): Promise<number>;
}
