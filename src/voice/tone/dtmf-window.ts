import type { PcmFormat } from '../../base/pcm.js';
import { DTMF_COLUMNS, DTMF_ROWS, type DtmfDigit, dtmfDigit } from './dtmf.js';
import { SampleHistory } from './sample-history.js';
import { KEYPAD_ROW, keypadTable, SineKernel } from './sine-kernel.js';

export interface DtmfWindowOptions {
  readonly format: PcmFormat;
  readonly channel: number;
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
/** Slices that are kept: 160 ms. They cover lost frames, 25 ms on either side, and a digit that rises behind. */
const KEPT = 64;
/** Sums of a slice: re of each frequency, then im. */
const SUMS = 2 * FREQUENCIES.length;

/**
 * Measures the eight frequencies of the keypad in 12.5 ms of a stream. A window ends with a slice of 2.5 ms. The sums of
 * a slice are computed when a window with it is looked at, and kept for the next window.
 */
export class DtmfWindow {
  readonly sliceLength: number;
  /** Angle of each frequency from sample to sample, rows first. */
  readonly angles: readonly number[];
  /** Slices so far: the window ends with the last of them. */
  count = 0;
  /** Samples of the slices that are kept, and newer ones. */
  readonly history: SampleHistory;
  readonly #kernel = SineKernel.shared();
  readonly #table: Float32Array;
  readonly #minPower: number;
  readonly #maxRowOverColumn: number;
  readonly #maxColumnOverRow: number;
  /** cos and sin of the angle by which each frequency turns in 0, 1, ... slices. */
  readonly #turns: Float64Array;
  /** Sums of the slices that are kept; those of the nth begin at `(n % KEPT) * SUMS`. */
  readonly #sums = new Float32Array(KEPT * SUMS);
  readonly #energies = new Float64Array(KEPT);
  /** Numbers of the slices that the sums belong to. */
  readonly #known = new Float64Array(KEPT).fill(-1);
  readonly #powers = new Float64Array(FREQUENCIES.length);

  constructor({ format, channel, minLevelDbfs, normalTwistDb, reverseTwistDb }: DtmfWindowOptions) {
    const { sampleRate } = format;
    this.sliceLength = Math.round((SLICE_MS * sampleRate) / 1000);
    this.history = new SampleHistory(format.channels, channel, KEPT * this.sliceLength);
    const amplitude = 32768 * 10 ** (minLevelDbfs / 20);
    this.#minPower = (amplitude * amplitude) / 2;
    this.#maxRowOverColumn = 10 ** ((normalTwistDb + NORMAL_LEAK_DB) / 10);
    this.#maxColumnOverRow = 10 ** ((reverseTwistDb + REVERSE_LEAK_DB) / 10);
    ({ angles: this.angles, table: this.#table, turns: this.#turns } = sinesAt(sampleRate, this.sliceLength));
  }

  /** Leaves out samples. The next window is the first that has none of them, and none of those before them. */
  skip(count: number): void {
    this.history.skip(count);
    this.count = Math.ceil(this.history.count / this.sliceLength) + SLICES - 1;
  }

  /** Finds the digit in the window. */
  digit(): DtmfDigit | undefined {
    if (this.count < SLICES) return undefined;
    this.#know(this.count - SLICES, this.count);
    let energy = 0;
    for (let n = this.count - SLICES; n < this.count; n++) energy += this.#energyOf(n);
    const meanPower = energy / (SLICES * this.sliceLength);
    // Most of a call is quiet.
    if (meanPower < this.#minPower) return undefined;
    const powers = this.#powers;
    const column = this.#strongest(DTMF_ROWS.length, FREQUENCIES.length);
    if (column === undefined) return undefined;
    const columnPower = powers[column] ?? 0;
    // Most speech has too little power in the columns, whatever is in the rows.
    if (columnPower * (1 + this.#maxRowOverColumn) < PURITY * meanPower) return undefined;
    const row = this.#strongest(0, DTMF_ROWS.length);
    if (row === undefined) return undefined;
    const rowPower = powers[row] ?? 0;
    const isDigit =
      Math.min(rowPower, columnPower) >= this.#minPower &&
      rowPower + columnPower >= PURITY * meanPower &&
      columnPower <= rowPower * this.#maxColumnOverRow &&
      rowPower <= columnPower * this.#maxRowOverColumn;
    return isDigit ? dtmfDigit(row, column - DTMF_ROWS.length) : undefined;
  }

  /** True when a part of the window is silent beside another: the sound stops or begins in it. */
  get isBroken(): boolean {
    const first = Math.max(0, this.count - SLICES);
    this.#know(first, this.count);
    let least = this.count < SLICES ? 0 : Number.POSITIVE_INFINITY;
    let most = 0;
    for (let n = first; n < this.count; n++) {
      const energy = this.#energyOf(n);
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
   * Sums of the nth slice at each frequency, rows first: its samples times a cosine, then times a sine. Both have angle
   * 0 in the middle of the slice. The slices of the last 160 ms are kept.
   */
  sumsOf(n: number): Float32Array {
    this.#know(n, n + 1);
    const at = (n % KEPT) * SUMS;
    return this.#sums.subarray(at, at + SUMS);
  }

  /** Index of the strongest of the frequencies [from, to) in the window, if it stands out; otherwise undefined. */
  #strongest(from: number, to: number): number | undefined {
    const powers = this.#powers;
    let best = from;
    for (let f = from; f < to; f++) {
      powers[f] = this.#powerAt(f);
      if ((powers[f] as number) > (powers[best] as number)) best = f;
    }
    const limit = powers[best] as number;
    for (let f = from; f < to; f++)
      if (f !== best && (powers[f] as number) * ABOVE_OTHERS > limit) return undefined;
    return best;
  }

  #energyOf(n: number): number {
    return this.#energies[n % KEPT] as number;
  }

  /** Computes the sums of some slices, where they are not known yet. */
  #know(first: number, end: number): void {
    let from = first;
    while (from < end && this.#known[from % KEPT] === from) from++;
    if (from === end) return;
    const kernel = this.#kernel;
    const samples = this.history.part(from * this.sliceLength, (end - from) * this.sliceLength);
    kernel.keypad(samples, end - from, this.#table);
    for (let n = from, row = 0; n < end; n++, row++) {
      const at = (n % KEPT) * SUMS;
      const place = row * KEYPAD_ROW.floats;
      for (let i = 0; i < SUMS; i++) this.#sums[at + i] = kernel.floats[place + i] as number;
      this.#energies[n % KEPT] = kernel.doubles[row * KEYPAD_ROW.doubles + KEYPAD_ROW.energy] as number;
      this.#known[n % KEPT] = n;
    }
  }

  /** Power at a frequency in the window. A slice's sums have angle 0 in its middle; the turns shift them into place. */
  #powerAt(f: number): number {
    const sums = this.#sums;
    const turns = this.#turns;
    let re = 0;
    let im = 0;
    for (let n = 0; n < SLICES; n++) {
      const at = ((this.count - SLICES + n) % KEPT) * SUMS + f;
      const a = sums[at] as number;
      const b = sums[at + FREQUENCIES.length] as number;
      const cos = turns[2 * (f * SLICES + n)] as number;
      const sin = turns[2 * (f * SLICES + n) + 1] as number;
      re += a * cos - b * sin;
      im += a * sin + b * cos;
    }
    return (2 * (re * re + im * im)) / (SLICES * this.sliceLength) ** 2;
  }
}

/** Values that are the same for all windows of a sample rate. */
interface Sines {
  readonly sampleRate: number;
  readonly angles: readonly number[];
  readonly table: Float32Array;
  readonly turns: Float64Array;
}

let newest: Sines | undefined;

/** The windows of many calls share one object, which then stays in the processor's cache and in the kernel's memory. */
function sinesAt(sampleRate: number, sliceLength: number): Sines {
  if (newest?.sampleRate === sampleRate) return newest;
  const angles = FREQUENCIES.map((hz) => (2 * Math.PI * hz) / sampleRate);
  const turns = Float64Array.from(angles.flatMap((angle) => turnsOf(angle * sliceLength)));
  newest = { sampleRate, angles, table: keypadTable(angles, sliceLength), turns };
  return newest;
}

/** cos and sin of an angle times 0, 1, ... */
function turnsOf(angle: number): number[] {
  return Array.from({ length: SLICES }, (_, n) => [Math.cos(angle * n), Math.sin(angle * n)]).flat();
}
