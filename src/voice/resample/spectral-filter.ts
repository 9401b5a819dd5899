import { designFilterBank, type FilterBank, type FilterShape } from './resample-filter.js';

/** Groups of a spectrum, a power of 4. A block has `step` samples for each group. */
export const SPECTRUM_GROUPS = 1024;

/** A low-pass filter with a change of rate, as spectral-kernel.wat applies it to blocks of samples. */
export interface SpectralFilter {
  /** Output samples for each `step` input samples. */
  readonly phases: number;
  readonly step: number;
  /** Input samples at each end of a block that only serve the outputs in its middle; a multiple of 4 * `step`. */
  readonly edge: number;
  /** `phases` rows of `step` complex numbers for each group of the spectrum, in the order of the kernel. */
  readonly matrices: Float32Array;
  /** Powers of roots of unity for the kernel's two transforms. */
  readonly analysisTwiddles: Float32Array;
  readonly synthesisTwiddles: Float32Array;
}

/**
 * Designs the same filter as {@link designFilterBank}, for transforms of 1024 * `step` inputs and 1024 * `phases`
 * outputs.
 *
 * Write the frequencies of the spectrum at the common multiple of both rates as j + 1024 b. Frequencies with the same j
 * depend on each other only: the input's spectrum repeats in it, and the output's is its sum over the aliases. So the
 * filter, the change of rate and the transforms' steps of radix `step` and `phases` are one small matrix for each j.
 */
export function designSpectralFilter(shape: FilterShape): SpectralFilter {
  const { phases, step } = shape;
  const bank = designFilterBank(shape);
  return {
    phases,
    step,
    edge: Math.ceil(bank.taps / 2 / (4 * step)) * 4 * step,
    matrices: matricesOf(bank),
    analysisTwiddles: twiddles(sizesFrom(step).reverse()),
    synthesisTwiddles: twiddles(sizesFrom(phases)),
  };
}

function matricesOf(bank: FilterBank): Float32Array {
  const { phases, step } = bank;
  const common = phases * step;
  const response = frequencyResponse(bank, common * SPECTRUM_GROUPS);
  const cos = Float64Array.from({ length: common }, (_, i) => Math.cos((2 * Math.PI * i) / common));
  const sin = Float64Array.from({ length: common }, (_, i) => Math.sin((2 * Math.PI * i) / common));
  const matrices = new Float32Array(2 * common * SPECTRUM_GROUPS);
  let at = 0;
  for (let group = 0; group < SPECTRUM_GROUPS; group++) {
    const j = digitsReversed(group);
    for (let output = 0; output < phases; output++) {
      for (let input = 0; input < step; input++) {
        // exp(2 pi i b (output / phases - input / step)), rotated from each b to the next.
        const turn = (output * step - input * phases + common) % common;
        let [re, im] = [0, 0];
        for (let b = 0, angle = 0; b < common; b++, angle = (angle + turn) % common) {
          const gain = response[j + b * SPECTRUM_GROUPS] ?? 0;
          re += gain * (cos[angle] ?? 0);
          im += gain * (sin[angle] ?? 0);
        }
        matrices[at++] = re / response.length;
        matrices[at++] = im / response.length;
      }
    }
  }
  return matrices;
}

/** Frequency response at `size` frequencies around the circle. It is real, since the filter is symmetric. */
function frequencyResponse({ phases, taps, coefficients }: FilterBank, size: number): Float64Array {
  const half = taps / 2;
  // From the middle on; FilterBank gives the order of the coefficients.
  const impulse = Float64Array.from({ length: phases * half }, (_, i) => {
    return coefficients[(i % phases) * taps + half - 1 - Math.floor(i / phases)] ?? 0;
  });
  const response = new Float64Array(size);
  for (let k = 0; k <= size / 2; k++) {
    // Sum of cosines by Clenshaw's recurrence.
    const twice = 2 * Math.cos((2 * Math.PI * k) / size);
    let [next, afterNext] = [0, 0];
    for (let i = impulse.length - 1; i > 0; i--) {
      const sum = (impulse[i] ?? 0) + twice * next - afterNext;
      afterNext = next;
      next = sum;
    }
    const gain = (impulse[0] ?? 0) + twice * next - 2 * afterNext;
    response[k] = gain;
    response[(size - k) % size] = gain;
  }
  return response;
}

/** Twiddle factors for each size of a transform: powers 1 to 3 of its root, for each of a quarter of the size. */
function twiddles(sizes: readonly number[]): Float32Array {
  const table = new Float32Array(sizes.reduce((sum, size) => sum + (size / 4) * 6, 0));
  let at = 0;
  for (const size of sizes) {
    for (let i = 0; i < size / 4; i++) {
      for (let power = 1; power <= 3; power++) {
        const angle = (-2 * Math.PI * i * power) / size;
        table[at++] = Math.cos(angle);
        table[at++] = Math.sin(angle);
      }
    }
  }
  return table;
}

/** Sizes of a transform, from groups of `group` up. */
function sizesFrom(group: number): number[] {
  const sizes: number[] = [];
  for (let size = 4 * group; size <= SPECTRUM_GROUPS * group; size *= 4) sizes.push(size);
  return sizes;
}

/** Reverses the order of the base-4 digits of a group's number. */
function digitsReversed(group: number): number {
  let reversed = 0;
  for (let left = SPECTRUM_GROUPS, rest = group; left > 1; left /= 4, rest >>= 2) {
    reversed = reversed * 4 + (rest & 3);
  }
  return reversed;
}
