import { BANDS } from './voice-bands.js';

/** Power below which a frame is silent (-75 dBFS), and the share of one band in it. */
export const SILENT = 10 ** -7.5;
const LEAST = SILENT / BANDS;
/** Frames of a part, and number of parts, of the time in which the softest moment is searched: two seconds. */
const PART = 25;
const PARTS = 8;
/** Share of the old value in the smoothed power. The least smoothed power is the noise. */
const SMOOTHING = 0.6;
/** Ratio of the mean power of noise to its least smoothed power. */
const BIAS = 2;
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
 * Learns the noise of each band: its least power in the last two seconds, without exact silence that a line inserts.
 */
export class NoiseFloor {
  readonly #smooth = new Float64Array(BANDS);
  /** Least power of each band: in each complete part, as a ring; in all of them; and in the current part. */
  readonly #parts = new Float64Array(PARTS * BANDS).fill(Number.POSITIVE_INFINITY);
  readonly #past = new Float64Array(BANDS).fill(Number.POSITIVE_INFINITY);
  readonly #least = new Float64Array(BANDS).fill(Number.POSITIVE_INFINITY);
  #count = 0;
  #heard = 0;
  /** Sum and least of the powers in the first second of sound. */
  #sum = 0;
  #softest = Number.POSITIVE_INFINITY;
  #isLearned = false;
  #sinceSilence = 0;

  /** Power of the noise in each band. */
  readonly bands = new Float64Array(BANDS).fill(LEAST);
  /** Power of the noise in all bands, as a mean square. */
  total = SILENT;

  /** Takes the powers of the next frame. */
  take(powers: Float32Array, total: number): void {
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
    this.#count++;
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
      if (least < Number.POSITIVE_INFINITY) this.bands[band] = Math.max(LEAST, Math.min(most, least * BIAS));
      sum += this.bands[band] as number;
    }
    this.total = sum;
  }
}
