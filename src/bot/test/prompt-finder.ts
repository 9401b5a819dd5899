import { invalidArgument } from '../../base/errors.js';
import { msToSamples } from '../../base/pcm.js';

/** Samples of the prompt that a place is searched with, from its first loud one on. */
const PROBE = msToSamples(60);
/** Samples below this are taken for silence. */
const LOUD = 300;
/** A place is looked at more closely when the probe is this much alike. */
const PROBE_LIKENESS = 0.7;
/** The prompt is compared in blocks, for a match on the whole could hide that half of it is missing. */
const BLOCK = msToSamples(100);

export interface PromptFinderOptions {
  /** Least correlation of each 100 ms of it: 0.3 to 1. Default 0.85. */
  readonly likeness?: number | undefined;
}

/** Place at which a prompt was found, in samples. */
export interface Found {
  readonly begin: number;
  readonly end: number;
}

/**
 * Finds a prompt in what was heard, by its content: the same wave, louder or softer, with some noise or loss. A
 * short probe of it finds the place, then all of it is compared.
 */
export class PromptFinder {
  readonly #prompt: Int16Array;
  readonly #likeness: number;
  readonly #probeAt: number;
  readonly #probe: Int16Array;
  readonly #probeEnergy: number;

  /** @throws ERR_INVALID_ARG when the prompt is silent: silence is everywhere. */
  constructor(prompt: Int16Array, options: PromptFinderOptions = {}) {
    const { likeness = 0.85 } = options;
    if (!(likeness >= 0.3 && likeness <= 1)) throw invalidArgument('likeness', 'from 0.3 to 1', likeness);
    const loud = prompt.findIndex((sample) => Math.abs(sample) >= LOUD);
    if (loud < 0) throw invalidArgument('prompt', 'audio that is not silent', 'silence');
    this.#prompt = prompt;
    this.#likeness = likeness;
    this.#probeAt = loud;
    this.#probe = prompt.subarray(loud, loud + PROBE);
    this.#probeEnergy = energyOf(this.#probe, 0, this.#probe.length);
  }

  /** Length of the prompt, in samples. */
  get length(): number {
    return this.#prompt.length;
  }

  /** The first place in `heard` at which the whole prompt lies. */
  find(heard: Int16Array): Found | undefined {
    const { length } = this.#probe;
    // A sample of 16 bits, squared and added up, stays a whole number: what comes and goes leaves no rounding behind.
    let energy = energyOf(heard, this.#probeAt, length);
    for (let begin = 0; begin + this.length <= heard.length; begin++) {
      const at = begin + this.#probeAt;
      if (begin > 0) energy += square(heard[at + length - 1]) - square(heard[at - 1]);
      if (energy === 0) continue;
      const least = PROBE_LIKENESS * Math.sqrt(energy * this.#probeEnergy);
      if (productOf(heard, at, this.#probe) < least) continue;
      if (this.#liesAt(heard, begin)) return { begin, end: begin + this.length };
    }
    return undefined;
  }

  #liesAt(heard: Int16Array, begin: number): boolean {
    for (let at = 0; at < this.length; at += BLOCK) {
      const block = this.#prompt.subarray(at, at + BLOCK);
      if (!block.some((sample) => Math.abs(sample) >= LOUD)) continue;
      if (correlation(heard, begin + at, block) < this.#likeness) return false;
    }
    return true;
  }
}

/** Normalised: 1 is the same wave, whatever its level. */
function correlation(heard: Int16Array, at: number, pattern: Int16Array): number {
  const energy = energyOf(heard, at, pattern.length) * energyOf(pattern, 0, pattern.length);
  return energy === 0 ? 0 : productOf(heard, at, pattern) / Math.sqrt(energy);
}

/** Sum of the products; every second in a sum of its own, so that the processor adds both at the same time. */
function productOf(heard: Int16Array, at: number, pattern: Int16Array): number {
  let [even, odd] = [0, 0];
  for (let i = 0; i < pattern.length; i += 2) {
    even += (heard[at + i] ?? 0) * (pattern[i] ?? 0);
    odd += (heard[at + i + 1] ?? 0) * (pattern[i + 1] ?? 0);
  }
  return even + odd;
}

function energyOf(samples: Int16Array, at: number, length: number): number {
  let energy = 0;
  for (let i = at; i < at + length; i++) energy += square(samples[i]);
  return energy;
}

function square(sample = 0): number {
  return sample * sample;
}
