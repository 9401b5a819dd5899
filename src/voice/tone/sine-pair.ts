import { DTMF_ROWS, type DtmfDigit, dtmfKey } from './dtmf.js';
import type { DtmfWindow } from './dtmf-window.js';

/** A sine over {@link TRACK_SLICES} slices, compared with a sine of its nominal frequency. */
export interface SineTrack {
  /** Phase in the middle of the track, minus that of a nominal cosine that began with the stream, in radians. */
  readonly lead: number;
  /** Growth of the lead from slice to slice, in radians: the error of the frequency. */
  readonly drift: number;
  /** Phase at a position of the stream, as that of a cosine, in radians. */
  phaseAt(position: number): number;
}

/** Slices over which a sine is tracked: 25 ms. A digit is reported after this many. */
export const TRACK_SLICES = 10;

const HALF = TRACK_SLICES / 2;

/**
 * Follows the two sines of a digit from the sums of a window. A slice is too short to separate a row from a column by
 * its sums alone. Least squares separate them. Since cosines and sines are taken about the middle of a slice, each can
 * be solved by itself.
 */
export class SinePair {
  readonly #window: DtmfWindow;
  readonly #row: number;
  readonly #column: number;

  constructor(window: DtmfWindow, digit: DtmfDigit) {
    const { row, column } = dtmfKey(digit);
    this.#window = window;
    this.#row = row;
    this.#column = DTMF_ROWS.length + column;
  }

  /** Tracks the row and the column over the slices from `first` on, all of which must hold the tone. */
  track(first: number): readonly [SineTrack, SineTrack] {
    return [this.#track(this.#row, this.#column, first), this.#track(this.#column, this.#row, first)];
  }

  #track(f: number, other: number, first: number): SineTrack {
    const { sliceLength } = this.#window;
    const early = this.#lead(f, other, first);
    const turned = wrapAngle(this.#lead(f, other, first + HALF) - early);
    const lead = early + turned / 2;
    const drift = turned / HALF;
    const middle = first + (TRACK_SLICES - 1) / 2;
    const phaseAt = (position: number) => {
      const slice = (position - (sliceLength - 1) / 2) / sliceLength;
      return this.#angle(f) * slice * sliceLength + lead + drift * (slice - middle);
    };
    return { lead, drift, phaseAt };
  }

  /** Lead of one sine beside the other, in the middle of half a track. */
  #lead(f: number, other: number, first: number): number {
    const step = this.#angle(f) * this.#window.sliceLength;
    const own = this.#products(f, f);
    const others = this.#products(other, other);
    const shared = this.#products(f, other);
    let re = 0;
    let im = 0;
    for (let n = first; n < first + HALF; n++) {
      const sums = this.#window.sumsOf(n);
      const solve = (part: 0 | 1) => {
        const value = (sums[8 * part + f] ?? 0) * others[part] - (sums[8 * part + other] ?? 0) * shared[part];
        return value / (own[part] * others[part] - shared[part] ** 2);
      };
      const [cos, sin] = [solve(0), solve(1)];
      re += cos * Math.cos(step * n) - sin * Math.sin(step * n);
      im -= cos * Math.sin(step * n) + sin * Math.cos(step * n);
    }
    return Math.atan2(im, re);
  }

  /** Sums of the products of two cosines, and of two sines, over a slice about its middle. */
  #products(f: number, g: number): readonly [number, number] {
    const length = this.#window.sliceLength;
    const apart = sumOfCosines(this.#angle(f) - this.#angle(g), length);
    const together = sumOfCosines(this.#angle(f) + this.#angle(g), length);
    return [(apart + together) / 2, (apart - together) / 2];
  }

  #angle(f: number): number {
    return this.#window.angles[f] ?? 0;
  }
}

/** Brings an angle to the range from -pi to pi. */
export function wrapAngle(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

/** Sum of a cosine of `angle` a sample over `length` samples about its middle. */
function sumOfCosines(angle: number, length: number): number {
  return angle === 0 ? length : Math.sin((angle * length) / 2) / Math.sin(angle / 2);
}
