export interface SineOptions {
  readonly frequency: number;
  readonly sampleRate: number;
  readonly count: number;
  /** Peak. */
  readonly amplitude: number;
}

export function sine({ frequency, sampleRate, count, amplitude }: SineOptions): Int16Array {
  return Int16Array.from({ length: count }, (_, i) =>
    Math.round(amplitude * Math.sin((2 * Math.PI * frequency * i) / sampleRate)),
  );
}

/**
 * Level of the sine at `frequency` and of all the rest, in dB of RMS, over the middle of `samples`. The sine is
 * fitted by least squares and taken away, which needs no whole number of periods.
 */
export function spectrumOf(
  samples: Int16Array,
  frequency: number,
  sampleRate: number,
): { signalDb: number; restDb: number } {
  const margin = Math.floor(samples.length / 10);
  const part = samples.subarray(margin, samples.length - margin);
  const angle = (2 * Math.PI * frequency) / sampleRate;
  let [cc, ss, cs, xc, xs] = [0, 0, 0, 0, 0];
  part.forEach((sample, i) => {
    const c = Math.cos(angle * i);
    const s = Math.sin(angle * i);
    cc += c * c;
    ss += s * s;
    cs += c * s;
    xc += sample * c;
    xs += sample * s;
  });
  const determinant = cc * ss - cs * cs;
  const a = (xc * ss - xs * cs) / determinant;
  const b = (xs * cc - xc * cs) / determinant;
  const rest = part.reduce(
    (sum, sample, i) => sum + (sample - a * Math.cos(angle * i) - b * Math.sin(angle * i)) ** 2,
    0,
  );
  return {
    signalDb: 20 * Math.log10(Math.hypot(a, b) / Math.SQRT2),
    restDb: 10 * Math.log10(rest / part.length),
  };
}
