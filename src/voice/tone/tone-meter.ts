import { msToSamples, type PcmFormat } from '../../base/pcm.js';

export interface ToneMeterOptions {
  /** In Hz. */
  readonly frequency: number;
  readonly format: PcmFormat;
  /** Part of the energy that must be the tone's, 0 to 1. */
  readonly purity: number;
  /** Number of amplitudes that are kept, in addition to those of two windows. */
  readonly historyLength: number;
}

/** Length of the window: enough to separate the tone from frequencies 50 Hz away. */
const WINDOW_MS = 20;

/**
 * Measures the sine of one frequency in the last 20 ms of a stream, and its share of the energy. The window moves
 * sample by sample: a sample that enters is added to its sums, and one that leaves is subtracted.
 */
export class ToneMeter {
  /** Samples in the window. */
  readonly length: number;
  readonly #purity: number;
  readonly #oscillator: Oscillator;
  /** Values of the last window, as rings: x·cos, x·sin and x². The recent amplitudes follow, also as a ring. */
  readonly #inPhase: Float64Array;
  readonly #quadrature: Float64Array;
  readonly #squares: Float64Array;
  readonly #amplitudes: Float32Array;
  #sumInPhase = 0;
  #sumQuadrature = 0;
  #sumSquares = 0;
  #count = 0;

  constructor({ frequency, format, purity, historyLength }: ToneMeterOptions) {
    this.length = msToSamples(WINDOW_MS, format);
    this.#purity = purity;
    this.#oscillator = new Oscillator((2 * Math.PI * frequency) / format.sampleRate);
    this.#inPhase = new Float64Array(this.length);
    this.#quadrature = new Float64Array(this.length);
    this.#squares = new Float64Array(this.length);
    this.#amplitudes = new Float32Array(historyLength + 2 * this.length);
  }

  /** Position of the next sample. */
  get count(): number {
    return this.#count;
  }

  /** Begins anew at a position, with silence before it. */
  startAt(position: number): void {
    for (const values of [this.#inPhase, this.#quadrature, this.#squares]) values.fill(0);
    this.#sumInPhase = 0;
    this.#sumQuadrature = 0;
    this.#sumSquares = 0;
    this.#count = position;
    this.#oscillator.aim(position);
  }

  /** Takes one sample; returns the amplitude of the tone in the window. */
  take(sample: number): number {
    const slot = this.#count % this.length;
    // Once a window, so that rounding errors of the oscillator do not accumulate.
    if (slot === 0) this.#oscillator.aim(this.#count);
    const { cos, sin } = this.#oscillator;
    const inPhase = sample * cos;
    const quadrature = sample * sin;
    const square = sample * sample;
    this.#oscillator.turn();
    this.#sumInPhase += inPhase - (this.#inPhase[slot] ?? 0);
    this.#sumQuadrature += quadrature - (this.#quadrature[slot] ?? 0);
    this.#sumSquares += square - (this.#squares[slot] ?? 0);
    this.#inPhase[slot] = inPhase;
    this.#quadrature[slot] = quadrature;
    this.#squares[slot] = square;
    const power = this.#sumInPhase ** 2 + this.#sumQuadrature ** 2;
    const amplitude = (2 * Math.sqrt(power)) / this.length;
    this.#amplitudes[this.#count++ % this.#amplitudes.length] = amplitude;
    return amplitude;
  }

  /** True when a tone of this amplitude makes up nearly all of the window. */
  isPure(amplitude: number): boolean {
    return (amplitude * amplitude * this.length) / 2 >= this.#purity * this.#sumSquares;
  }

  /**
   * Position at which the tone in the window began: where the tone filled half of the window.
   *
   * @param latest Position at which the search begins; it goes back.
   * @param peak Amplitude of the tone.
   */
  risingEdge(latest: number, peak: number): number {
    const newest = this.#count - 1;
    let at = Math.min(newest, latest);
    const oldest = Math.max(0, newest - this.#amplitudes.length + 1);
    while (at > oldest && (this.#amplitudes[(at - 1) % this.#amplitudes.length] ?? 0) >= peak / 2) at--;
    return Math.max(0, this.middleBefore(at));
  }

  /** Position behind the first half of the window that ends with a sample. */
  middleBefore(last: number): number {
    return last - Math.floor(this.length / 2) + 1;
  }
}

/** A cosine and a sine that advance by one angle a sample. */
class Oscillator {
  readonly #step: number;
  readonly #stepCos: number;
  readonly #stepSin: number;
  cos = 1;
  sin = 0;

  constructor(step: number) {
    this.#step = step;
    this.#stepCos = Math.cos(step);
    this.#stepSin = Math.sin(step);
  }

  /** Sets the phase for a number of samples. */
  aim(samples: number): void {
    this.cos = Math.cos(this.#step * samples);
    this.sin = Math.sin(this.#step * samples);
  }

  turn(): void {
    const cos = this.cos * this.#stepCos - this.sin * this.#stepSin;
    this.sin = this.cos * this.#stepSin + this.sin * this.#stepCos;
    this.cos = cos;
  }
}
