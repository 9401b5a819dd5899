import type { PcmSource } from '../base/pcm.js';

export interface PlayOptions {
  /**
   * Position of the first sample, if it is still ahead and nothing else is playing then. Default: the next position.
   */
  at?: number;
  /**
   * Rule for times at which `source` has no samples ready. `silence`: silence is sent. `wait`: nothing is sent until
   * samples are ready, so the peer gets the same samples at any speed. Default `silence`.
   */
  underrun?: 'silence' | 'wait';
}

/** The end of a playback. Positions count samples per channel. */
export interface PlaybackReport {
  /**
   * Position of its first sample. For a playback that was removed before it began: the position of the sender at that
   * time.
   */
  readonly from: number;
  /** Position after its last sample. */
  readonly to: number;
  /** Samples of the source that were sent. */
  readonly played: number;
  readonly outcome: 'played' | 'cleared' | 'closed' | 'failed';
  /** Error that the source threw, when the outcome is `failed`. */
  readonly error?: Error;
}

/** One source in the player's queue. */
export interface Playback {
  /**
   * Resolves to the position of the first sample when it was sent. @throws ERR_CLOSED when it was removed before it
   * began.
   */
  readonly started: Promise<number>;
  /** Resolves when the playback has ended. Never rejects. */
  readonly finished: Promise<PlaybackReport>;
}

/**
 * Sends one continuous run of samples through a stream. Position 0 is the first sample ever sent. Playbacks are sent in
 * the order in which they were queued, with digital silence between them.
 */
export interface Player {
  /** Samples sent so far, which is the position of the next one. */
  readonly position: number;
  readonly paused: boolean;
  /**
   * Queues `source` behind the queued playbacks. An array is not copied: do not change it until the playback has
   * finished.
   * @throws ERR_INVALID_ARG, ERR_CLOSED when the lease is over.
   */
  play(source: Int16Array | PcmSource, options?: PlayOptions): Playback;
  /** Sends silence until {@link resume}; the queue keeps its place. */
  pause(): void;
  resume(): void;
  /** Removes everything unsent at once. Resolves to the number of samples that were ready and were not sent. */
  clear(): Promise<number>;
  /** Resolves when everything that is queued now was sent or cleared. The result is the position after it. */
  mark(): Promise<number>;
}
