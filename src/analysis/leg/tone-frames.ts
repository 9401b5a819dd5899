import { RealSpectrum } from './real-spectrum.js';
import { BAND_RATE, BIN_HZ, FRAME, type VoiceBands } from './voice-bands.js';

/** Steady tone of one or two sines. Positions are samples at the rate of the bands. */
export interface Tone {
  readonly from: number;
  readonly to: number;
  /** Lower one first, in Hz. */
  readonly frequencies: readonly number[];
  /** RMS, in dBFS. */
  readonly levelDbfs: number;
}

/** Bins in which tones lie: 219 to 3594 Hz. */
const FIRST_BIN = 7;
const LAST_BIN = 115;
/** Bins on each side of a peak that belong to it. */
const LOBE = 2;
/** Softest tone, as the power of a frame: -50 dBFS. */
const SOFTEST = 10 ** -5;
/** Least share of the power of a frame in one or two peaks that may be a tone. */
const PURE = 0.82;
/** Least consecutive frames of a tone: 100 ms. */
const LEAST_FRAMES = 10;
/** Frames without the tone after which it ends. A lost packet is shorter. */
const MISSES = 7;
/** Greatest ratio by which the power over 50 ms changes within 100 ms of a tone: 3 dB. Vowels change more. */
const STEADY = 2;
const STEADY_FRAMES = 5;
/** Least frames of a tone of two sines that may be harmonics of a voice: 300 ms. */
const HARMONIC_FRAMES = 30;
const HARMONIC_RATIOS = [1.25, 4 / 3, 1.5, 5 / 3, 2, 3] as const;
/** Greatest deviation from such a ratio: the pitch of a voice glides. The two sines of busy tones are 3.1 % off. */
const HARMONIC_OFF = 0.028;
/** Samples over which the frequencies of a tone are measured: 128 ms. */
const LONG = 1024;
const LONG_PURE = 0.85;
const LONG_LOBE = 3;
/** Least ratio of the power of the weaker of two sines to that of the stronger. */
const SECOND = 0.06;

/** Frames around the first and the last frame of a tone in which its exact start and end are searched. */
const EDGE_FRAMES = 5;
/** Least share of the power of a tone in a frame that contains part of it. */
const FILLED = 0.15;
/** Frames of 10 ms whose power is kept. */
const RING = 64;

/** Frames in a row that may be a tone. */
class Run {
  readonly firstFrame: number;
  /** Powers of the first frame and of those before it, newest last, by which the start is found. */
  readonly onset: Float64Array;
  readonly peaks: readonly [number, number];
  lastFrame: number;
  frames = 1;
  /** Least and greatest power over 50 ms since the last measurement of the tone. */
  least = Number.POSITIVE_INFINITY;
  most = 0;
  sum = 0;
  frequencies: readonly number[] | undefined;
  /** Sample at which it began, once it is known to be a tone. */
  from = 0;

  constructor(frame: number, onset: Float64Array, peaks: readonly [number, number]) {
    this.firstFrame = frame;
    this.lastFrame = frame;
    this.onset = onset;
    this.peaks = peaks;
  }
}

/** Spectrum that all detectors of this thread share. Its result is used at once. */
let long: RealSpectrum | undefined;

/**
 * Finds steady tones: consecutive frames in which one or two peaks hold nearly all power and keep their frequencies.
 */
export class ToneFrames {
  readonly #bands: VoiceBands;
  #run: Run | undefined;
  /** Powers of the newest frames of 10 ms, by which the edges of tones are found. */
  readonly #powers = new Float64Array(RING);

  constructor(bands: VoiceBands) {
    this.#bands = bands;
  }

  /** First frame of the current tone; undefined when there is none. */
  get soundingFrom(): number | undefined {
    return this.#run && isTone(this.#run) ? this.#run.firstFrame : undefined;
  }

  /** Analyses the newest frame. @returns a tone that has ended. */
  take(): Tone | undefined {
    const frame = this.#bands.count - 1;
    this.#powers[frame & (RING - 1)] = this.#bands.meanSquare(frame);
    const peaks = this.#bands.total < SOFTEST ? undefined : this.#peaks();
    const run = this.#run;
    if (peaks && run && this.#goesOn(run, peaks)) {
      run.lastFrame = frame;
      run.frames++;
      this.#note(run);
      if (run.frames % LEAST_FRAMES === 0) this.#measure(run);
      return undefined;
    }
    if (run && frame - run.lastFrame < MISSES) return undefined;
    const ended = run && isTone(run) ? this.#toneOf(run) : undefined;
    this.#run = peaks && new Run(frame, this.#newest(EDGE_FRAMES), peaks);
    return ended;
  }

  /** Returns the tone that has not ended yet. */
  end(): Tone | undefined {
    const run = this.#run;
    this.#run = undefined;
    return run && isTone(run) ? this.#toneOf(run) : undefined;
  }

  /** Returns the bins of one or two peaks that hold nearly all power of the newest frame. */
  #peaks(): readonly [number, number] | undefined {
    const { spectrum, total } = this.#bands;
    const first = this.#bands.strongest(FIRST_BIN, LAST_BIN);
    const firstPower = around(spectrum, first, LOBE);
    if (firstPower < 0.4 * total) return undefined;
    const second = strongest(spectrum, FIRST_BIN, LAST_BIN, first, 2 * LOBE);
    const secondPower = around(spectrum, second, LOBE);
    return firstPower + secondPower >= PURE * total ? [first, second] : undefined;
  }

  #goesOn(run: Run, [first, second]: readonly [number, number]): boolean {
    if (!isNear(run, first)) return false;
    // A second peak that is strong enough has to belong to the run, too.
    const { spectrum } = this.#bands;
    return around(spectrum, second, LOBE) < SECOND * around(spectrum, first, LOBE) || isNear(run, second);
  }

  #note(run: Run): void {
    if (run.frames <= 3) return;
    run.sum += this.#bands.total;
    if (run.frames <= 3 + STEADY_FRAMES) return;
    const newest = this.#bands.count - 1;
    let power = 0;
    for (let frame = newest - STEADY_FRAMES + 1; frame <= newest; frame++)
      power += this.#powers[frame & (RING - 1)] as number;
    run.least = Math.min(run.least, power);
    run.most = Math.max(run.most, power);
  }

  /**
   * Measures the frequencies of a run with a longer spectrum. A run that is not steady or not pure enough is not a tone
   * yet.
   */
  #measure(run: Run): void {
    const isSteady = run.most <= run.least * STEADY;
    run.least = Number.POSITIVE_INFINITY;
    run.most = 0;
    if (!isSteady) return;
    const size = LONG;
    long ??= new RealSpectrum(LONG);
    const bins = long.take(this.#bands.samples, this.#bands.end - size + this.#bands.samples.length);
    const hz = BAND_RATE / size;
    const low = Math.round((FIRST_BIN * BIN_HZ) / hz);
    const high = Math.round((LAST_BIN * BIN_HZ) / hz);
    let total = 0;
    for (let bin = low; bin <= high; bin++) total += bins[bin] as number;
    const first = strongest(bins, low, high, -1, LONG_LOBE);
    const firstPower = around(bins, first, LONG_LOBE);
    const second = strongest(bins, low, high, first, LONG_LOBE + 1);
    const secondPower = around(bins, second, LONG_LOBE);
    const isTwo = secondPower >= SECOND * firstPower;
    const held = firstPower + (isTwo ? secondPower : 0);
    if (held < LONG_PURE * total) return;
    const peaks = isTwo ? [first, second] : [first];
    if (!run.frequencies) run.from = beginOf(run);
    run.frequencies = peaks.map((bin) => centre(bins, bin) * hz).sort((a, b) => a - b);
  }

  #toneOf(run: Run): Tone {
    const full = powerOf(run);
    return {
      from: run.from,
      to: this.#endOf(run.lastFrame, full),
      frequencies: run.frequencies ?? [],
      levelDbfs: 10 * Math.log10(full),
    };
  }

  /** Returns the powers of the newest frames, the newest last. */
  #newest(count: number): Float64Array {
    const last = this.#bands.count - 1;
    const powers = new Float64Array(count);
    for (let i = Math.max(0, count - 1 - last); i < count; i++)
      powers[i] = this.#powers[(last - count + 1 + i) & (RING - 1)] as number;
    return powers;
  }

  /** Returns the sample at which a tone ended, by the share of a frame that it fills. */
  #endOf(frame: number, full: number): number {
    const partOf = (at: number) => Math.min(1, (this.#powers[at & (RING - 1)] as number) / full);
    let at = Math.min(frame + 1, this.#bands.count - 1);
    while (at > frame - EDGE_FRAMES + 1 && partOf(at) <= FILLED) at--;
    return Math.round((at + partOf(at)) * FRAME);
  }
}

/** Returns the sample at which a tone began, by the share of a frame that it fills. */
function beginOf(run: Run): number {
  const full = powerOf(run);
  const partOf = (at: number) => Math.min(1, (run.onset[at] as number) / full);
  let at = EDGE_FRAMES - 1;
  while (at > 0 && partOf(at - 1) > FILLED) at--;
  return Math.round((run.firstFrame - EDGE_FRAMES + 2 + at - partOf(at)) * FRAME);
}

function isNear({ peaks }: Run, bin: number): boolean {
  return Math.abs(peaks[0] - bin) <= 1 || Math.abs(peaks[1] - bin) <= 1;
}

/** True for a run that was measured and is not a vowel. */
function isTone({ frequencies, frames }: Run): boolean {
  if (frequencies === undefined) return false;
  const [low = 0, high = 0] = frequencies;
  const isHarmonic = HARMONIC_RATIOS.some((ratio) => Math.abs(high / low / ratio - 1) < HARMONIC_OFF);
  return frames >= (isHarmonic ? HARMONIC_FRAMES : LEAST_FRAMES);
}

/** Returns the mean square of a tone, without its first frames, which it may fill only in part. */
function powerOf({ sum, frames }: Run): number {
  return sum / Math.max(1, frames - 3);
}

/** Returns the strongest bin from `low` to `high` that is more than `apart` away from `but`. */
function strongest(bins: Float32Array, low: number, high: number, but: number, apart: number): number {
  let best = low;
  let power = -1;
  for (let bin = low; bin <= high; bin++) {
    const value = bins[bin] as number;
    if (value > power && (but < 0 || bin > but + apart || bin < but - apart)) {
      best = bin;
      power = value;
    }
  }
  return best;
}

function around(bins: Float32Array, bin: number, lobe: number): number {
  let sum = 0;
  for (let at = bin - lobe; at <= bin + lobe; at++) sum += bins[at] as number;
  return sum;
}

/**
 * Returns the position of a peak between bins, from the strongest three. It is exact for a Hann window, apart from the
 * leakage of other sines.
 */
function centre(bins: Float32Array, bin: number): number {
  const [left, middle, right] = [-1, 0, 1].map((off) => Math.sqrt(bins[bin + off] as number)) as [
    number,
    number,
    number,
  ];
  const side = right > left ? 1 : -1;
  const ratio = Math.max(left, right) / Math.max(middle, Number.MIN_VALUE);
  return bin + side * Math.max(0, (2 * ratio - 1) / (1 + ratio));
}
