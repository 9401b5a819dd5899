import { checkArgument, checkOptions, instance, type Rules, whole } from '../../base/check.js';
import { SAMPLES } from '../../base/pcm.js';
export interface DitherOptions {
  /** Seed of the noise, so that a result is repeatable; any whole number. Default 1. */
  readonly seed?: number;
}

const FLOATS = instance(Float32Array);
const RULES: Rules<DitherOptions> = { seed: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER) };

/**
 * Converts floats in -1 to 1 to s16 with triangular dither of two steps. Sound below one step stays audible instead of
 * becoming distortion. Use it for float audio that is written as 16 bits and amplified later. Speech for a call does
 * not need it.
 */
export function dither(samples: Float32Array, options: DitherOptions = {}): Int16Array {
  checkArgument('samples', samples, FLOATS);
  checkOptions(options, RULES);
  const dithered = new Int16Array(samples.length);
  // The state of xorshift32 must not be zero: it would stay zero.
  let state = (options.seed ?? 1) | 0 || 1;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round((samples[i] ?? 0) * 32768 + uniform() - uniform());
    dithered[i] = Math.max(-32768, Math.min(32767, value));
  }
  return dithered;
}

/** Converts s16 to floats in -1 to 1. */
export function toFloat(samples: Int16Array): Float32Array {
  checkArgument('samples', samples, SAMPLES);
  return Float32Array.from(samples, (sample) => sample / 32768);
}
