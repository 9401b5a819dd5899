import { invalidArgument } from '../../base/errors.js';
import { msToSamples } from '../../base/pcm.js';

/** Length of the probe for the search, from the first loud sample of the prompt on. */
const PROBE = msToSamples(60);
/** Samples below this level count as silence. */
const LOUD = 300;
/** Least correlation of the probe for comparing the whole prompt. */
const PROBE_LIKENESS = 0.7;
/** Block in which the prompt is compared. Comparing it as a whole could hide that half of it is missing. */
const BLOCK = msToSamples(100);

export interface PromptFinderOptions {
  /** Least correlation of each 100 ms of the prompt: 0.3 to 1. Default 0.85. */
  readonly likeness?: number | undefined;
}

/** Position of a found prompt, in samples. */
export interface Found {
  readonly begin: number;
  readonly end: number;
}

/**
 * Finds a prompt in received audio by its wave form, at any level, with some noise or loss. A short probe finds
 * candidates, then the whole prompt is compared.
 */
export class PromptFinder {
  readonly #prompt: Int16Array;
  readonly #likeness: number;
  readonly #probeAt: number;
  readonly #probe: Int16Array;
  readonly #probeEnergy: number;

  /** @throws ERR_INVALID_ARG when the prompt is silent, since silence matches everywhere. */
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

  /** Returns the first position of the whole prompt in `heard`. */
  find(heard: Int16Array): Found | undefined {
    const { length } = this.#probe;
    // Sums of squared 16-bit samples are exact integers, so adding and subtracting leaves no rounding error.
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

/** Returns the normalised correlation: 1 for the same wave at any level. */
function correlation(heard: Int16Array, at: number, pattern: Int16Array): number {
  const energy = energyOf(heard, at, pattern.length) * energyOf(pattern, 0, pattern.length);
  return energy === 0 ? 0 : productOf(heard, at, pattern) / Math.sqrt(energy);
}

/** Returns the sum of products. Two partial sums let the processor add both at the same time. */
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
