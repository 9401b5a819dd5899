import { highPass, shelf } from '../../voice/level/k-weighting.js';
import { LoudnessSteps, loudnessStep } from '../../voice/level/loudness-steps.js';
import { ActiveLevelMeter, levelSmoothing } from './active-level.js';
import { type LegKernel, legKernel, PLACES } from './leg-kernel.js';
import { SampleMeter } from './sample-meter.js';

/** Levels of one leg. */
export class LegLevels {
  readonly samples = new SampleMeter();
  readonly active: ActiveLevelMeter;
  readonly loudness = new LoudnessSteps();

  constructor(sampleRate: number) {
    this.active = new ActiveLevelMeter(sampleRate);
  }
}

/** Offsets in the state of the filters of the kernel. Each is a pair of f64, one for each leg. */
const FIRST = 0;
const SECOND = 2;
const LOW = 4;
const HIGH = 6;
const WEIGHTED = 8;
const ENERGY = 16;
const COEFFICIENTS = 18;
const STATE = 36;
/**
 * Values below which the state of a filter is set to 0: of envelopes, in s16 steps, and of weighted samples, relative
 * to full scale.
 */
const LEAST_ENVELOPE = 1e-9;
const LEAST_WEIGHTED = 1e-15;

/**
 * Measures the levels of one or two legs at once, with the same SIMD instructions: sums of samples, active level (P.56)
 * and loudness (BS.1770). Pieces are 100 ms long, except the last.
 */
export class SoundMeter {
  readonly legs: readonly LegLevels[];
  readonly #kernel: LegKernel = legKernel();
  readonly #step: number;
  readonly #state = new Float64Array(STATE);

  constructor(legs: number, sampleRate: number) {
    this.legs = Array.from({ length: legs }, () => new LegLevels(sampleRate));
    this.#step = loudnessStep(sampleRate);
    const keep = levelSmoothing(sampleRate);
    const [b0, b1, b2, a1, a2] = shelf(sampleRate);
    const [, , , d1, d2] = highPass(sampleRate);
    const weights = [b0 / 32768, b1 / 32768, b2 / 32768, a1, a2, d1, d2];
    for (const [index, value] of [keep, 1 - keep, ...weights].entries())
      this.#state.fill(value, COEFFICIENTS + 2 * index, COEFFICIENTS + 2 * index + 2);
  }

  /** Takes the next piece of each leg. All have the same length. */
  take(pieces: readonly Int16Array[]): void {
    const [{ length = 0 } = {}] = pieces;
    const count = (length + 7) & ~7;
    let isStill = true;
    for (let leg = 0; leg < 2; leg++) {
      const at = (PLACES.legs[leg] as number) / 2;
      const piece = pieces[leg];
      const { samples } = this.#kernel;
      if (piece) samples.set(piece, at);
      for (let i = at + (piece ? length : 0); i < at + count; i++) samples[i] = 0;
      if (piece && this.#sum(leg, piece, count) > 0) isStill = false;
    }
    const isIdle = isStill && this.#hasSettled;
    if (!isIdle) this.#filter(length);
    const { doubles } = this.#kernel;
    for (const [leg, { active, loudness, samples }] of this.legs.entries()) {
      active.advance(length, samples.newestSquares);
      const energy = isIdle ? 0 : (doubles[PLACES.state / 8 + ENERGY + leg] as number);
      if (length === this.#step) loudness.add(energy / length);
    }
  }

  /** True when the filters have decayed to 0. */
  get #hasSettled(): boolean {
    const state = this.#state;
    for (let i = FIRST; i < ENERGY; i++) if ((i < LOW || i >= WEIGHTED) && state[i] !== 0) return false;
    return true;
  }

  #sum(leg: number, piece: Int16Array, count: number): number {
    const kernel = this.#kernel;
    const at = PLACES.legs[leg] as number;
    const squares = kernel.squares(at, count);
    kernel.extremes(at, count, PLACES.out);
    this.legs[leg]?.samples.take(piece, {
      sum: kernel.doubles[PLACES.out / 8] as number,
      squares,
      most: kernel.ints[PLACES.out / 4 + 2] as number,
      least: kernel.ints[PLACES.out / 4 + 3] as number,
    });
    return squares;
  }

  #filter(count: number): void {
    const { doubles } = this.#kernel;
    const place = PLACES.state / 8;
    const state = this.#state;
    state[ENERGY] = 0;
    state[ENERGY + 1] = 0;
    doubles.set(state, place);
    const [left, right] = PLACES.legs;
    for (let at = 0; at < count; ) {
      for (let leg = 0; leg < 2; leg++) {
        const active = this.legs[leg]?.active;
        doubles[place + LOW + leg] = active?.low ?? Number.NEGATIVE_INFINITY;
        doubles[place + HIGH + leg] = active?.high ?? Number.POSITIVE_INFINITY;
      }
      at = this.#kernel.level(left, right, at, count, PLACES.state);
      for (const [leg, { active }] of this.legs.entries())
        active.follow(doubles[place + SECOND + leg] as number, at - 1);
    }
    // Decaying values would become denormal numbers, which are slow to compute with.
    for (let i = FIRST; i < ENERGY; i++) {
      const value = doubles[place + i] as number;
      const least = i < LOW ? LEAST_ENVELOPE : LEAST_WEIGHTED;
      if (i < LOW || i >= WEIGHTED) state[i] = value < least && value > -least ? 0 : value;
    }
  }
}
