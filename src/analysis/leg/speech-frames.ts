import { BANDS } from './voice-bands.js';

/** Frames after a frame that are looked at before it is decided on: 250 ms. */
export const LOOK_AHEAD = 25;
/** Frames of a part of the time in which the softest moment is looked for, and the parts: two seconds. */
const PART = 25;
const PARTS = 8;
/** Share of the frames before in the smoothed power whose least value is the noise. */
const SMOOTHING = 0.6;
/** By how much the mean of noise lies above the least that it comes to, as a ratio of powers. */
const BIAS = 2;
/** Power of a frame below which it is silent (-75 dBFS), and the part of a band in it. */
const SILENT = 10 ** -7.5;
const LEAST = SILENT / BANDS;
/**
 * Until a second of sound was heard, no more than this is taken for noise (-48 dBFS), unless the sound is steady: somebody
 * may have begun to speak at once.
 */
const FIRST_FLOOR = 10 ** -4.8 / BANDS;
const LEARNING = 100;
/** Mean power of steady sound over its least, as a ratio: 4 dB. */
const STEADY = 2.5;
const STEADY_FRAMES = 15;
/** Frames after silence whose window still has some of it. */
const EDGE = 4;
/** Excess over the noise at which speech begins and goes on, in dB, as the mean over bands of up to 15 dB each. */
const BEGIN_DB = 3.2;
const GO_ON_DB = 2.3;
const MOST = 10 ** 1.5;
const DB = 10 / Math.LN10;

/**
 * Tells frames with speech from others by their power in bands over a noise floor that adapts: in each band the least
 * power of the last two seconds, silence that a line puts in left out.
 */
export class SpeechFrames {
  readonly #smooth = new Float64Array(BANDS);
  /** Least power of each band in each part of the time; the last one is the part that is being filled. */
  readonly #least = Array.from({ length: PARTS + 1 }, () =>
    new Float64Array(BANDS).fill(Number.POSITIVE_INFINITY),
  );
  readonly #floor = new Float64Array(BANDS).fill(LEAST);
  /** Powers of the frames that are not decided on, and of the one before them, as a ring. */
  readonly #powers = Array.from({ length: LOOK_AHEAD + 3 }, () => new Float64Array(BANDS));
  readonly #totals = new Float64Array(LOOK_AHEAD + 3);
  #count = 0;
  #heard = 0;
  /** Sum and least of the powers while it learns. */
  #sum = 0;
  #softest = Number.POSITIVE_INFINITY;
  #isLearned = false;
  #sinceSilence = 0;
  #isSpeech = false;

  /** Power of the noise, as a mean square. */
  noise = SILENT;
  /** Mean excess over the noise of the frame that was decided on last, in dB. */
  excessDb = 0;

  /** Takes the next frame; returns the decision on the one {@link LOOK_AHEAD} frames before. */
  take(powers: Float64Array, total: number): boolean {
    const slot = this.#count % this.#powers.length;
    this.#powers[slot]?.set(powers);
    this.#totals[slot] = total;
    this.#learn(powers, total);
    this.#count++;
    return this.#decide(this.#count - 1 - LOOK_AHEAD);
  }

  #learn(powers: Float64Array, total: number): void {
    if (this.#count % PART === 0) {
      const oldest = this.#least.shift() as Float64Array<ArrayBuffer>;
      this.#least.push(oldest.fill(Number.POSITIVE_INFINITY));
    }
    if (total < SILENT) {
      this.#sinceSilence = 0;
    } else if (++this.#sinceSilence >= EDGE) {
      if (++this.#heard < LEARNING) {
        this.#sum += total;
        this.#softest = Math.min(this.#softest, total);
      }
      const isFirst = this.#sinceSilence === EDGE;
      const keep = isFirst ? 0 : SMOOTHING;
      const least = this.#least[PARTS] as Float64Array;
      for (let band = 0; band < BANDS; band++) {
        const smooth = keep * (this.#smooth[band] as number) + (1 - keep) * (powers[band] as number);
        this.#smooth[band] = smooth;
        if (!isFirst && smooth < (least[band] as number)) least[band] = smooth;
      }
    }
    if (this.#count % 5 === 4) this.#settle();
  }

  /** Takes the noise of each band from the parts of the time. */
  #settle(): void {
    const isSteady = this.#heard >= STEADY_FRAMES && this.#sum <= STEADY * this.#softest * this.#heard;
    if (isSteady || this.#heard >= LEARNING) this.#isLearned = true;
    const most = this.#isLearned ? Number.POSITIVE_INFINITY : FIRST_FLOOR;
    let sum = 0;
    for (let band = 0; band < BANDS; band++) {
      let least = Number.POSITIVE_INFINITY;
      for (const part of this.#least) if ((part[band] as number) < least) least = part[band] as number;
      // Nothing but silence for two seconds: the noise stays as it was.
      if (least < Number.POSITIVE_INFINITY) this.#floor[band] = Math.max(LEAST, Math.min(most, least * BIAS));
      sum += this.#floor[band] as number;
    }
    this.noise = sum;
  }

  #decide(frame: number): boolean {
    if (frame < 0) return false;
    const ring = this.#powers.length;
    const now = this.#powers[frame % ring] as Float64Array;
    const before = this.#powers[(frame + ring - 1) % ring] as Float64Array;
    const after = this.#powers[(frame + 1) % ring] as Float64Array;
    // The sum of logarithms is that of one product: up to 10^24.
    let product = 1;
    if ((this.#totals[frame % ring] as number) >= SILENT) {
      for (let band = 0; band < BANDS; band++) {
        const power = (now[band] as number) + (before[band] as number) + (after[band] as number);
        const ratio = power / (3 * (this.#floor[band] as number));
        if (ratio > 1) product *= ratio < MOST ? ratio : MOST;
      }
    }
    this.excessDb = product > 1 ? (DB / BANDS) * Math.log(product) : 0;
    this.#isSpeech = this.excessDb >= (this.#isSpeech ? GO_ON_DB : BEGIN_DB);
    return this.#isSpeech;
  }
}
