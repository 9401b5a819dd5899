import { msToSamples } from '../../pcm.js';
import { FrameCutter } from '../../voice/frame-cutter.js';

const FRAME = msToSamples(20);
/** The longest way from our sending to the return of its echo. */
const MAX_LAG = msToSamples(500);
/** What is compared to find the echo, and how often. */
const WINDOW = msToSamples(200);
const SEARCH_FRAMES = 5;
/** Samples that are one in the search: it needs the shape only. */
const COARSE = 8;
/** The echo's way is a filter of this length: a telephone line smears it over some milliseconds. */
const TAPS = 64;
const STEP = 0.5;
/** Mean power of -60 dBFS: what is softer has no echo. */
const AUDIBLE = (32768 * 10 ** (-60 / 20)) ** 2;
/** Correlation at which the echo is taken for found. */
const FOUND = 0.7;
/** Correlation at which a frame teaches the filter: when the caller speaks as well it is lower. */
const TEACHING = 0.6;
/** Correlation at which a frame is nothing but echo, and what the filter has to take off where it is lower (6 dB). */
const ECHO_ONLY = 0.8;
const REMAINS = 0.25;
/** A caller who is softer than what is played by more than this (11 dB) is not told from an echo: a line takes 12. */
const FAINT = 0.08;
/** How much more alike another delay has to be than the one that was found. */
const BETTER = 0.1;
/** While the filter has not explained an echo yet, a caller has to be as loud as what is played, less this (6 dB). */
const UNPROVEN = 0.25;

const RING = 2 * (MAX_LAG + WINDOW + TAPS + FRAME);

/**
 * Takes the echo of what is played out of what is heard, so that a prompt does not cut itself short. What is heard is
 * compared with what was played in the last 500 ms: where they are alike the delay is found, an adaptive filter (NLMS)
 * follows the line, and frames that it explains become silence. Knows no call and no clock.
 */
export class EchoGuard {
  readonly #played = new Float64Array(RING);
  readonly #heard = new Float64Array(RING);
  readonly #filter = new Float64Array(TAPS);
  readonly #frames = new FrameCutter(FRAME);
  #position: number | undefined;
  #count = 0;
  #lag: number | undefined;
  /** Whether the filter has explained a frame: a delay can be found by chance, for voices repeat themselves. */
  #proven = false;

  /** What is played, by its place on the line of what is heard. */
  play(samples: Int16Array, position: number): void {
    for (let i = 0; i < samples.length; i++) this.#played[ring(position + i)] = samples[i] ?? 0;
    // Nothing is known of what follows: it is silence until it is told.
    for (let i = 0; i < FRAME; i++) this.#played[ring(position + samples.length + i)] = 0;
  }

  /** What is heard without the echo, in whole frames. */
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
    if (loudest < AUDIBLE || power < AUDIBLE) return frame;
    if (this.#count++ % SEARCH_FRAMES === SEARCH_FRAMES - 1) this.#search(at + FRAME - WINDOW);
    const silence = new Int16Array(FRAME);
    if (this.#lag === undefined) return power > loudest * UNPROVEN ? frame : silence;
    const likeness = Math.abs(this.#correlation(at, FRAME, this.#lag, 1));
    const rest = this.#subtract(at, this.#lag - TAPS / 2, likeness >= TEACHING);
    const left = Math.min(power, powerOf(rest, 0));
    // What adds to the frame has learned from something else than the echo.
    if (left === power) this.#filter.fill(0);
    this.#proven ||= left <= power * REMAINS;
    const least = loudest * (this.#proven ? FAINT : UNPROVEN);
    const isEcho = likeness >= ECHO_ONLY || left <= power * REMAINS || left <= least;
    return isEcho ? silence : Int16Array.from(rest, (value) => Math.max(-32768, Math.min(32767, value)));
  }

  /** Power of the loudest frame that could come back now. */
  #loudest(at: number): number {
    let loudest = 0;
    for (let lag = 0; lag <= MAX_LAG; lag += FRAME)
      loudest = Math.max(loudest, powerOf(this.#played, at - lag));
    return loudest;
  }

  /** Looks for the delay at which the last 200 ms are most alike: coarsely, then to the sample. */
  #search(from: number): void {
    const coarse = this.#best(from, 0, MAX_LAG, COARSE);
    if (coarse.likeness < FOUND) return;
    const { lag, likeness } = this.#best(from, coarse.lag - COARSE, coarse.lag + COARSE, 1);
    const known =
      this.#lag === undefined ? 0 : Math.abs(this.#correlation(from, WINDOW, this.#lag, 1)) + BETTER;
    if (likeness < Math.max(FOUND, known)) return;
    this.#lag = lag;
    this.#proven = false;
    this.#filter.fill(0);
  }

  #best(from: number, least: number, most: number, step: number): { lag: number; likeness: number } {
    let best = { lag: 0, likeness: 0 };
    for (let lag = Math.max(0, least); lag <= most; lag += step) {
      const likeness = Math.abs(this.#correlation(from, WINDOW, lag, step));
      if (likeness > best.likeness) best = { lag, likeness };
    }
    return best;
  }

  /** Of what was heard with what was played `lag` before, 1 for the same wave; over every `step`th sum of `step`. */
  #correlation(from: number, length: number, lag: number, step: number): number {
    let product = 0;
    let heardEnergy = 0;
    let playedEnergy = 0;
    for (let i = 0; i < length; i += step) {
      let heard = 0;
      let played = 0;
      for (let k = 0; k < step; k++) {
        heard += this.#heard[ring(from + i + k)] ?? 0;
        played += this.#played[ring(from + i + k - lag)] ?? 0;
      }
      product += heard * played;
      heardEnergy += heard * heard;
      playedEnergy += played * played;
    }
    return product === 0 ? 0 : product / Math.sqrt(heardEnergy * playedEnergy);
  }

  /** What the filter does not explain; it learns where the frame is mostly echo. */
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
  return ((position % RING) + RING) % RING;
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
