import { msToSamples } from '../../base/pcm.js';
import { FrameCutter } from '../../voice/frame-cutter.js';

const FRAME = msToSamples(20);
/** Longest delay from sending a sample to the return of its echo. */
const MAX_LAG = msToSamples(500);
/** Length that is compared to find the echo, in samples; and frames between two searches. */
const WINDOW = msToSamples(200);
const SEARCH_FRAMES = 5;
/** Samples that are summed to one in the coarse search. */
const COARSE = 8;
/** Length of the echo filter: a telephone line smears the echo over some milliseconds. */
const TAPS = 64;
const STEP = 0.5;
/** Mean power of -60 dBFS. A softer caller does not interrupt. */
const AUDIBLE = (32768 * 10 ** (-60 / 20)) ** 2;
/** Correlation from which the echo counts as found. */
const FOUND = 0.7;
/** Correlation from which the filter learns from a frame. It is lower when the caller speaks as well. */
const TEACHING = 0.6;
/** Correlation from which a frame is only echo. Below it, a frame is only echo when the filter removes 6 dB or more. */
const ECHO_ONLY = 0.8;
const REMAINS = 0.25;
/** A voice more than 11 dB softer than the played audio is not distinguished from an echo: a line takes 12 dB. */
const FAINT = 0.08;
/** Correlation by which another delay has to exceed the known one. */
const BETTER = 0.1;
/** While the filter is not proven, a caller may be at most 6 dB softer than the played audio. */
const UNPROVEN = 0.25;

/** Size of the rings: a power of two, with room for the compared audio and for audio sent ahead. */
const RING = 32_768;

/**
 * Removes the echo of the played audio from the received audio, so that a prompt does not interrupt itself. It
 * correlates the received audio with the audio played in the last 500 ms to find the delay. An adaptive filter (NLMS)
 * follows the line, and frames that it explains become silence. Uses no call and no clock.
 */
export class EchoGuard {
  readonly #played = new Float64Array(RING);
  readonly #heard = new Float64Array(RING);
  readonly #filter = new Float64Array(TAPS);
  readonly #frames = new FrameCutter(FRAME);
  #position: number | undefined;
  #count = 0;
  #lag: number | undefined;
  /**
   * True once the filter has explained a frame. Before that, the delay may be a chance match, since voices repeat
   * themselves.
   */
  #proven = false;

  /** Takes played samples; `position` is on the time line of the received audio. */
  play(samples: Int16Array, position: number): void {
    for (let i = 0; i < samples.length; i++) this.#played[ring(position + i)] = samples[i] ?? 0;
    // Later samples are not known yet and count as silence.
    for (let i = 0; i < FRAME; i++) this.#played[ring(position + samples.length + i)] = 0;
  }

  /** Yields the received samples without the echo, in whole frames. */
  *clean(samples: Int16Array, position: number): Generator<Int16Array> {
    this.#position ??= position;
    for (const frame of this.#frames.push(samples)) {
      const at = this.#position;
      this.#position += FRAME;
      for (let i = 0; i < FRAME; i++) this.#heard[ring(at + i)] = frame[i] ?? 0;
      yield this.#cleanFrame(frame, at);
    }
  }

  #cleanFrame(frame: Int16Array, at: number): Int16Array {
    const loudest = this.#loudest(at);
    const power = powerOf(this.#heard, at);
    if (loudest === 0) return frame;
    const silence = new Int16Array(FRAME);
    if (power < AUDIBLE) return silence;
    if (this.#count++ % SEARCH_FRAMES === SEARCH_FRAMES - 1) this.#search(at + FRAME - WINDOW);
    if (this.#lag === undefined) return power > loudest * UNPROVEN ? frame : silence;
    const likeness = Math.abs(this.#correlation(at, FRAME, this.#lag));
    const rest = this.#subtract(at, this.#lag - TAPS / 2, likeness >= TEACHING);
    const left = Math.min(power, powerOf(rest, 0));
    // A filter that adds power has learned from something other than the echo.
    if (left === power) this.#filter.fill(0);
    this.#proven ||= left <= power * REMAINS;
    const least = loudest * (this.#proven ? FAINT : UNPROVEN);
    const isEcho = likeness >= ECHO_ONLY || left <= power * REMAINS || left <= least;
    return isEcho ? silence : Int16Array.from(rest, (value) => Math.max(-32768, Math.min(32767, value)));
  }

  /** Power of the loudest played frame whose echo could return now. */
  #loudest(at: number): number {
    let loudest = 0;
    for (let lag = 0; lag <= MAX_LAG; lag += FRAME)
      loudest = Math.max(loudest, powerOf(this.#played, at - lag));
    return loudest;
  }

  /** Looks for the delay at which the last 200 ms are most alike: coarsely, then to the sample. */
  #search(from: number): void {
    const coarse = this.#coarseLag(from);
    if (coarse === undefined) return;
    const { lag, likeness } = this.#fineLag(from, coarse);
    const known = this.#lag === undefined ? 0 : Math.abs(this.#correlation(from, WINDOW, this.#lag)) + BETTER;
    if (likeness < Math.max(FOUND, known)) return;
    this.#lag = lag;
    this.#proven = false;
    this.#filter.fill(0);
  }

  /** Finds the delay to within 8 samples; undefined when the correlation is too low. */
  #coarseLag(from: number): number | undefined {
    const played = sums(this.#played, from - MAX_LAG, MAX_LAG + WINDOW);
    const heard = sums(this.#heard, from, WINDOW);
    let best: number | undefined;
    let most = FOUND;
    for (let start = 0; start <= MAX_LAG / COARSE; start++) {
      const likeness = Math.abs(alike(heard, played.subarray(start, start + heard.length)));
      if (likeness < most) continue;
      most = likeness;
      best = MAX_LAG - start * COARSE;
    }
    return best;
  }

  #fineLag(from: number, coarse: number): { lag: number; likeness: number } {
    let best = { lag: 0, likeness: 0 };
    for (let lag = Math.max(0, coarse - COARSE); lag <= coarse + COARSE; lag++) {
      const likeness = Math.abs(this.#correlation(from, WINDOW, lag));
      if (likeness > best.likeness) best = { lag, likeness };
    }
    return best;
  }

  /** Correlation of the received audio with the audio played `lag` samples earlier; 1 for the same wave. */
  #correlation(from: number, length: number, lag: number): number {
    let product = 0;
    let heardEnergy = 0;
    let playedEnergy = 0;
    for (let i = 0; i < length; i++) {
      const heard = this.#heard[ring(from + i)] ?? 0;
      const played = this.#played[ring(from + i - lag)] ?? 0;
      product += heard * played;
      heardEnergy += heard * heard;
      playedEnergy += played * played;
    }
    return product === 0 ? 0 : product / Math.sqrt(heardEnergy * playedEnergy);
  }

  /** Returns the part of a frame that the filter does not explain. With `learns`, the filter adapts to the frame. */
  #subtract(at: number, lag: number, learns: boolean): Float64Array {
    const rest = new Float64Array(FRAME);
    const filter = this.#filter;
    for (let i = 0; i < FRAME; i++) {
      let echo = 0;
      let energy = 1;
      for (let k = 0; k < TAPS; k++) {
        const sample = this.#played[ring(at + i - lag - k)] ?? 0;
        echo += (filter[k] ?? 0) * sample;
        energy += sample * sample;
      }
      const error = (this.#heard[ring(at + i)] ?? 0) - echo;
      rest[i] = error;
      if (!learns) continue;
      const gain = (STEP * error) / energy;
      for (let k = 0; k < TAPS; k++) {
        filter[k] = (filter[k] ?? 0) + gain * (this.#played[ring(at + i - lag - k)] ?? 0);
      }
    }
    return rest;
  }
}

function ring(position: number): number {
  return position & (RING - 1);
}

/** Sums of every {@link COARSE} samples of a ring. */
function sums(samples: Float64Array, from: number, length: number): Float64Array {
  const coarse = new Float64Array(length / COARSE);
  for (let i = 0; i < length; i++) {
    const at = (i / COARSE) | 0;
    coarse[at] = (coarse[at] ?? 0) + (samples[ring(from + i)] ?? 0);
  }
  return coarse;
}

/** Correlation of two runs of one length, -1 to 1. */
function alike(a: Float64Array, b: Float64Array): number {
  let product = 0;
  let energyA = 0;
  let energyB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    product += x * y;
    energyA += x * x;
    energyB += y * y;
  }
  return product === 0 ? 0 : product / Math.sqrt(energyA * energyB);
}

/** Mean power of the frame at `at`, in a ring or in an array of a frame. */
function powerOf(samples: Float64Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < FRAME; i++) {
    const value = samples[samples.length === RING ? ring(at + i) : i] ?? 0;
    sum += value * value;
  }
  return sum / FRAME;
}
