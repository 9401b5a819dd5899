import { BANDS } from './voice-bands.js';

/** Frames after a frame that are analysed before it is decided on: 250 ms. */
export const LOOK_AHEAD = 25;
/** Frames of a part, and number of parts, of the time in which the softest moment is searched: two seconds. */
const PART = 25;
const PARTS = 8;
/** Share of the old value in the smoothed power. The least smoothed power is the noise. */
const SMOOTHING = 0.6;
/** Ratio of the mean power of noise to its least smoothed power. */
const BIAS = 2;
/** Power below which a frame is silent (-75 dBFS), and the share of one band in it. */
const SILENT = 10 ** -7.5;
const LEAST = SILENT / BANDS;
/**
 * Highest noise until a second of sound was heard (-48 dBFS), unless the sound is steady. A call may begin with speech.
 */
const FIRST_FLOOR = 10 ** -4.8 / BANDS;
const LEARNING = 100;
/** Greatest ratio of the mean power of steady sound to its least power: 4 dB. */
const STEADY = 2.5;
const STEADY_FRAMES = 15;
/** Frames after silence whose window still overlaps it. */
const EDGE = 4;
/**
 * Least excess over the noise at which speech begins, and at which it goes on, in dB: the mean over the bands, each
 * limited to 15 dB.
 */
const BEGIN_DB = 3.2;
const GO_ON_DB = 2.3;
const MOST = 10 ** 1.5;
const DB = 10 / Math.LN10;

/**
 * Detects frames with speech by their power in bands, relative to an adaptive noise floor. The floor of a band is its
 * least power in the last two seconds, without exact silence that a line inserts.
 */
export class SpeechFrames {
  readonly #smooth = new Float64Array(BANDS);
  /** Least power of each band in each part of the time. The last entry is the current part. */
  readonly #least = Array.from({ length: PARTS + 1 }, () =>
    new Float64Array(BANDS).fill(Number.POSITIVE_INFINITY),
  );
  readonly #floor = new Float64Array(BANDS).fill(LEAST);
  /** Powers of the frames that are not decided on yet, and of the one before them, as a ring. */
  readonly #powers = Array.from({ length: LOOK_AHEAD + 3 }, () => new Float64Array(BANDS));
  readonly #totals = new Float64Array(LOOK_AHEAD + 3);
  #count = 0;
  #heard = 0;
  /** Sum and least of the powers in the first second of sound. */
  #sum = 0;
  #softest = Number.POSITIVE_INFINITY;
  #isLearned = false;
  #sinceSilence = 0;
  #isSpeech = false;

  /** Power of the noise, as a mean square. */
  noise = SILENT;
  /** Mean excess over the noise of the frame that was decided on last, in dB. */
  excessDb = 0;

  /** Takes the next frame. Returns true when the frame {@link LOOK_AHEAD} frames before it is speech. */
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

  /** Computes the noise of each band from the parts. */
  #settle(): void {
    const isSteady = this.#heard >= STEADY_FRAMES && this.#sum <= STEADY * this.#softest * this.#heard;
    if (isSteady || this.#heard >= LEARNING) this.#isLearned = true;
    const most = this.#isLearned ? Number.POSITIVE_INFINITY : FIRST_FLOOR;
    let sum = 0;
    for (let band = 0; band < BANDS; band++) {
      let least = Number.POSITIVE_INFINITY;
      for (const part of this.#least) if ((part[band] as number) < least) least = part[band] as number;
      // After two seconds of nothing but silence the noise stays as it was.
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
    // The sum of the logarithms is computed as the logarithm of one product, which is 10^24 at most.
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
