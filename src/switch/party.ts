import { having } from '../base/check.js';
import type { LineQuality } from '../base/line-quality.js';
import type { MadeUpReason } from '../base/made-up-reason.js';
import { BYTES_PER_SAMPLE, msToSamples, PTIME_MS } from '../base/pcm.js';

/** Samples that a conversation moves in one tick of 20 ms. */
export const FRAME_SAMPLES = msToSamples(PTIME_MS);
export const FRAME_BYTES = FRAME_SAMPLES * BYTES_PER_SAMPLE;

/**
 * Stretch of the audio of a party that its line made up. `from` counts from the first sample of the newest frame; it is
 * negative for earlier audio. A later report for the same samples replaces an earlier one.
 */
export interface MadeUp {
  readonly from: number;
  readonly samples: number;
  readonly reason: MadeUpReason;
}

/**
 * One end of a conversation, called once a tick. Frames are 320 mono s16 samples at 16 kHz, and belong to the caller.
 */
export interface Party {
  /** Fills `frame` with the audio of this party in the tick. */
  speak(frame: Int16Array): void | Promise<void>;
  /** Returns the made-up stretches that have become known in this tick. Called after `speak`. Default: none. */
  madeUp?(): readonly MadeUp[];
  /** Returns the quality of its line so far. Default: unknown. */
  quality?(): LineQuality | undefined;
  /** Takes the audio of all others in the tick, and which of it was made up. */
  hear(frame: Int16Array, madeUp?: readonly MadeUp[]): void | Promise<void>;
  /**
   * Returns true while the next frame is incomplete and the rest is on its way. The tick waits for it up to 10 ms.
   * Default: false.
   */
  isAwaited?(): boolean;
  /**
   * Returns the milliseconds by which each recent `speak` could have come earlier without missing a sample. Called
   * after a tick that was on time. Ticks are then moved to just after the audio has come. Default: they are not moved.
   */
  spareMs?(): number | undefined;
  /**
   * Called when the party leaves a conversation for a while. It is not called again until it is in another one.
   * Default: ignored.
   */
  pause?(): void;
  /** Ends the party: flushes its audio, then closes all sockets and files. */
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
