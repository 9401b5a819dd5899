import type { LegEnds } from '../../stream/align/ledger.js';

/**
 * Stores the stereo samples of one recording as they come. Positions count from its beginning. A store that was killed
 * can be read up to its last commit.
 */
export interface AudioStore {
  readonly path: string;
  /** The newest state of a stretch, which may have been written before. */
  write(samples: Int16Array, position: number): void | Promise<void>;
  /** A stretch that will not change any more; in order. */
  final(samples: Int16Array, position: number): void | Promise<void>;
  /** Everything up to `sampleCount` was written. */
  commit(sampleCount: number, legs: LegEnds): void | Promise<void>;
  /** @throws ERR_FILE when the file was deleted meanwhile. */
  checkPresence(): Promise<void>;
  /** Ends the file at `sampleCount`, which is not beyond what was committed, where the last commit failed. */
  close(sampleCount: number, legs: LegEnds): Promise<void>;
}
