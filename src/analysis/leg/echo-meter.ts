import { echoTransform } from './echo-transform.js';
import { BAND_RATE, FRAME, type VoiceBands } from './voice-bands.js';

/** Echo of one leg in the other. */
export interface EchoReturn {
  readonly delayMs: number;
  /** Level of the echo relative to the voice that causes it, in dB: negative. */
  readonly levelDb: number;
}

/** Samples of a block of voice: half a second. Its echo is looked for in twice that time. */
const BLOCK = BAND_RATE / 2;
const SIZE = 8192;
/** Most blocks that are used: a minute of voice. More do not improve the result. */
const MOST_BLOCKS = 120;
const LEAST_BLOCKS = 4;
/** Softest voice that is used (-40 dBFS), and how much louder than the other leg it has to be, as ratios of powers. */
const LOUD = 10 ** -4;
const ALONE = 4;
/** Least ratio of the power of the peak to the mean power of the response: 19 dB. */
const CLEAR = 80;
/** Samples over which a block is faded in and out. */
const EDGE = 500;
/** Bins of 400 to 3400 Hz. Lower ones may hold mains hum, which both legs may have. */
const FIRST_BIN = Math.round((400 * SIZE) / BAND_RATE);
const LAST_BIN = Math.round((3400 * SIZE) / BAND_RATE);
const USED = LAST_BIN + 1 - FIRST_BIN;
/** Softest echo, in dB. */
const SOFTEST_DB = -45;

/**
 * Weights of the first samples of a block, and of the last ones in reverse. A hard cut of a hum would spread over all
 * frequencies.
 */
const RISE = Float64Array.from({ length: EDGE }, (_, i) => (1 - Math.cos((Math.PI * i) / EDGE)) / 2);

/**
 * Finds the echo of one leg in the other. It estimates the response from the one to the other as a mean over blocks of
 * voice.
 */
export class EchoMeter {
  readonly #source: VoiceBands;
  readonly #target: VoiceBands;
  /** Cross spectrum of the bins that are used. Bins above half of the rate mirror them. */
  readonly #cross = { re: new Float64Array(USED), im: new Float64Array(USED) };
  readonly #power = new Float64Array(USED);
  #blocks = 0;
  #at = 0;

  constructor(source: VoiceBands, target: VoiceBands) {
    this.#source = source;
    this.#target = target;
  }

  /** Analyses the blocks for which both legs have enough samples. @returns true when the estimate has been improved. */
  look(): boolean {
    const before = this.#blocks;
    while (this.#at + 2 * BLOCK <= Math.min(this.#source.end, this.#target.end)) {
      if (this.#blocks < MOST_BLOCKS) this.#look(this.#at);
      this.#at += BLOCK;
    }
    return this.#blocks > before && (this.#blocks & (this.#blocks - 1)) === 0;
  }

  /** Returns the echo; undefined when too little voice was heard, null when there is none. */
  read(): EchoReturn | null | undefined {
    if (this.#blocks < LEAST_BLOCKS) return undefined;
    const transform = echoTransform(SIZE);
    const { re, im } = transform.input;
    re.fill(0);
    im.fill(0);
    // The mean is taken over all bins: those that are not used have little of the power of a voice.
    const floor = (2 * this.#power.reduce((sum, power) => sum + power, 0)) / SIZE / 1000;
    for (let used = 0; used < USED; used++) {
      const bin = used + FIRST_BIN;
      const power = (this.#power[used] as number) + floor;
      re[bin] = (this.#cross.re[used] as number) / power;
      // The inverse transform is computed by transforming the conjugate. The mirrored bin is the conjugate of this one.
      im[bin] = -(this.#cross.im[used] as number) / power;
      re[SIZE - bin] = re[bin] as number;
      im[SIZE - bin] = -(im[bin] as number);
    }
    const lag = clearPeak(transform.take().re.subarray(0, BLOCK));
    if (lag === undefined) return null;
    const levelDb = 20 * Math.log10(this.#gainAt(lag));
    return levelDb >= SOFTEST_DB ? { delayMs: (lag * 1000) / BAND_RATE, levelDb } : null;
  }

  /** Returns the gain of the echo at a lag, as a ratio of amplitudes, by least squares. */
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
    const voice = powerOf(this.#source, from, BLOCK);
    const there = powerOf(this.#target, from, 2 * BLOCK);
    if (voice < LOUD || voice < there * ALONE) return;
    this.#blocks++;
    const transform = echoTransform(SIZE);
    const { re, im } = transform.input;
    copyBlock(this.#source, from, BLOCK, re);
    copyBlock(this.#target, from, 2 * BLOCK, im);
    this.#add(transform.take());
  }

  /**
   * Splits one complex transform into those of the two real signals. Adds their cross spectrum and the power of the
   * first.
   */
  #add({ re, im }: { readonly re: Float32Array; readonly im: Float32Array }): void {
    const { re: crossRe, im: crossIm } = this.#cross;
    const power = this.#power;
    for (let used = 0, bin = FIRST_BIN, mirror = SIZE - FIRST_BIN; used < USED; used++, bin++, mirror--) {
      const xr = ((re[bin] as number) + (re[mirror] as number)) / 2;
      const xi = ((im[bin] as number) - (im[mirror] as number)) / 2;
      const yr = ((im[bin] as number) + (im[mirror] as number)) / 2;
      const yi = ((re[mirror] as number) - (re[bin] as number)) / 2;
      crossRe[used] = (crossRe[used] as number) + xr * yr + xi * yi;
      crossIm[used] = (crossIm[used] as number) + xr * yi - xi * yr;
      power[used] = (power[used] as number) + xr * xr + xi * xi;
    }
  }
}

/** Returns the lag of a clear peak of the response; undefined when there is none. */
function clearPeak(response: Float32Array): number | undefined {
  let peak = 0;
  let sum = 0;
  for (let lag = 0; lag < response.length; lag++) {
    const square = (response[lag] as number) ** 2;
    sum += square;
    if (square > (response[peak] as number) ** 2) peak = lag;
  }
  return (response[peak] as number) ** 2 * response.length < CLEAR * sum ? undefined : peak;
}

/** Copies the samples of a block, with faded edges and silence after it. */
function copyBlock({ samples }: VoiceBands, from: number, length: number, to: Float32Array): void {
  const start = from & (samples.length - 1);
  const first = samples.subarray(start, start + length);
  to.set(first);
  if (first.length < length) to.set(samples.subarray(0, length - first.length), first.length);
  to.fill(0, length);
  for (let i = 0, last = length - 1; i < EDGE; i++, last--) {
    const weight = RISE[i] as number;
    to[i] = (to[i] as number) * weight;
    to[last] = (to[last] as number) * weight;
  }
}

/** Returns the mean square of whole frames. */
function powerOf(bands: VoiceBands, from: number, count: number): number {
  const frames = count / FRAME;
  let sum = 0;
  for (let i = 0, frame = from / FRAME; i < frames; i++, frame++) sum += bands.meanSquare(frame);
  return sum / frames;
}
