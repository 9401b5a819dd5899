import { msToSamples } from '../../base/pcm.js';
import type { DelayNoise } from '../timing/delay-noise.js';
import type { DelayWindows } from '../timing/delay-windows.js';
import type { UsualDelay } from '../timing/usual-delay.js';
import { WindowedMinimum } from '../timing/windowed-minimum.js';
import { OwedLoss } from './owed-loss.js';
import { readsOf, type TimedChunk } from './timed-chunk.js';

/** Lateness beyond the usual delay from which on a stream is in doubt, in samples: 60 ms. */
export const DOUBT = msToSamples(60);
/** The same for what a batched reader brings: 100 ms. */
const DOUBT_BATCHED = msToSamples(100);
/**
 * Time scales on which losses of less than {@link DOUBT} are found. They show in the least delay: a larger loss within
 * half a second, a smaller one within some seconds. Both are found early enough for a second of steady flow to be
 * placed right. The usual delay follows the scale that `drifts`.
 */
const SCALES = [
  { bucketMs: 120, count: 4, tolerance: msToSamples(15), drifts: false },
  { bucketMs: 1000, count: 4, tolerance: msToSamples(7), drifts: true },
] as const;
/** Time after a hole during which the stream shows how much was lost at most, in ms. */
const SETTLING_MS = 1000;
/** Surplus of inserted silence from which on it is taken back, in samples: a second. The loss was a delay after all. */
const SURPLUS = msToSamples(1000);

/** Parts of a {@link LossAccount}. */
export interface LossContext {
  readonly usual: UsualDelay;
  readonly noise: DelayNoise;
  readonly windows: DelayWindows;
}

/**
 * Keeps account of what a leg has lost, and of the silence that was inserted for it. **A delay that is never made up is
 * a loss**: the amount lost before a sample is the least delay of that sample and of all that follow, minus the usual
 * delay.
 *
 * Inserted silence of up to a second is never taken back. So when too few reads show a loss, only the amount that they
 * show for certain is inserted, and {@link OwedLoss} finds the rest.
 */
export class LossAccount {
  readonly #usual: UsualDelay;
  readonly #noise: DelayNoise;
  readonly #windows: DelayWindows;
  readonly #scales = SCALES.map(({ bucketMs, count, tolerance, drifts }) => ({
    least: new WindowedMinimum(bucketMs, count),
    tolerance,
    drifts,
  }));
  #lost = 0;
  #opened = 0;
  #openedMs = Number.NEGATIVE_INFINITY;
  /** Part of the newest loss that was not inserted, because too few packets had shown it. */
  #owed: OwedLoss | undefined;

  constructor({ usual, noise, windows }: LossContext) {
    this.#usual = usual;
    this.#noise = noise;
    this.#windows = windows;
  }

  /** Inserted silence, in samples. It is more than was lost when a loss looked longer at first. */
  get opened(): number {
    return this.#opened;
  }

  /** Smallest loss that a few reads can show, in samples. */
  get tolerance(): number {
    return SCALES[0].tolerance + this.#noise.samples;
  }

  /** Delay of a chunk beyond the usual delay, without the part that was lost before it. */
  late({ delay }: TimedChunk): number {
    return this.#usual.beyond(delay) - this.#lost;
  }

  /** True when a chunk is so late that something may be lost. A batched reader may get a whole chunk late at once. */
  doubts(chunk: TimedChunk): boolean {
    return this.late(chunk) > Math.max(DOUBT, Math.min(DOUBT_BATCHED, chunk.count / 2));
  }

  leastLate(chunks: readonly TimedChunk[]): number {
    return Math.min(...chunks.map((chunk) => this.late(chunk)));
  }

  /**
   * Estimates the samples lost before the first of these chunks. `least` is the amount that is certain, since silence
   * is not taken back.
   */
  lostBefore(chunks: readonly TimedChunk[]): { readonly least: number; readonly most: number } {
    const most = this.leastLate(chunks);
    // Chunks that follow a further loss tell nothing about this one.
    const telling = chunks.filter((chunk) => this.late(chunk) <= most + DOUBT);
    return { least: most - this.#noise.leastOf(readsOf(telling)), most };
  }

  /** Notes a loss, which may be as much as `most`. Returns the silence to insert for it, in samples. */
  open(lost: number, atMs: number, most = lost): number {
    this.#lost += lost;
    this.#owed = most - lost >= 1 ? new OwedLoss(most - lost) : undefined;
    for (const { least } of this.#scales) least.reset();
    this.#openedMs = atMs;
    const hole = Math.max(0, Math.round(this.#lost) - this.#opened);
    this.#opened += hole;
    return hole;
  }

  /** Notes a chunk that has its place. Returns the silence to insert before it, in samples. */
  note(chunk: TimedChunk): number {
    const { atMs, busyMs, delay } = chunk;
    const early = -this.late(chunk);
    this.#noise.noteDelay(delay);
    if (early > 0) this.#correct(early, atMs);
    this.#windows.note(atMs, busyMs, delay - this.#lost);
    return this.#surplus() + this.#rest(chunk) + this.#smallLosses(chunk);
  }

  /** Finds losses that are too small to show in a few chunks. Returns the silence to insert, in samples. */
  #smallLosses({ atMs, delay }: TimedChunk): number {
    let hole = 0;
    for (const scale of this.#scales) {
      const least = scale.least.push(atMs, delay - this.#lost);
      if (!least) continue;
      const late = this.#usual.beyond(least.all);
      if (late > scale.tolerance + this.#noise.samples)
        hole += this.open(late + least.newest - least.all, atMs);
      else if (!this.#owed && scale.drifts) this.#usual.follow(late);
    }
    return hole;
  }

  /**
   * Handles a chunk that came earlier than expected: less was lost than it seemed, or the leg's usual delay is shorter.
   */
  #correct(early: number, atMs: number): void {
    if (this.#lost > 0 && (atMs - this.#openedMs < SETTLING_MS || early > SURPLUS)) {
      this.#lost = Math.max(0, this.#lost - early);
    } else if (this.#opened === 0) {
      this.#usual.shorten(early);
    }
  }

  /** Returns the silence for the rest of a loss that was too small at first, when enough has come to show it. */
  #rest(chunk: TimedChunk): number {
    const rest = this.#owed?.push(chunk.atMs, this.late(chunk));
    if (rest === undefined) return 0;
    this.#owed = undefined;
    return rest > 0 ? this.open(rest, chunk.atMs) : 0;
  }

  /**
   * Returns the inserted silence that was not lost, as a negative number, when it is more than a second: what follows
   * belongs that much earlier. Otherwise returns 0.
   */
  #surplus(): number {
    const surplus = this.#opened - Math.round(this.#lost);
    if (surplus <= SURPLUS) return 0;
    this.#opened -= surplus;
    return -surplus;
  }
}
