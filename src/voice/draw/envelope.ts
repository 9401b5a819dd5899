/** Extremes and energy of a stretch of one channel. Amplitudes are parts of full scale, -1 to 1. */
export interface EnvelopeBin {
  readonly min: number;
  readonly max: number;
  readonly rms: number;
  /** True when samples at full scale follow one another: the sound was clipped. */
  readonly isClipped: boolean;
}

/** Largest number of bins. When it is reached, neighbours are joined in pairs. */
const MAX_BINS = 8192;
/** Consecutive samples at full scale that count as clipping. */
const CLIPPED_RUN = 2;

/**
 * The outline of a sound of any length in constant memory, as bins of equal length. When there are too many bins, their
 * length doubles.
 */
export class Envelope {
  readonly #channels: number;
  readonly #mins: Int16Array[];
  readonly #maxes: Int16Array[];
  readonly #sums: Float64Array[];
  readonly #clipped: Uint8Array[];
  readonly #runs: Uint32Array;
  #binLength = 1;
  #bin = 0;
  #filled = 0;
  #sampleCount = 0;

  constructor(channels: number) {
    this.#channels = channels;
    const lanes = Array.from({ length: channels });
    this.#mins = lanes.map(() => new Int16Array(MAX_BINS));
    this.#maxes = lanes.map(() => new Int16Array(MAX_BINS));
    this.#sums = lanes.map(() => new Float64Array(MAX_BINS));
    this.#clipped = lanes.map(() => new Uint8Array(MAX_BINS));
    this.#runs = new Uint32Array(channels);
  }

  /** Samples per channel taken so far. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  push(samples: Int16Array): void {
    const count = samples.length / this.#channels;
    for (let at = 0; at < count; ) {
      if (this.#filled === this.#binLength) this.#nextBin();
      const part = Math.min(count - at, this.#binLength - this.#filled);
      for (let channel = 0; channel < this.#channels; channel++) this.#add(samples, channel, at, at + part);
      at += part;
      this.#filled += part;
      this.#sampleCount += part;
    }
  }

  /** The sound of one channel from `start` to `end` (samples, with a fraction); `undefined` past the end. */
  read(channel: number, start: number, end: number): EnvelopeBin | undefined {
    const last = Math.min(this.#bin, Math.ceil(end / this.#binLength) - 1);
    const first = Math.min(Math.floor(start / this.#binLength), last);
    if (this.#sampleCount === 0 || first < 0 || start >= this.#sampleCount) return undefined;
    let min = 32767;
    let max = -32768;
    let sum = 0;
    let isClipped = false;
    for (let bin = first; bin <= last; bin++) {
      min = Math.min(min, this.#mins[channel]?.[bin] ?? 0);
      max = Math.max(max, this.#maxes[channel]?.[bin] ?? 0);
      sum += this.#sums[channel]?.[bin] ?? 0;
      if (this.#clipped[channel]?.[bin]) isClipped = true;
    }
    const count = Math.min(this.#sampleCount, (last + 1) * this.#binLength) - first * this.#binLength;
    return { min: min / 32768, max: max / 32768, rms: Math.sqrt(sum / count) / 32768, isClipped };
  }

  #add(samples: Int16Array, channel: number, from: number, to: number): void {
    const isNew = this.#filled === 0;
    let min = isNew ? 32767 : (this.#mins[channel]?.[this.#bin] ?? 0);
    let max = isNew ? -32768 : (this.#maxes[channel]?.[this.#bin] ?? 0);
    let run = this.#runs[channel] ?? 0;
    let sum = 0;
    let isClipped = false;
    for (let i = from; i < to; i++) {
      const sample = samples[i * this.#channels + channel] ?? 0;
      if (sample < min) min = sample;
      if (sample > max) max = sample;
      sum += sample * sample;
      run = sample === 32767 || sample === -32768 ? run + 1 : 0;
      if (run >= CLIPPED_RUN) isClipped = true;
    }
    this.#runs[channel] = run;
    write(this.#mins[channel], this.#bin, min);
    write(this.#maxes[channel], this.#bin, max);
    write(this.#sums[channel], this.#bin, (this.#sums[channel]?.[this.#bin] ?? 0) + sum);
    if (isClipped) write(this.#clipped[channel], this.#bin, 1);
  }

  #nextBin(): void {
    if (this.#bin === MAX_BINS - 1) this.#joinPairs();
    else {
      this.#bin++;
      this.#filled = 0;
    }
  }

  #joinPairs(): void {
    for (let channel = 0; channel < this.#channels; channel++) {
      joinPairs(this.#mins[channel], Math.min);
      joinPairs(this.#maxes[channel], Math.max);
      joinPairs(this.#sums[channel], (a, b) => a + b);
      joinPairs(this.#clipped[channel], Math.max);
    }
    this.#binLength *= 2;
    this.#bin = MAX_BINS / 2;
    this.#filled = 0;
  }
}

type Bins = Int16Array | Float64Array | Uint8Array;

function write(bins: Bins | undefined, at: number, value: number): void {
  if (bins) bins[at] = value;
}

function joinPairs(bins: Bins | undefined, join: (a: number, b: number) => number): void {
  if (!bins) return;
  const half = bins.length / 2;
  for (let i = 0; i < half; i++) bins[i] = join(bins[2 * i] ?? 0, bins[2 * i + 1] ?? 0);
  bins.fill(0, half);
}
