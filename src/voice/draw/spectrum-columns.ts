import { Fft } from './fft.js';

/** Largest number of columns. When it is reached, neighbours are joined in pairs. */
const MAX_COLUMNS = 4096;

/**
 * The spectra of a sound of any length in constant memory. Hann windows of `size` samples begin every half window. They
 * are gathered into columns of equal length. When there are too many columns, their length doubles.
 */
export class SpectrumColumns {
  /** Frequencies of a column: from 0 to half the sample rate. */
  readonly bins: number;
  readonly #channels: number;
  readonly #fft: Fft;
  readonly #hop: number;
  readonly #window: Float64Array;
  readonly #history: Float64Array[];
  readonly #columns: Float32Array[];
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  #filled = 0;
  #hops = 0;
  /** Windows in each column. */
  #columnLength = 1;
  #sampleCount = 0;

  /** @param size Samples of a window; a power of two. */
  constructor(channels: number, size: number) {
    this.#channels = channels;
    this.bins = size / 2;
    this.#hop = size / 2;
    this.#fft = new Fft(size);
    this.#re = new Float64Array(size);
    this.#im = new Float64Array(size);
    this.#window = Float64Array.from(
      { length: size },
      (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size),
    );
    this.#history = Array.from({ length: channels }, () => new Float64Array(size));
    this.#columns = Array.from({ length: channels }, () => new Float32Array(MAX_COLUMNS * this.bins));
    this.#filled = this.#hop;
  }

  /** Samples per channel taken so far. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  push(samples: Int16Array): void {
    const channels = this.#channels;
    const count = samples.length / channels;
    for (let at = 0; at < count; ) {
      const part = Math.min(count - at, 2 * this.#hop - this.#filled);
      this.#history.forEach((history, channel) => {
        for (let i = 0; i < part; i++) {
          history[this.#filled + i] = (samples[(at + i) * channels + channel] ?? 0) / 32768;
        }
      });
      at += part;
      this.#filled += part;
      this.#sampleCount += part;
      if (this.#filled === 2 * this.#hop) this.#endWindow();
    }
  }

  /**
   * Mean power at one frequency over the columns from `start` to `end` (samples, with a fraction); 1 is the power of
   * a sine at full scale. Undefined where there is no sound.
   */
  read(channel: number, bin: number, start: number, end: number): number | undefined {
    const length = this.#columnLength * this.#hop;
    const columns = Math.ceil(this.#hops / this.#columnLength);
    if (columns === 0 || start >= this.#sampleCount) return undefined;
    const last = Math.min(columns - 1, Math.max(0, Math.ceil(end / length) - 1));
    const first = Math.min(last, Math.floor(start / length));
    let sum = 0;
    for (let column = first; column <= last; column++) {
      const windows = Math.min(this.#columnLength, this.#hops - column * this.#columnLength);
      sum += (this.#columns[channel]?.[column * this.bins + bin] ?? 0) / windows;
    }
    return sum / (last - first + 1);
  }

  #endWindow(): void {
    if (this.#hops === MAX_COLUMNS * this.#columnLength) this.#joinPairs();
    const column = Math.floor(this.#hops / this.#columnLength) * this.bins;
    // A Hann window halves the amplitude of a sine: one at full scale gives (size / 4)² at its frequency.
    const scale = (4 / this.#fft.size) ** 2;
    this.#history.forEach((history, channel) => {
      const powers = this.#columns[channel];
      if (!powers) return;
      this.#im.fill(0);
      for (let i = 0; i < history.length; i++) this.#re[i] = (history[i] ?? 0) * (this.#window[i] ?? 0);
      this.#fft.transform(this.#re, this.#im);
      for (let bin = 0; bin < this.bins; bin++) {
        const power = (this.#re[bin] ?? 0) ** 2 + (this.#im[bin] ?? 0) ** 2;
        powers[column + bin] = (powers[column + bin] ?? 0) + power * scale;
      }
      history.copyWithin(0, this.#hop);
    });
    this.#filled = this.#hop;
    this.#hops++;
  }

  #joinPairs(): void {
    const { bins } = this;
    for (const powers of this.#columns) {
      for (let column = 0; column < MAX_COLUMNS / 2; column++) {
        for (let bin = 0; bin < bins; bin++) {
          const left = 2 * column * bins + bin;
          powers[column * bins + bin] = (powers[left] ?? 0) + (powers[left + bins] ?? 0);
        }
      }
      powers.fill(0, (MAX_COLUMNS / 2) * bins);
    }
    this.#columnLength *= 2;
  }
}
