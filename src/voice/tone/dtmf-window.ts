import { DTMF_COLUMNS, DTMF_ROWS, type DtmfDigit, dtmfDigit } from './dtmf.js';

/** Energy and samples of 2.5 ms of the stream. */
interface Slice {
  readonly samples: Float64Array;
  energy: number;
  summed: boolean;
}

export interface DtmfWindowOptions {
  readonly sampleRate: number;
  /** Quietest sine of a digit that counts, as its peak in dBFS. */
  readonly minLevelDbfs: number;
  /** Largest level of a row above its column, in dB. */
  readonly normalTwistDb: number;
  /** Largest level of a column above its row, in dB. */
  readonly reverseTwistDb: number;
}

const SLICE_MS = 2.5;
/** Slices of a window. 12.5 ms are short enough for tones that are 1.5 % off, and long enough to refuse 3.5 %. */
const SLICES = 5;
/** Part of the energy in the window that the two sines must have. */
const PURITY = 0.72;
/** Least ratio of powers between the strongest of a group and each other of the group (6 dB). */
const ABOVE_OTHERS = 4;
/** A slice with less than this part of another slice's energy counts as silent (20 dB). */
const SILENT = 0.01;
/** Tolerance, in dB, for leakage from the row to the column of a short window, and the other way round. */
const NORMAL_LEAK_DB = 2.5;
const REVERSE_LEAK_DB = 1.5;

const FREQUENCIES = [...DTMF_ROWS, ...DTMF_COLUMNS];
/** Slices whose sums are kept: 160 ms. They cover lost frames, 25 ms on either side, and a digit that rises behind. */
const KEPT = 64;

/**
 * Measures the eight frequencies of the keypad in the last 12.5 ms of a stream. It moves by slices of 2.5 ms and keeps
 * the sums of each slice, so a new window costs the work of one slice.
 */
export class DtmfWindow {
  readonly sliceLength: number;
  readonly #minPower: number;
  readonly #maxRowOverColumn: number;
  readonly #maxColumnOverRow: number;
  /** Angle of each frequency from sample to sample, rows first. */
  readonly angles: readonly number[];
  /** cos and sin of each frequency over half a slice, from the edge of the slice to its middle. */
  readonly #waves: readonly Float64Array[];
  /** cos and sin of the angle by which each frequency turns in 0, 1, ... slices. */
  readonly #turns: readonly Float64Array[];
  /** The last slices; `slices[n % SLICES]` is the nth. */
  readonly #slices: readonly Slice[];
  /** re and im of each frequency in the slices that are kept; `sums[n % KEPT]` is the nth. */
  readonly #sums: readonly Float64Array[];
  readonly #folded: { readonly even: Float64Array; readonly odd: Float64Array };
  readonly #powers = new Float64Array(FREQUENCIES.length);
  #count = 0;

  constructor({ sampleRate, minLevelDbfs, normalTwistDb, reverseTwistDb }: DtmfWindowOptions) {
    this.sliceLength = Math.round((SLICE_MS * sampleRate) / 1000);
    const amplitude = 32768 * 10 ** (minLevelDbfs / 20);
    this.#minPower = (amplitude * amplitude) / 2;
    this.#maxRowOverColumn = 10 ** ((normalTwistDb + NORMAL_LEAK_DB) / 10);
    this.#maxColumnOverRow = 10 ** ((reverseTwistDb + REVERSE_LEAK_DB) / 10);
    const angles = FREQUENCIES.map((hz) => (2 * Math.PI * hz) / sampleRate);
    this.angles = angles;
    const half = Math.ceil(this.sliceLength / 2);
    const edge = (this.sliceLength - 1) / 2;
    this.#turns = angles.map((angle) => waveTable(angle * this.sliceLength, SLICES, 0));
    this.#waves = angles.map((angle) => waveTable(angle, half, -edge));
    this.#folded = { even: new Float64Array(half), odd: new Float64Array(half) };
    this.#slices = Array.from({ length: SLICES }, () => ({
      samples: new Float64Array(this.sliceLength),
      energy: 0,
      summed: false,
    }));
    this.#sums = Array.from({ length: KEPT }, () => new Float64Array(FREQUENCIES.length * 2));
  }

  /** Number of slices taken. */
  get count(): number {
    return this.#count;
  }

  /** Memory for the samples of the next slice. Call `take` when it is full. */
  get next(): Float64Array {
    return this.#at(this.#count).samples;
  }

  /** Moves by the slice that is now full; returns the digit in the window. */
  take(): DtmfDigit | undefined {
    const slice = this.#at(this.#count++);
    slice.energy = energyOf(slice.samples);
    slice.summed = false;
    return this.#count >= SLICES ? this.#digit() : undefined;
  }

  /** True when the window holds nothing but exact silence. */
  get isStill(): boolean {
    for (let n = 0; n < SLICES; n++) if (this.#at(n).energy > 0) return false;
    return this.#count >= SLICES;
  }

  /** Moves by slices of exact silence. The window must be still. */
  skip(slices: number): void {
    // The samples of a slice without energy are 0 already.
    for (let n = 0; n < SLICES; n++) this.#at(n).summed = false;
    this.#count += slices;
  }

  /** True when a part of the window is silent beside another: the sound stops or begins in it. */
  get isBroken(): boolean {
    let least = Number.POSITIVE_INFINITY;
    let most = 0;
    for (const { energy } of this.#slices) {
      least = Math.min(least, energy);
      most = Math.max(most, energy);
    }
    return least <= SILENT * most;
  }

  // The first and the last window with a digit hold PURITY of a window of it, and half a slice more on average.
  /** Position at which a tone began, by the slice that ended its first window. */
  risingEdge(slice: number): number {
    return Math.max(0, Math.round((slice + 0.5 - PURITY * SLICES) * this.sliceLength));
  }

  /** Position at which a tone ended, by the slice that ended its last window. */
  fallingEdge(slice: number): number {
    return Math.round((slice + 1.5 - SLICES + PURITY * SLICES) * this.sliceLength);
  }

  /**
   * Sums of the nth slice at each frequency, rows first: its samples times a cosine, and times a sine. Both have angle
   * 0 in the middle of the slice. The sums of tones of the last 160 ms are kept.
   */
  sumsOf(n: number): Float64Array {
    return this.#sums[n % KEPT] as Float64Array;
  }

  /** The nth slice, which must be one of the last. */
  #at(n: number): Slice {
    return this.#slices[n % SLICES] as Slice;
  }

  #digit(): DtmfDigit | undefined {
    const length = SLICES * this.sliceLength;
    let energy = 0;
    for (const slice of this.#slices) energy += slice.energy;
    const meanPower = energy / length;
    // Most of a call is quiet and costs no more than this.
    if (meanPower < this.#minPower) return undefined;
    for (let n = this.#count - SLICES; n < this.#count; n++) this.#sum(n);
    const powers = this.#powers;
    for (let f = 0; f < FREQUENCIES.length; f++) powers[f] = this.#powerAt(f) / (length * length);
    const row = strongest(powers, 0, DTMF_ROWS.length);
    const column = strongest(powers, DTMF_ROWS.length, FREQUENCIES.length);
    if (row === undefined || column === undefined) return undefined;
    const rowPower = powers[row] ?? 0;
    const columnPower = powers[column] ?? 0;
    const isDigit =
      Math.min(rowPower, columnPower) >= this.#minPower &&
      rowPower + columnPower >= PURITY * meanPower &&
      columnPower <= rowPower * this.#maxColumnOverRow &&
      rowPower <= columnPower * this.#maxRowOverColumn;
    return isDigit ? dtmfDigit(row, column - DTMF_ROWS.length) : undefined;
  }

  /** Computes the sums of one slice at all frequencies. Even and odd parts about its middle halve the products. */
  #sum(n: number): void {
    const slice = this.#at(n);
    if (slice.summed) return;
    slice.summed = true;
    const { samples } = slice;
    const sums = this.sumsOf(n);
    const { even, odd } = this.#folded;
    for (let i = 0, j = samples.length - 1; i <= j; i++, j--) {
      const a = samples[i] ?? 0;
      const b = i === j ? 0 : (samples[j] ?? 0);
      even[i] = a + b;
      odd[i] = a - b;
    }
    for (let f = 0; f < this.#waves.length; f++) {
      const wave = this.#waves[f] ?? even;
      let re = 0;
      let im = 0;
      for (let i = 0; i < even.length; i++) {
        re += (even[i] ?? 0) * (wave[2 * i] ?? 0);
        im += (odd[i] ?? 0) * (wave[2 * i + 1] ?? 0);
      }
      sums[2 * f] = re;
      sums[2 * f + 1] = im;
    }
  }

  /** Power at a frequency in the window. A slice's sums have angle 0 in its middle; the turns shift them into place. */
  #powerAt(f: number): number {
    const turns = this.#turns[f] ?? this.#powers;
    let re = 0;
    let im = 0;
    for (let n = 0; n < SLICES; n++) {
      const sums = this.sumsOf(this.#count - SLICES + n);
      const a = sums[2 * f] ?? 0;
      const b = sums[2 * f + 1] ?? 0;
      const cos = turns[2 * n] ?? 0;
      const sin = turns[2 * n + 1] ?? 0;
      re += a * cos - b * sin;
      im += a * sin + b * cos;
    }
    return 2 * (re * re + im * im);
  }
}

function energyOf(samples: Float64Array): number {
  let energy = 0;
  for (let i = 0; i < samples.length; i++) energy += (samples[i] ?? 0) ** 2;
  return energy;
}

/** Table of cos and sin of `from`, `from + 1`, ... times `angle`. */
function waveTable(angle: number, length: number, from: number): Float64Array {
  return Float64Array.from({ length: 2 * length }, (_, i) =>
    i % 2 === 0 ? Math.cos(angle * (from + i / 2)) : Math.sin(angle * (from + (i - 1) / 2)),
  );
}

/** Index of the largest of `powers[from..to)`, if it stands out; otherwise undefined. */
function strongest(powers: Float64Array, from: number, to: number): number | undefined {
  let best = from;
  for (let i = from + 1; i < to; i++) if ((powers[i] ?? 0) > (powers[best] ?? 0)) best = i;
  for (let i = from; i < to; i++) {
    if (i !== best && (powers[i] ?? 0) * ABOVE_OTHERS > (powers[best] ?? 0)) return undefined;
  }
  return best;
}
