/** Lags at which a pitch is looked for, in ms: 400 to 66 Hz. */
const SHORTEST_MS = 2.5;
const LONGEST_MS = 15;
/** Length of the voice that is compared with itself to find it, in ms. */
const WINDOW_MS = 20;
/** A loss is filled in full for so long, and fades until it is silent, in ms. */
const FULL_MS = 10;
const SILENT_MS = 60;
/** Voice behind a loss is faded in over so long, in ms. */
const JOIN_MS = 4;

/**
 * Fills what was lost with the last pitch period of the voice before it, repeated and fading, as appendix I of ITU-T
 * G.711 does; works on the decoded samples of any codec.
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

  /** True in a loss. */
  get concealing(): boolean {
    return this.#lost > 0;
  }

  /** Takes samples that came; those right behind a loss are changed, to join it smoothly. */
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

  /** Makes `count` samples for what was lost. */
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

  /** Forgets the voice so far: the one that follows is another. */
  restart(): void {
    this.#lost = 0;
    this.#history.fill(0);
  }
}

/** Lag at which the end of `samples` is most like what went before it. */
function pitchOf(samples: Int16Array, perMs: number): number {
  const window = WINDOW_MS * perMs;
  const start = samples.length - window;
  // Every other sample tells enough.
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

/** Compares `length` samples from `start` with those at each lag. Likeness: 1 for the same shape, 0 for none. */
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
