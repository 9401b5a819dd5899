import {
  designFilterBank,
  type FilterBank,
  QUALITY_SHAPES,
  type ResampleQuality,
} from './resample-filter.js';
import { designSpectralFilter, type SpectralFilter } from './spectral-filter.js';

/** Delay of the output: `low` gives it at once; `block` gives it in blocks, which takes less work. */
export type ResampleLatency = 'low' | 'block';

export interface ResamplePlan {
  /** Sample rates, in Hz. */
  readonly from: number;
  readonly to: number;
  readonly quality: ResampleQuality;
  readonly latency: ResampleLatency;
}

/** Stages before the last lower the rate while it stays at least this many times the final rate. */
const MIN_RATE_LEFT = 1.25;

/** Largest number in a ratio of rates for which spectra are used. Matrices grow with the product of both numbers. */
const MAX_SPECTRAL_RATIO = 6;

/** Number of designs that are kept. A service needs the same ones for each call, and a design takes milliseconds. */
const MAX_DESIGNS = 32;
/** Largest number of coefficients of a design that is kept. */
const MAX_KEPT = 65_536;
const designs = new Map<string, readonly FilterBank[]>();

/** Designs the filters from one rate to the other, in order. */
export function designFilters(plan: ResamplePlan): readonly (FilterBank | SpectralFilter)[] {
  if (plan.latency === 'block') return spectralFilters(plan);
  const name = [plan.from, plan.to, plan.quality].join();
  const known = designs.get(name);
  if (known) return known;
  const made = polyphaseFilters(plan);
  if (made.reduce((sum, { coefficients }) => sum + coefficients.length, 0) > MAX_KEPT) return made;
  const [oldest = ''] = designs.keys();
  if (designs.size >= MAX_DESIGNS) designs.delete(oldest);
  designs.set(name, made);
  return made;
}

/**
 * Designs short filters that halve the input rate while it is far above the output rate. They only have to keep aliases
 * out of the final band. The one steep filter comes last, at the lowest rate possible, where it is shortest.
 */
function polyphaseFilters({ from, to, quality }: ResamplePlan): FilterBank[] {
  const { pass, stop, rejectionDb } = bandOf(from, to, quality);
  const banks: FilterBank[] = [];
  let rate = from;
  for (; rate / 2 >= to * MIN_RATE_LEFT; rate /= 2) {
    banks.push(designFilterBank({ rate, phases: 1, step: 2, pass, stop: rate / 2 - stop, rejectionDb }));
  }
  const halvings = 2 ** banks.length;
  banks.push(designFilterBank({ rate, ...ratioOf(from, to * halvings), pass, stop, rejectionDb }));
  return banks;
}

/**
 * Designs one steep filter on spectra when the ratio of the rates is simple. Otherwise that filter leads to a rate
 * above the wanted one. A short filter follows, which only has to keep images out.
 */
function spectralFilters({ from, to, quality }: ResamplePlan): (FilterBank | SpectralFilter)[] {
  const { pass, stop, rejectionDb } = bandOf(from, to, quality);
  const direct = ratioOf(from, to);
  if (Math.max(direct.phases, direct.step) <= MAX_SPECTRAL_RATIO) {
    return [designSpectralFilter({ rate: from, ...direct, pass, stop, rejectionDb })];
  }
  const lowering = Math.min(MAX_SPECTRAL_RATIO, Math.floor(from / (MIN_RATE_LEFT * to)));
  const [phases, step] = lowering === 0 ? [2, 1] : [1, lowering];
  const rate = (from * phases) / step;
  return [
    designSpectralFilter({ rate: from, phases, step, pass, stop, rejectionDb }),
    designFilterBank({ rate, ...ratioOf(from * phases, to * step), pass, stop: rate - stop, rejectionDb }),
  ];
}

/** Edges of the band that both rates have: the end of the passband and the start of the stopband, in Hz. */
function bandOf(from: number, to: number, quality: ResampleQuality) {
  const { rejectionDb, passband } = QUALITY_SHAPES[quality];
  const stop = Math.min(from, to) / 2;
  return { pass: passband * stop, stop, rejectionDb };
}

/** `phases` outputs for each `step` inputs, in lowest terms. */
function ratioOf(from: number, to: number): { phases: number; step: number } {
  const divisor = greatestCommonDivisor(from, to);
  return { phases: to / divisor, step: from / divisor };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
