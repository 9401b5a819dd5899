import { NoiseFloor, SILENT } from './noise-floor.js';
import { BANDS } from './voice-bands.js';

/** Frames after a frame that are analysed before it is decided on: 250 ms. */
export const LOOK_AHEAD = 25;
/** Frames whose powers are kept. */
const RING = LOOK_AHEAD + 3;
/**
 * Least excess over the noise at which speech begins, and at which it goes on, in dB: the mean over the bands, each
 * limited to 15 dB.
 */
const BEGIN_DB = 3.2;
const GO_ON_DB = 2.3;
const MOST = 10 ** 1.5;
const DB = 10 / Math.LN10;

/** Detects frames with speech by their power in bands, relative to an adaptive noise floor. */
export class SpeechFrames {
  readonly #floor = new NoiseFloor();
  /** Powers of the frames that are not decided on yet, and of those beside them, as a ring. */
  readonly #powers = new Float32Array(RING * BANDS);
  readonly #totals = new Float64Array(RING);
  #count = 0;
  #isSpeech = false;

  /** Mean excess over the noise of the frame that was decided on last, in dB. */
  excessDb = 0;

  /** Power of the noise, as a mean square. */
  get noise(): number {
    return this.#floor.total;
  }

  /** Takes the next frame. Returns true when the frame {@link LOOK_AHEAD} frames before it is speech. */
  take(powers: Float32Array, total: number): boolean {
    const slot = this.#count % RING;
    this.#powers.set(powers, slot * BANDS);
    this.#totals[slot] = total;
    this.#floor.take(powers, total);
    this.#count++;
    return this.#decide(this.#count - 1 - LOOK_AHEAD);
  }

  #decide(frame: number): boolean {
    if (frame < 0) return false;
    // The sum of the logarithms is computed as the logarithm of one product, which is 10^24 at most.
    let product = 1;
    if ((this.#totals[frame % RING] as number) >= SILENT) {
      const powers = this.#powers;
      const { bands } = this.#floor;
      const now = (frame % RING) * BANDS;
      const before = ((frame + RING - 1) % RING) * BANDS;
      const after = ((frame + 1) % RING) * BANDS;
      for (let band = 0; band < BANDS; band++) {
        const power =
          (powers[now + band] as number) +
          (powers[before + band] as number) +
          (powers[after + band] as number);
        const noise = 3 * (bands[band] as number);
        if (power > noise) product *= Math.min(MOST, power / noise);
      }
    }
    this.excessDb = product > 1 ? (DB / BANDS) * Math.log(product) : 0;
    this.#isSpeech = this.excessDb >= (this.#isSpeech ? GO_ON_DB : BEGIN_DB);
    return this.#isSpeech;
  }
}
