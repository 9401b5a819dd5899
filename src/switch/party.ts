import { having } from '../base/check.js';
import type { LineQuality } from '../base/line-quality.js';
import type { MadeUpReason } from '../base/made-up-reason.js';
import { BYTES_PER_SAMPLE, msToSamples, PTIME_MS } from '../base/pcm.js';

/** Samples that a conversation moves in one tick of 20 ms. */
export const FRAME_SAMPLES = msToSamples(PTIME_MS);
export const FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE;

/**
 * A stretch of what a party says that its line made up. `from` counts from the first sample of the newest frame: negative
 * for what was said before it. A later one for the same place takes the place of an earlier one.
 */
export interface MadeUp {
  readonly from: number;
  readonly samples: number;
  readonly reason: MadeUpReason;
}

/**
 * One end of a conversation, asked once a tick. Frames are 320 mono s16 samples at 16 kHz and
 * belong to the caller.
 */
export interface Party {
  /** Fills `frame` with what this party says during the tick. */
  speak(frame: Int16Array): void | Promise<void>;
  /** Stretches that have become known in this tick, asked after `speak`. Default: its line makes nothing up. */
  madeUp?(): readonly MadeUp[];
  /** Quality of its line so far. Default: it has none. */
  quality?(): LineQuality | undefined;
  /** Takes what all others said during the tick, and what of it was made up. */
  hear(frame: Int16Array, madeUp?: readonly MadeUp[]): void | Promise<void>;
  /** Returns true while the next frame is not whole, but the rest is on its way: the tick waits for up to 10 ms. Default: false. */
  isAwaited?(): boolean;
  /**
   * Returns the milliseconds by which `speak` could have come earlier, all the time lately, without missing a sample. Asked
   * after a tick that was on time; ticks are moved to just after the audio has come. Default: they stay where they are.
   */
  spareMs?(): number | undefined;
  /**
   * Called when it is taken out of its conversation for now: it is asked for nothing until it is in another. Default:
   * ignored.
   */
  pause?(): void;
  /** The conversation is over: flush what is under way, then let go of every socket and file. */
  leave(): Promise<void>;
}

/** Accepts a {@link Party}. */
export const PARTY = having('speak', 'hear', 'leave');

/** Adds `addend` to `sum`, clamped to 16 bits. */
export function mixInto(sum: Int16Array, addend: Int16Array): void {
  for (let i = 0; i < sum.length; i++) {
    sum[i] = Math.max(-32_768, Math.min(32_767, (sum[i] ?? 0) + (addend[i] ?? 0)));
  }
}
