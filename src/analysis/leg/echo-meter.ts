import { Fft } from '../../voice/draw/fft.js';
import { BAND_RATE, type VoiceBands } from './voice-bands.js';

/** One leg that is heard in the other. */
export interface EchoReturn {
  readonly delayMs: number;
  /** Level of the echo over that of the voice it comes of, in dB: negative. */
  readonly levelDb: number;
}

/** Voice that is looked for, half a second, and as much again in which its echo may come. */
const BLOCK = BAND_RATE / 2;
const SIZE = 8192;
/** Blocks that are looked at: a minute of voice. More would only cost time. */
const MOST_BLOCKS = 120;
const LEAST_BLOCKS = 4;
/** Softest voice (-40 dBFS), and by how much it is louder than what the other leg has, as ratios of powers. */
const LOUD = 10 ** -4;
const ALONE = 4;
/** By how much the peak stands above the mean of the response, as a ratio of powers: 19 dB. */
const CLEAR = 80;
/** Samples over which a block begins and ends. */
const EDGE = 500;
/** Bins of 400 to 3400 Hz: below there is the hum of the mains, which both legs may have. */
const FIRST_BIN = Math.round((400 * SIZE) / BAND_RATE);
const LAST_BIN = Math.round((3400 * SIZE) / BAND_RATE);
const USED = LAST_BIN + 1 - FIRST_BIN;
/** Softest echo, in dB. */
const SOFTEST_DB = -45;

/** Memory to transform in, that all meters of this thread share: nothing of theirs stays in it. */
let shared: { readonly fft: Fft; readonly re: Float64Array; readonly im: Float64Array } | undefined;

function scratch() {
  shared ??= { fft: new Fft(SIZE), re: new Float64Array(SIZE), im: new Float64Array(SIZE) };
  return shared;
}

/** Finds the voice of one leg in the other: the response from the one to the other, as a mean over blocks of voice. */
export class EchoMeter {
  readonly #source: VoiceBands;
  readonly #target: VoiceBands;
  /** Of the bins that are used; those above half of the rate mirror them. */
  readonly #cross = { re: new Float64Array(USED), im: new Float64Array(USED) };
  readonly #power = new Float64Array(USED);
  #blocks = 0;
  #at = 0;

  constructor(source: VoiceBands, target: VoiceBands) {
    this.#source = source;
    this.#target = target;
  }

  /** Looks at the blocks that both legs have come to the end of. @returns true when more is known than before. */
  look(): boolean {
    const before = this.#blocks;
    while (this.#at + 2 * BLOCK <= Math.min(this.#source.end, this.#target.end)) {
      if (this.#blocks < MOST_BLOCKS) this.#look(this.#at);
      this.#at += BLOCK;
    }
    return this.#blocks > before && (this.#blocks & (this.#blocks - 1)) === 0;
  }

  /** The echo; undefined where too little voice was heard, null where there is none. */
  read(): EchoReturn | null | undefined {
    if (this.#blocks < LEAST_BLOCKS) return undefined;
    const { fft, re, im } = scratch();
    re.fill(0);
    im.fill(0);
    // A mean over all bins: what lies below and above those that are used has little of a voice's power.
    const floor = (2 * this.#power.reduce((sum, power) => sum + power, 0)) / SIZE / 1000;
    for (let used = 0; used < USED; used++) {
      const bin = used + FIRST_BIN;
      const power = (this.#power[used] as number) + floor;
      re[bin] = (this.#cross.re[used] as number) / power;
      // The inverse of a transform is that of the conjugate, and the mirrored bin is the conjugate of this one.
      im[bin] = -(this.#cross.im[used] as number) / power;
      re[SIZE - bin] = re[bin] as number;
      im[SIZE - bin] = -(im[bin] as number);
    }
    fft.transform(re, im);
    const lag = clearPeak(re.subarray(0, BLOCK));
    if (lag === undefined) return null;
    const levelDb = 20 * Math.log10(this.#gainAt(lag));
    return levelDb >= SOFTEST_DB ? { delayMs: (lag * 1000) / BAND_RATE, levelDb } : null;
  }

  /** The part of the voice that is in the other leg at a lag, as a ratio of amplitudes: least squares. */
  #gainAt(lag: number): number {
    let voice = 0;
    let common = 0;
    for (let used = 0; used < USED; used++) {
      const angle = (2 * Math.PI * (used + FIRST_BIN) * lag) / SIZE;
      common +=
        (this.#cross.re[used] as number) * Math.cos(angle) -
        (this.#cross.im[used] as number) * Math.sin(angle);
      voice += this.#power[used] as number;
    }
    return Math.abs(common / voice);
  }

  #look(from: number): void {
    const voice = energyOf(this.#source, from, BLOCK) / BLOCK;
    const there = energyOf(this.#target, from, 2 * BLOCK) / (2 * BLOCK);
    if (voice < LOUD || voice < there * ALONE) return;
    this.#blocks++;
    const { fft, re, im } = scratch();
    for (let i = 0; i < SIZE; i++) {
      re[i] = i < BLOCK ? sampleOf(this.#source, from + i) * edge(i, BLOCK) : 0;
      im[i] = i < 2 * BLOCK ? sampleOf(this.#target, from + i) * edge(i, 2 * BLOCK) : 0;
    }
    fft.transform(re, im);
    for (let used = 0; used < USED; used++) this.#add(used, re, im);
  }

  /** Two real transforms are in one complex one; adds their product and the power of the first. */
  #add(used: number, re: Float64Array, im: Float64Array): void {
    const bin = used + FIRST_BIN;
    const mirror = SIZE - bin;
    const xr = ((re[bin] as number) + (re[mirror] as number)) / 2;
    const xi = ((im[bin] as number) - (im[mirror] as number)) / 2;
    const yr = ((im[bin] as number) + (im[mirror] as number)) / 2;
    const yi = ((re[mirror] as number) - (re[bin] as number)) / 2;
    this.#cross.re[used] = (this.#cross.re[used] as number) + xr * yr + xi * yi;
    this.#cross.im[used] = (this.#cross.im[used] as number) + xr * yi - xi * yr;
    this.#power[used] = (this.#power[used] as number) + xr * xr + xi * xi;
  }
}

/** The lag at which a response stands out; undefined where none does. */
function clearPeak(response: Float64Array): number | undefined {
  let peak = 0;
  let sum = 0;
  for (let lag = 0; lag < response.length; lag++) {
    const square = (response[lag] as number) ** 2;
    sum += square;
    if (square > (response[peak] as number) ** 2) peak = lag;
  }
  return (response[peak] as number) ** 2 * response.length < CLEAR * sum ? undefined : peak;
}

/** Soft edges: a hum that is cut off would be heard at all frequencies. */
function edge(at: number, length: number): number {
  const inside = Math.min(at, length - 1 - at) / EDGE;
  return inside >= 1 ? 1 : (1 - Math.cos(Math.PI * inside)) / 2;
}

function sampleOf({ samples }: VoiceBands, at: number): number {
  return samples[at & (samples.length - 1)] as number;
}

function energyOf(bands: VoiceBands, from: number, count: number): number {
  let sum = 0;
  for (let at = from; at < from + count; at++) sum += sampleOf(bands, at) ** 2;
  return sum / 32768 ** 2;
}
