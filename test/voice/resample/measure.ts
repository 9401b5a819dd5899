import { buildStages } from '../../../src/voice/resample/build-stages.js';
import { aligned, createResampleKernel, F32 } from '../../../src/voice/resample/resample-kernel.js';
import { designFilters, type ResamplePlan } from '../../../src/voice/resample/resample-plan.js';

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

/** What a resampler's stages make of floats, before anything is rounded to 16 bits. */
export function filterFloats(samples: Float32Array, plan: ResamplePlan): Float32Array {
  const block = 4096;
  const stages = buildStages(designFilters(plan), 1, block);
  const last = stages.at(-1)!;
  const outputAt = aligned(last.end);
  const kernel = createResampleKernel(outputAt + aligned(last.maxOutputs * F32));
  for (const stage of stages) stage.load(kernel);
  const outputs: number[] = [];
  for (let at = 0; at < samples.length; at += block) {
    const part = samples.subarray(at, at + block);
    new Float32Array(kernel.memory.buffer, stages[0]!.inputOf(0), part.length).set(part);
    const ready = stages.reduce((count, stage, i) => {
      const possible = stage.outputsAfter(count);
      if (possible > 0) stage.filter(kernel, 0, stages[i + 1]?.inputOf(0) ?? outputAt, possible);
      stage.advance(kernel, count, possible);
      return possible;
    }, part.length);
    outputs.push(...new Float32Array(kernel.memory.buffer, outputAt, ready));
  }
  return Float32Array.from(outputs);
}
