import { type MakeSamples, RateDoubler, RateHalver } from '../resample/half-band.js';
import { Resampler } from '../resample/resampler.js';
import type { PcmTransform } from '../stage.js';

/**
 * Makes the fastest converter of rate for one of many live voices: between telephone and wideband a half-band filter.
 *
 * @param make makes the arrays of outputs, where it is such a filter. Default: each with memory of its own.
 */
export function changeRate(from: number, to: number, make?: MakeSamples): PcmTransform {
  if (from === 8000 && to === 16_000) return new RateDoubler(make);
  if (from === 16_000 && to === 8000) return new RateHalver(make);
  return new Resampler({ from, to, quality: 'medium' });
}
