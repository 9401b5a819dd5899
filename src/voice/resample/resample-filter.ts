/** Quality of a resampler: better sound costs more time. */
export type ResampleQuality = 'low' | 'medium' | 'high';

interface QualityShape {
  /** Attenuation of aliases and images, in dB. */
  readonly rejectionDb: number;
  /** Part of the lower of the two Nyquist bands that passes unchanged. At the end of that band rejection is full. */
  readonly passband: number;
}

// A little stricter than promised, since the residues of two filters in a row add up.
export const QUALITY_SHAPES: Readonly<Record<ResampleQuality, QualityShape>> = {
  low: { rejectionDb: 68, passband: 0.8 },
  medium: { rejectionDb: 102, passband: 0.9 },
  high: { rejectionDb: 120, passband: 0.913 },
};

/** A bank of low-pass filters, one for each fraction of an input sample at which an output sample can lie. */
export interface FilterBank {
  /** Output samples for each `step` input samples. */
  readonly phases: number;
  readonly step: number;
  /** Coefficients of one phase; a multiple of 4. */
  readonly taps: number;
  /** `phases` rows of `taps` coefficients; row p serves outputs that lie p / phases behind an input sample. */
  readonly coefficients: Float32Array;
}

/** Rows are padded to a multiple of this, which the kernel multiplies at once. */
const TAP_GROUP = 4;

/** Requirements of a filter. */
export interface FilterShape {
  /** Sample rate of the input. */
  readonly rate: number;
  readonly phases: number;
  readonly step: number;
  /** Highest frequency that passes, and lowest that is rejected, in Hz. */
  readonly pass: number;
  readonly stop: number;
  readonly rejectionDb: number;
}

/**
 * Designs a polyphase filter bank: a sinc with Kaiser's window, sampled at `phases` offsets. Each row is scaled to a
 * gain of exactly 1 at DC.
 *
 * Source: J. F. Kaiser, "Nonrecursive Digital Filter Design Using the I0-sinh Window Function", 1974.
 */
export function designFilterBank({ rate, phases, step, pass, stop, rejectionDb }: FilterShape): FilterBank {
  const length = (rejectionDb - 7.95) / ((2.285 * 2 * Math.PI * (stop - pass)) / rate);
  const taps = Math.ceil(length / TAP_GROUP) * TAP_GROUP;
  const half = taps / 2;
  const beta = 0.1102 * (rejectionDb - 8.7);
  const windowPeak = besselI0(beta);
  const cutoff = (pass + stop) / rate;

  const coefficients = new Float32Array(phases * taps);
  const row = new Float64Array(taps);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const offset = phase / phases - (tap - half + 1);
      const x = offset / half;
      const window = Math.abs(x) < 1 ? besselI0(beta * Math.sqrt(1 - x * x)) / windowPeak : 0;
      row[tap] = sinc(cutoff * offset) * window;
      sum += row[tap] ?? 0;
    }
    for (let tap = 0; tap < taps; tap++) coefficients[phase * taps + tap] = (row[tap] ?? 0) / sum;
  }
  return { phases, step, taps, coefficients };
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Modified Bessel function of the first kind and order 0, by its power series. */
export function besselI0(x: number): number {
  const quarter = (x * x) / 4;
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-17; k++) {
    term *= quarter / (k * k);
    sum += term;
  }
  return sum;
}
