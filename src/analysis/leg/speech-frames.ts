import { BANDS } from './voice-bands.js';

/** Frames after a frame that are analysed before it is decided on: 250 ms. */
export const LOOK_AHEAD = 25;
/** Frames whose powers are kept. */
const RING = LOOK_AHEAD + 3;
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
  /** Least power of each band: in each complete part, as a ring; in all of them; and in the current part. */
  readonly #parts = new Float64Array(PARTS * BANDS).fill(Number.POSITIVE_INFINITY);
  readonly #past = new Float64Array(BANDS).fill(Number.POSITIVE_INFINITY);
  readonly #least = new Float64Array(BANDS).fill(Number.POSITIVE_INFINITY);
  readonly #floor = new Float64Array(BANDS).fill(LEAST);
  /** Powers of the frames that are not decided on yet, and of those beside them, as a ring. */
  readonly #powers = new Float32Array(RING * BANDS);
  readonly #totals = new Float64Array(RING);
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
  take(powers: Float32Array, total: number): boolean {
    const slot = this.#count % RING;
    this.#powers.set(powers, slot * BANDS);
    this.#totals[slot] = total;
    this.#learn(powers, total);
    this.#count++;
    return this.#decide(this.#count - 1 - LOOK_AHEAD);
  }

  #learn(powers: Float32Array, total: number): void {
    if (this.#count % PART === 0) this.#beginPart();
    if (total < SILENT) {
      this.#sinceSilence = 0;
    } else if (++this.#sinceSilence >= EDGE) {
      if (++this.#heard < LEARNING) {
        this.#sum += total;
        this.#softest = Math.min(this.#softest, total);
      }
      const isFirst = this.#sinceSilence === EDGE;
      const keep = isFirst ? 0 : SMOOTHING;
      const least = this.#least;
      for (let band = 0; band < BANDS; band++) {
        const smooth = keep * (this.#smooth[band] as number) + (1 - keep) * (powers[band] as number);
        this.#smooth[band] = smooth;
        if (!isFirst && smooth < (least[band] as number)) least[band] = smooth;
      }
    }
    if (this.#count % 5 === 4) this.#settle();
  }

  #beginPart(): void {
    const parts = this.#parts;
    parts.set(this.#least, ((this.#count / PART) % PARTS) * BANDS);
    this.#least.fill(Number.POSITIVE_INFINITY);
    for (let band = 0; band < BANDS; band++) {
      let least = Number.POSITIVE_INFINITY;
      for (let at = band; at < parts.length; at += BANDS) least = Math.min(least, parts[at] as number);
      this.#past[band] = least;
    }
  }

  /** Computes the noise of each band from the parts. */
  #settle(): void {
    const isSteady = this.#heard >= STEADY_FRAMES && this.#sum <= STEADY * this.#softest * this.#heard;
    if (isSteady || this.#heard >= LEARNING) this.#isLearned = true;
    const most = this.#isLearned ? Number.POSITIVE_INFINITY : FIRST_FLOOR;
    let sum = 0;
    for (let band = 0; band < BANDS; band++) {
      const least = Math.min(this.#past[band] as number, this.#least[band] as number);
      // After two seconds of nothing but silence the noise stays as it was.
      if (least < Number.POSITIVE_INFINITY) this.#floor[band] = Math.max(LEAST, Math.min(most, least * BIAS));
      sum += this.#floor[band] as number;
    }
    this.noise = sum;
  }

  #decide(frame: number): boolean {
    if (frame < 0) return false;
    // The sum of the logarithms is computed as the logarithm of one product, which is 10^24 at most.
    let product = 1;
    if ((this.#totals[frame % RING] as number) >= SILENT) {
      const powers = this.#powers;
      const now = (frame % RING) * BANDS;
      const before = ((frame + RING - 1) % RING) * BANDS;
      const after = ((frame + 1) % RING) * BANDS;
      for (let band = 0; band < BANDS; band++) {
        const power =
          (powers[now + band] as number) +
          (powers[before + band] as number) +
          (powers[after + band] as number);
        const noise = 3 * (this.#floor[band] as number);
        if (power > noise) product *= Math.min(MOST, power / noise);
      }
    }
    this.excessDb = product > 1 ? (DB / BANDS) * Math.log(product) : 0;
    this.#isSpeech = this.excessDb >= (this.#isSpeech ? GO_ON_DB : BEGIN_DB);
    return this.#isSpeech;
  }
}
