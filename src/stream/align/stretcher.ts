/** Taps of the interpolation filter, half on each side. */
const TAPS = 32;
const HALF = TAPS / 2;
/** Positions between two samples in the filter's table. With the nearest one, the error is below -68 dB at 4 kHz. */
const PHASES = 2048;
/** Table of the filter, made for the first leg that drifts. Calls without drift do not need it. */
let filter: Float64Array | undefined;

/**
 * Stretches one channel by a rate that may change at any time. Until the first rate other than 0, samples pass through
 * unchanged and at once. From then on they are interpolated with a windowed sinc of 32 taps, which needs a millisecond
 * of look-ahead. No samples are lost at the change.
 */
export class Stretcher {
  #history = new Float64Array(0);
  /** Position of the next output in the history. */
  #at = 0;
  #step = 1;
  #active = false;
  #taken = 0;
  #given = 0;
  #inserted = 0;

  /** Samples given out minus samples taken in. The look-ahead counts as not yet given out. */
  get net(): number {
    return this.#given - this.#taken;
  }

  /** Samples that were inserted and removed so far. */
  get account(): { readonly inserted: number; readonly removed: number } {
    if (!this.#active) return { inserted: 0, removed: 0 };
    const net = this.#history.length === 0 ? this.net : this.net + HALF;
    const inserted = Math.max(0, net, Math.round(this.#inserted));
    return { inserted, removed: inserted - net };
  }

  /** @param rate Samples to add to each sample; negative to take away. 2e-4 is 200 ppm. */
  set rate(rate: number) {
    this.#step = 1 / (1 + rate);
    if (rate === 0 || this.#active) return;
    this.#active = true;
    this.#history = new Float64Array(HALF);
    this.#at = HALF;
  }

  push(samples: Int16Array): Int16Array {
    if (!this.#active) return samples;
    this.#taken += samples.length;
    return this.#stretch(samples);
  }

  /** Returns the samples of the look-ahead. To be called at the end. */
  flush(): Int16Array {
    if (!this.#active) return new Int16Array();
    const rest = this.#stretch(new Int16Array(HALF));
    this.#history = new Float64Array(0);
    return rest;
  }

  #stretch(samples: Int16Array): Int16Array {
    const input = new Float64Array(this.#history.length + samples.length);
    input.set(this.#history);
    input.set(samples, this.#history.length);
    const count = Math.max(0, Math.floor((input.length - HALF - this.#at) / this.#step));
    const output = new Int16Array(count);
    // Digital silence skips the filter, so a muted or held leg costs nothing.
    if (!isSilent(input)) {
      filter ??= filterTable();
      for (let i = 0; i < count; i++) output[i] = interpolate(filter, input, this.#at + i * this.#step);
    }
    this.#given += count;
    this.#inserted += Math.max(0, count * (1 - this.#step));
    this.#at += count * this.#step;
    const keepFrom = Math.max(0, Math.floor(this.#at) - HALF);
    this.#history = input.slice(keepFrom);
    this.#at -= keepFrom;
    return output;
  }
}

function isSilent(samples: Float64Array): boolean {
  for (let i = 0; i < samples.length; i++) if (samples[i] !== 0) return false;
  return true;
}

/** The value at `at`, between the samples around it. */
function interpolate(table: Float64Array, input: Float64Array, at: number): number {
  const nearest = Math.round(at * PHASES);
  const row = (nearest % PHASES) * TAPS;
  const first = Math.floor(nearest / PHASES) - HALF + 1;
  const product = (tap: number) => (input[first + tap] ?? 0) * (table[row + tap] ?? 0);
  // Four independent sums: the processor adds them in parallel.
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let tap = 0; tap < TAPS; tap += 4) {
    a += product(tap);
    b += product(tap + 1);
    c += product(tap + 2);
    d += product(tap + 3);
  }
  return Math.max(-32_768, Math.min(32_767, Math.round(a + b + (c + d))));
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
