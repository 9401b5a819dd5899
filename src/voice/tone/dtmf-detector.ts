import { invalidArgument } from '../../errors.js';
import { type PcmFormat, pcmFormat, VOICE_FORMAT } from '../../pcm.js';
import type { PcmAnalyzer } from '../stage.js';
import { DTMF_COLUMNS, DTMF_ROWS, type DtmfDigit, dtmfDigit } from './dtmf.js';

export interface DtmfDetectorOptions {
  /** Layout of the samples. Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** Which channel is listened to. Default 0. */
  readonly channel?: number;
  /** Quietest sine of a digit that counts, as its peak in dBFS: -60 to -10. Default -40. */
  readonly minLevelDbfs?: number;
}

/** A digit that was heard; positions count samples per channel, to within 3 ms. */
export type DtmfEvent =
  | { readonly type: 'begin'; readonly digit: DtmfDigit; readonly position: number }
  | { readonly type: 'end'; readonly digit: DtmfDigit; readonly begin: number; readonly end: number };

/** 2.5 ms of the stream. */
interface Slice {
  readonly samples: Float64Array;
  energy: number;
  /** re and im of each frequency, once `summed`. */
  readonly sums: Float64Array;
  summed: boolean;
}

type State =
  | { readonly name: 'quiet' }
  | { readonly name: 'rising'; readonly digit: DtmfDigit; readonly begin: number; hits: number }
  | {
      readonly name: 'sounding';
      readonly digit: DtmfDigit;
      readonly begin: number;
      lastHit: number;
      misses: number;
    };

/** The window is 12.5 ms in 5 slices: short enough for tones 1.5 % off, long enough to refuse 3.5 %. */
const SLICE_MS = 2.5;
const SLICES = 5;
/** Windows in a row that make a digit: tones of 32 ms are taken, of 28 ms refused (Q.24: 40 and 20 to 23). */
const HITS_TO_BEGIN = 10;
/** Windows without it that end a digit: breaks of 10 ms are bridged. */
const MISSES_TO_END = 8;
/** Part of the energy in the window that the two sines must have. */
const PURITY = 0.72;
/** By how much the strongest of a group must stand above each other of the group, as a ratio of powers (6 dB). */
const ABOVE_OTHERS = 4;
/** Column above row at most 4 dB, row above column at most 8 dB (Q.24), with room for what leaks between the groups. */
const MAX_COLUMN_OVER_ROW = 10 ** 0.55;
const MAX_ROW_OVER_COLUMN = 10 ** 1.05;

const FREQUENCIES = [...DTMF_ROWS, ...DTMF_COLUMNS];

/**
 * Finds DTMF digits. Every 2.5 ms it takes the power at the eight frequencies over the last 12.5 ms, and asks that
 * one row and one column hold nearly all energy, stand above the others of their group, and differ by no more
 * than the permitted twist. Speech hardly ever does so for 32 ms on end.
 *
 * States: quiet -> rising -> sounding -> quiet; rising falls back to quiet when the digit changes or stops.
 *
 * Source: ITU-T Q.24, annex A (limits of AT&T); Bellcore TR-TSY-000763 for the talk-off test.
 */
export class DtmfDetector implements PcmAnalyzer<DtmfEvent> {
  readonly #channels: number;
  readonly #channel: number;
  readonly #sliceLength: number;
  readonly #minPower: number;
  /** cos and sin of each frequency over half a slice, from its edge to its middle. */
  readonly #waves: readonly Float64Array[];
  /** cos and sin of each frequency's turn over 0, 1, ... slices. */
  readonly #turns: readonly Float64Array[];
  /** The last slices; `slices[n % SLICES]` is the nth. */
  readonly #slices: readonly Slice[];
  readonly #folded: { readonly even: Float64Array; readonly odd: Float64Array };
  readonly #powers = new Float64Array(FREQUENCIES.length);
  #filled = 0;
  #sliceCount = 0;
  #interleaved = 0;
  #state: State = { name: 'quiet' };

  /** @throws ERR_INVALID_ARG for an option out of range. */
  constructor(options: DtmfDetectorOptions = {}) {
    const { channel = 0, minLevelDbfs = -40 } = options;
    const format = pcmFormat(options.format ?? VOICE_FORMAT);
    if (!Number.isInteger(channel) || channel < 0 || channel >= format.channels) {
      throw invalidArgument('channel', `from 0 to ${format.channels - 1}`, channel);
    }
    if (!(minLevelDbfs >= -60 && minLevelDbfs <= -10)) {
      throw invalidArgument('minLevelDbfs', 'from -60 to -10', minLevelDbfs);
    }
    this.#channels = format.channels;
    this.#channel = channel;
    this.#sliceLength = Math.round((SLICE_MS * format.sampleRate) / 1000);
    const amplitude = 32768 * 10 ** (minLevelDbfs / 20);
    this.#minPower = (amplitude * amplitude) / 2;
    const angles = FREQUENCIES.map((hz) => (2 * Math.PI * hz) / format.sampleRate);
    const half = Math.ceil(this.#sliceLength / 2);
    const edge = (this.#sliceLength - 1) / 2;
    this.#turns = angles.map((angle) => waveTable(angle * this.#sliceLength, SLICES, 0));
    this.#waves = angles.map((angle) => waveTable(angle, half, -edge));
    this.#folded = { even: new Float64Array(half), odd: new Float64Array(half) };
    this.#slices = Array.from({ length: SLICES }, () => ({
      samples: new Float64Array(this.#sliceLength),
      energy: 0,
      sums: new Float64Array(FREQUENCIES.length * 2),
      summed: false,
    }));
  }

  push(samples: Int16Array): DtmfEvent[] {
    const events: DtmfEvent[] = [];
    const first = (this.#channel - this.#interleaved + this.#channels) % this.#channels;
    let slice = this.#at(this.#sliceCount).samples;
    for (let i = first; i < samples.length; i += this.#channels) {
      slice[this.#filled++] = samples[i] ?? 0;
      if (this.#filled < this.#sliceLength) continue;
      this.#filled = 0;
      this.#takeSlice(events);
      slice = this.#at(this.#sliceCount).samples;
    }
    this.#interleaved = (this.#interleaved + samples.length) % this.#channels;
    return events;
  }

  flush(): DtmfEvent[] {
    const end = this.#sliceCount * this.#sliceLength + this.#filled;
    const state = this.#state;
    this.#state = { name: 'quiet' };
    if (state.name !== 'sounding') return [];
    return [
      { type: 'end', digit: state.digit, begin: state.begin, end: Math.min(end, this.#edge(state.lastHit)) },
    ];
  }

  #takeSlice(events: DtmfEvent[]): void {
    const slice = this.#sliceCount++;
    const full = this.#at(slice);
    full.energy = energyOf(full.samples);
    full.summed = false;
    const digit = this.#sliceCount >= SLICES ? this.#digitInWindow() : undefined;
    const state = this.#state;
    switch (state.name) {
      case 'quiet':
        if (digit) this.#state = { name: 'rising', digit, begin: this.#risingEdge(slice), hits: 1 };
        return;
      case 'rising':
        if (digit !== state.digit) {
          this.#state = digit
            ? { name: 'rising', digit, begin: this.#risingEdge(slice), hits: 1 }
            : { name: 'quiet' };
        } else if (++state.hits === HITS_TO_BEGIN) {
          events.push({ type: 'begin', digit, position: state.begin });
          this.#state = { name: 'sounding', digit, begin: state.begin, lastHit: slice, misses: 0 };
        }
        return;
      case 'sounding':
        if (digit === state.digit) {
          state.lastHit = slice;
          state.misses = 0;
        } else if (++state.misses === MISSES_TO_END) {
          events.push({
            type: 'end',
            digit: state.digit,
            begin: state.begin,
            end: this.#edge(state.lastHit),
          });
          this.#state = { name: 'quiet' };
        }
        return;
      default:
        state satisfies never;
    }
  }

  /** The nth slice, where that is one of the last. */
  #at(n: number): Slice {
    return this.#slices[n % SLICES] as Slice;
  }

  /** The sums at all frequencies over one slice; even and odd parts about its middle need half the products each. */
  #sum({ samples, sums }: Slice): void {
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

  #digitInWindow(): DtmfDigit | undefined {
    const length = SLICES * this.#sliceLength;
    let energy = 0;
    for (const slice of this.#slices) energy += slice.energy;
    const meanPower = energy / length;
    // Most of a call is quiet, and costs no more than this.
    if (meanPower < this.#minPower) return undefined;
    for (const slice of this.#slices) {
      if (slice.summed) continue;
      this.#sum(slice);
      slice.summed = true;
    }
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
      columnPower <= rowPower * MAX_COLUMN_OVER_ROW &&
      rowPower <= columnPower * MAX_ROW_OVER_COLUMN;
    return isDigit ? dtmfDigit(row, column - DTMF_ROWS.length) : undefined;
  }

  /** Each slice's sum begins at angle 0 in its middle; the turns put them where they are in the window. */
  #powerAt(f: number): number {
    const turns = this.#turns[f] ?? this.#powers;
    let re = 0;
    let im = 0;
    for (let n = 0; n < SLICES; n++) {
      const { sums } = this.#at(this.#sliceCount + n);
      const a = sums[2 * f] ?? 0;
      const b = sums[2 * f + 1] ?? 0;
      const cos = turns[2 * n] ?? 0;
      const sin = turns[2 * n + 1] ?? 0;
      re += a * cos - b * sin;
      im += a * sin + b * cos;
    }
    return 2 * (re * re + im * im);
  }

  // The first and the last window with the digit hold PURITY of a window of it, and half a slice more on average.
  #risingEdge(slice: number): number {
    return Math.max(0, Math.round((slice + 0.5 - PURITY * SLICES) * this.#sliceLength));
  }

  #edge(lastHit: number): number {
    return Math.round((lastHit + 1.5 - SLICES + PURITY * SLICES) * this.#sliceLength);
  }
}

function energyOf(samples: Float64Array): number {
  let energy = 0;
  for (let i = 0; i < samples.length; i++) energy += (samples[i] ?? 0) ** 2;
  return energy;
}

/** cos and sin at `from`, `from + 1`, ... times `angle`. */
function waveTable(angle: number, length: number, from: number): Float64Array {
  return Float64Array.from({ length: 2 * length }, (_, i) =>
    i % 2 === 0 ? Math.cos(angle * (from + i / 2)) : Math.sin(angle * (from + (i - 1) / 2)),
  );
}

/** Index of the largest of `powers[from..to)`, where it stands out; otherwise undefined. */
function strongest(powers: Float64Array, from: number, to: number): number | undefined {
  let best = from;
  for (let i = from + 1; i < to; i++) if ((powers[i] ?? 0) > (powers[best] ?? 0)) best = i;
  for (let i = from; i < to; i++) {
    if (i !== best && (powers[i] ?? 0) * ABOVE_OTHERS > (powers[best] ?? 0)) return undefined;
  }
  return best;
}
