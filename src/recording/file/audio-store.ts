import type { LegEnds } from '../../stream/align/ledger.js';

/**
 * Stores the stereo samples of one recording as they arrive. Positions count from its beginning. After a kill it can be
 * read up to the last commit.
 */
export interface AudioStore {
  readonly path: string;
  /** Writes a stretch, or overwrites it with its newest samples. */
  write(samples: Int16Array, position: number): void | Promise<void>;
  /** Takes a stretch that will not change any more. Stretches come in order. */
  final(samples: Int16Array, position: number): void | Promise<void>;
  /** Marks everything up to `sampleCount` as written. */
  commit(sampleCount: number, legs: LegEnds): void | Promise<void>;
  /** @throws ERR_FILE when the file was deleted meanwhile. */
  checkPresence(): Promise<void>;
  /** Ends the file at `sampleCount`. After a failed commit that is at most the last committed position. */
  close(sampleCount: number, legs: LegEnds): Promise<void>;
}
