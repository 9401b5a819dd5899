/** Taps of the interpolation filter, half on each side. */
const TAPS = 32;
const HALF = TAPS / 2;
/** Positions between two samples that the filter is tabulated for: what the nearest is off lies below -68 dB at 4 kHz. */
const PHASES = 2048;
const FILTER = filterTable();

/** Differences up to this, in samples, are left alone: 5 ms, which a busy machine makes by itself. */
const DEAD_BAND = 80;
/** Crystals are within 100 ppm of their rate, two of them within 200; more than this is no drift. */
const MAX_RATE = 1000e-6;
/** Gains of the control loop: the share of a difference that is taken out in the next window, at once and for good. */
const PROPORTIONAL = 0.5;
const INTEGRAL = 0.15;

/**
 * Measures how the clock of one leg runs against the other's, from the least delay of each in windows of ten
 * seconds, and says how to stretch the leg: the difference of their delays stays what it was in the first window.
 */
export class DriftControl {
  readonly #windowSamples: number;
  #first: number | undefined;
  #integral = 0;
  #rate = 0;

  constructor(windowSamples: number) {
    this.#windowSamples = windowSamples;
  }

  /** Samples to add to each sample of the leg; negative to take away. 2e-4 is 200 ppm. */
  get rate(): number {
    return this.#rate;
  }

  /** @param difference How much later the leg comes than the other one, in samples. */
  measure(difference: number): void {
    this.#first ??= difference;
    const behind = difference - this.#first;
    if (this.#rate === 0 && Math.abs(behind) < DEAD_BAND) return;
    this.#integral = clamp(this.#integral + (INTEGRAL * behind) / this.#windowSamples);
    this.#rate = clamp(this.#integral + (PROPORTIONAL * behind) / this.#windowSamples);
  }
}

/**
 * Stretches one channel by a rate that may change at any time. Until the first rate that is not 0, samples pass
 * through untouched and at once; from then on they are interpolated with a windowed sinc of 32 taps, a millisecond
 * of look-ahead, no samples lost at the change.
 */
export class Stretcher {
  #history = new Float64Array(0);
  /** Where in the history the next output lies. */
  #at = 0;
  #step = 1;
  #active = false;

  get active(): boolean {
    return this.#active;
  }

  /** @param rate See {@link DriftControl.rate}. */
  set rate(rate: number) {
    this.#step = 1 / (1 + rate);
    if (rate === 0 || this.#active) return;
    this.#active = true;
    this.#history = new Float64Array(HALF);
    this.#at = HALF;
  }

  push(samples: Int16Array): Int16Array {
    if (!this.#active) return samples;
    const input = new Float64Array(this.#history.length + samples.length);
    input.set(this.#history);
    input.set(samples, this.#history.length);
    const count = Math.max(0, Math.floor((input.length - HALF - this.#at) / this.#step));
    const output = new Int16Array(count);
    // Digital silence stays what it is, without the filter: a muted or held leg costs nothing.
    if (input.some((sample) => sample !== 0)) {
      for (let i = 0; i < count; i++) output[i] = interpolate(input, this.#at + i * this.#step);
    }
    this.#at += count * this.#step;
    const keepFrom = Math.max(0, Math.floor(this.#at) - HALF);
    this.#history = input.slice(keepFrom);
    this.#at -= keepFrom;
    return output;
  }

  /** What the look-ahead still holds. */
  flush(): Int16Array {
    return this.#active ? this.push(new Int16Array(HALF)) : new Int16Array();
  }
}

/** The value at `at`, between the samples around it. */
function interpolate(input: Float64Array, at: number): number {
  const nearest = Math.round(at * PHASES);
  const row = (nearest % PHASES) * TAPS;
  const first = Math.floor(nearest / PHASES) - HALF + 1;
  let sum = 0;
  for (let tap = 0; tap < TAPS; tap++) sum += (input[first + tap] ?? 0) * (FILTER[row + tap] ?? 0);
  return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
}

/** A Blackman-windowed sinc for each phase; row 0 passes its sample untouched. */
function filterTable(): Float64Array {
  const table = new Float64Array(PHASES * TAPS);
  for (let phase = 0; phase < PHASES; phase++) {
    for (let tap = 0; tap < TAPS; tap++) {
      const x = tap - HALF + 1 - phase / PHASES;
      const window = 0.42 + 0.5 * Math.cos((Math.PI * x) / HALF) + 0.08 * Math.cos((2 * Math.PI * x) / HALF);
      const sinc = x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
      table[phase * TAPS + tap] = Math.abs(x) < HALF ? sinc * window : 0;
    }
  }
  return table;
}

function clamp(rate: number): number {
  return Math.max(-MAX_RATE, Math.min(MAX_RATE, rate));
}
