import type { PcmTransform } from '../stage.js';
import { RateDoubler, RateHalver } from './half-band.js';
import { Resampler } from './resampler.js';

/**
 * Makes the fastest converter of rate for one of many live voices: between telephone and wideband a half-band filter.
 */
export function changeRate(from: number, to: number): PcmTransform {
  if (from === 8000 && to === 16_000) return new RateDoubler();
  if (from === 16_000 && to === 8000) return new RateHalver();
  return new Resampler({ from, to, quality: 'medium' });
}
