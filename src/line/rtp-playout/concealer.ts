/** Lags at which the pitch is searched, in ms: 400 to 66 Hz. */
const SHORTEST_MS = 2.5;
const LONGEST_MS = 15;
/** Length of the voice that is compared with earlier voice to find the pitch, in ms. */
const WINDOW_MS = 20;
/** Time at full level in a loss, and time until silence, in ms. */
const FULL_MS = 10;
const SILENT_MS = 60;
/** Time over which voice after a loss is faded in, in ms. */
const JOIN_MS = 4;

/**
 * Fills losses with the last pitch period of the voice before, repeated and fading, as in appendix I of ITU-T G.711.
 * Works on the decoded samples of any codec.
 */
export class Concealer {
  readonly #perMs: number;
  readonly #history: Int16Array;
  /** Samples of the loss so far. */
  #lost = 0;
  #period = 0;

  constructor(sampleRate: number) {
    this.#perMs = sampleRate / 1000;
    this.#history = new Int16Array((LONGEST_MS + WINDOW_MS) * this.#perMs);
  }

  /** True during a loss. */
  get concealing(): boolean {
    return this.#lost > 0;
  }

  /** Takes received samples. Samples right after a loss are changed, to join it smoothly. */
  heard(samples: Int16Array): void {
    if (this.#lost > 0) {
      const length = Math.min(samples.length, JOIN_MS * this.#perMs);
      const fading = this.conceal(length);
      for (let i = 0; i < length; i++) {
        const share = (i + 1) / (length + 1);
        samples[i] = Math.round((samples[i] ?? 0) * share + (fading[i] ?? 0) * (1 - share));
      }
      this.#lost = 0;
    }
    const history = this.#history;
    const taken = samples.subarray(Math.max(0, samples.length - history.length));
    history.copyWithin(0, taken.length);
    history.set(taken, history.length - taken.length);
  }

  /** Makes `count` samples to fill a loss. */
  conceal(count: number): Int16Array {
    const history = this.#history;
    if (this.#lost === 0) this.#period = pitchOf(history, this.#perMs);
    const samples = new Int16Array(count);
    const from = history.length - this.#period;
    for (let i = 0; i < count; i++) {
      const at = this.#lost + i;
      const gain = Math.max(
        0,
        Math.min(1, (SILENT_MS * this.#perMs - at) / ((SILENT_MS - FULL_MS) * this.#perMs)),
      );
      if (gain === 0) break;
      samples[i] = Math.round((history[from + (at % this.#period)] ?? 0) * gain);
    }
    this.#lost += count;
    return samples;
  }

  /** Forgets the voice so far, because another one follows. */
  restart(): void {
    this.#lost = 0;
    this.#history.fill(0);
  }
}

/** Finds the lag at which the end of `samples` is most like the samples before it. */
function pitchOf(samples: Int16Array, perMs: number): number {
  const window = WINDOW_MS * perMs;
  const start = samples.length - window;
  // Every other sample is enough.
  return (
    mostAlike(samples, start, window, { from: -LONGEST_MS * perMs, to: -SHORTEST_MS * perMs, step: 2 }).lag *
    -1
  );
}

/** Lags to compare at, in samples, and the step from one compared sample to the next. */
export interface Lags {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/**
 * Compares `length` samples from `start` with those at each lag. The likeness is 1 for the same shape and 0 for none.
 */
export function mostAlike(
  samples: Int16Array,
  start: number,
  length: number,
  { from, to, step }: Lags,
): { readonly lag: number; readonly likeness: number } {
  let lag = to;
  let best = 0;
  for (let shift = Math.ceil(from); shift <= to; shift++) {
    let product = 0;
    let energy = 1;
    let own = 1;
    for (let i = start; i < start + length; i += step) {
      const [a, b] = [samples[i] ?? 0, samples[i + shift] ?? 0];
      product += a * b;
      own += a * a;
      energy += b * b;
    }
    const likeness = product <= 0 ? 0 : product / Math.sqrt(own * energy);
    if (likeness > best) {
      best = likeness;
      lag = shift;
    }
  }
  return { lag, likeness: best };
}
