import { invalidArgument } from '../../errors.js';
import { msToSamples } from '../../pcm.js';

/** Samples joined into one for the search; the place is then found to the sample. */
const COARSE = 8;
/** What a place is looked for with: this much of the prompt, from where it is loud enough. */
const PROBE = msToSamples(400);
/** Samples below this are taken for silence. */
const LOUD = 300;
/** A place is looked at more closely when the coarse match is this good. */
const COARSE_MATCH = 0.6;
/** The prompt is compared in blocks, for a match on the whole could hide that half of it is missing. */
const BLOCK = msToSamples(100);

export interface PromptFinderOptions {
  /** How alike each 100 ms of it have to be, as their correlation: 0.3 to 1. Default 0.85. */
  readonly likeness?: number | undefined;
}

/** Where a prompt was found. */
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
  readonly #coarseProbe: Float32Array;

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
    this.#coarseProbe = coarse(this.#probe);
  }

  get length(): number {
    return this.#prompt.length;
  }

  /** How much has to be there before a search at a place can succeed, from its first sample. */
  get reach(): number {
    return Math.max(this.#prompt.length, this.#probeAt + this.#probe.length);
  }

  /** The first place in `heard` at which the whole prompt lies. */
  find(heard: Int16Array): Found | undefined {
    const line = coarse(heard);
    const last = Math.ceil((heard.length - this.reach + this.#probeAt) / COARSE);
    for (let at = Math.floor(this.#probeAt / COARSE); at <= last; at++) {
      if (likeness(line, at, this.#coarseProbe) < COARSE_MATCH) continue;
      const begin = this.#refine(heard, at * COARSE) - this.#probeAt;
      if (this.#liesAt(heard, begin)) return { begin, end: begin + this.#prompt.length };
    }
    return undefined;
  }

  #refine(heard: Int16Array, near: number): number {
    let best = near;
    let bestMatch = -1;
    for (let at = Math.max(0, near - COARSE); at <= near + COARSE; at++) {
      const match = likeness(heard, at, this.#probe);
      if (match > bestMatch) [best, bestMatch] = [at, match];
    }
    return best;
  }

  #liesAt(heard: Int16Array, begin: number): boolean {
    if (begin < 0 || begin + this.#prompt.length > heard.length) return false;
    for (let at = 0; at < this.#prompt.length; at += BLOCK) {
      const block = this.#prompt.subarray(at, at + BLOCK);
      if (!block.some((sample) => Math.abs(sample) >= LOUD)) continue;
      if (likeness(heard, begin + at, block) < this.#likeness) return false;
    }
    return true;
  }
}

/** Means of {@link COARSE} samples each. */
function coarse(samples: Int16Array): Float32Array {
  const means = new Float32Array(Math.floor(samples.length / COARSE));
  for (let i = 0; i < means.length; i++) {
    let sum = 0;
    for (let k = 0; k < COARSE; k++) sum += samples[i * COARSE + k] ?? 0;
    means[i] = sum / COARSE;
  }
  return means;
}

/** The normalised correlation of `pattern` with what lies at `at`: 1 is the same wave, whatever its level. */
function likeness(line: Int16Array | Float32Array, at: number, pattern: Int16Array | Float32Array): number {
  let product = 0;
  let energy = 0;
  let patternEnergy = 0;
  for (let i = 0; i < pattern.length; i++) {
    const a = line[at + i] ?? 0;
    const b = pattern[i] ?? 0;
    product += a * b;
    energy += a * a;
    patternEnergy += b * b;
  }
  return energy === 0 || patternEnergy === 0 ? 0 : product / Math.sqrt(energy * patternEnergy);
}
