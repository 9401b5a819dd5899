import { msToSamples } from '../../base/pcm.js';
import type { DelayNoise } from '../timing/delay-noise.js';
import type { DelayWindows } from '../timing/delay-windows.js';
import { LeastDelay } from '../timing/least-delay.js';
import type { UsualDelay } from '../timing/usual-delay.js';
import { OwedLoss } from './owed-loss.js';
import { readsOf, type TimedChunk } from './timed-chunk.js';

/** A stream that is later than this beyond its usual delay, in samples, is in doubt: 60 ms. */
export const DOUBT = msToSamples(60);
/** The same for what a batched reader brings: 100 ms. */
const DOUBT_BATCHED = msToSamples(100);
/**
 * Lost samples of less than {@link DOUBT} show in the least delay: of half a second where there are many, of some seconds
 * where there are few. All of it is seen early enough for a second of steady flow to be in place. The usual delay
 * follows the scale that `drifts`.
 */
const SCALES = [
  { bucketMs: 120, count: 4, tolerance: msToSamples(15), drifts: false },
  { bucketMs: 1000, count: 4, tolerance: msToSamples(7), drifts: true },
] as const;
/** After a hole, the stream shows for this long how much was lost at most, in ms. */
const SETTLING_MS = 1000;
/** Silence that was put in, and turned out to be a delay after all, is made up for from this on: a second. */
const SURPLUS = msToSamples(1000);

/** Parts of a {@link LossAccount}. */
export interface LossContext {
  readonly usual: UsualDelay;
  readonly noise: DelayNoise;
  readonly windows: DelayWindows;
}

/**
 * Keeps account of what a leg has lost, and of the silence that was put in for it. **Lost is what is never made up**:
 * how much was lost before a sample is the least delay of that sample and of all that follow, less the usual delay.
 *
 * Silence that was put in is never taken back: where too few reads show a loss, only what they show for sure is put in,
 * and {@link OwedLoss} finds the rest.
 */
export class LossAccount {
  readonly #usual: UsualDelay;
  readonly #noise: DelayNoise;
  readonly #windows: DelayWindows;
  readonly #scales = SCALES.map(({ bucketMs, count, tolerance, drifts }) => ({
    least: new LeastDelay(bucketMs, count),
    tolerance,
    drifts,
  }));
  #lost = 0;
  #opened = 0;
  #openedMs = Number.NEGATIVE_INFINITY;
  /** Silence of the newest loss that was not put in, as too few packets had shown it. */
  #owed: OwedLoss | undefined;

  constructor({ usual, noise, windows }: LossContext) {
    this.#usual = usual;
    this.#noise = noise;
    this.#windows = windows;
  }

  /** Silence that was put in, in samples: more than was lost where a loss looked longer at first. */
  get opened(): number {
    return this.#opened;
  }

  /** Least loss that a few reads can show, in samples. */
  get tolerance(): number {
    return SCALES[0].tolerance + this.#noise.samples;
  }

  /** Delay of a chunk beyond the usual delay, but for what was lost before it. */
  late({ delay }: TimedChunk): number {
    return this.#usual.beyond(delay) - this.#lost;
  }

  /** True when a chunk is so late that something may be lost. A batched reader may get all of a chunk late at once. */
  doubts(chunk: TimedChunk): boolean {
    return this.late(chunk) > Math.max(DOUBT, Math.min(DOUBT_BATCHED, chunk.count / 2));
  }

  leastLate(chunks: readonly TimedChunk[]): number {
    return Math.min(...chunks.map((chunk) => this.late(chunk)));
  }

  /** Samples lost before the first of these chunks: at least, since silence is not taken back, and at most. */
  lostBefore(chunks: readonly TimedChunk[]): { readonly least: number; readonly most: number } {
    const most = this.leastLate(chunks);
    // Chunks before which more was lost tell nothing of this loss.
    const telling = chunks.filter((chunk) => this.late(chunk) <= most + DOUBT);
    return { least: most - this.#noise.leastOf(readsOf(telling)), most };
  }

  /** Notes a loss, which may be as much as `most`; returns how much silence has to be put in for it. */
  open(lost: number, atMs: number, most = lost): number {
    this.#lost += lost;
    this.#owed = most - lost >= 1 ? new OwedLoss(most - lost) : undefined;
    for (const { least } of this.#scales) least.reset();
    this.#openedMs = atMs;
    const hole = Math.max(0, Math.round(this.#lost) - this.#opened);
    this.#opened += hole;
    return hole;
  }

  /** Takes notice of a chunk that has its place. Returns the silence that has to be put in before it. */
  note(chunk: TimedChunk): number {
    const { atMs, busyMs, delay } = chunk;
    const early = -this.late(chunk);
    this.#noise.noteDelay(delay);
    if (early > 0) this.#correct(early, atMs);
    this.#windows.note(atMs, busyMs, delay - this.#lost);
    return this.#surplus() + this.#rest(chunk) + this.#smallLosses(chunk);
  }

  /** Looks for losses that are too small to be seen in a few chunks. */
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

  /** Takes notice of a chunk that came earlier than it could: less was lost than it seemed, or the leg is faster. */
  #correct(early: number, atMs: number): void {
    if (this.#lost > 0 && (atMs - this.#openedMs < SETTLING_MS || early > SURPLUS)) {
      this.#lost = Math.max(0, this.#lost - early);
    } else if (this.#opened === 0) {
      this.#usual.shorten(early);
    }
  }

  /** The rest of a loss of which too little was seen at first, once enough has come since. */
  #rest(chunk: TimedChunk): number {
    const rest = this.#owed?.push(chunk.atMs, this.late(chunk));
    if (rest === undefined) return 0;
    this.#owed = undefined;
    return rest > 0 ? this.open(rest, chunk.atMs) : 0;
  }

  /** Silence of more than a second that was put in for nothing, negative: what follows belongs that much earlier. */
  #surplus(): number {
    const surplus = this.#opened - Math.round(this.#lost);
    if (surplus <= SURPLUS) return 0;
    this.#opened -= surplus;
    return -surplus;
  }
}
