import type { FilterBank } from './resample-filter.js';
import { aligned, createResampleKernel, F32, type ResampleKernel } from './resample-kernel.js';
import { designFilters } from './resample-plan.js';

/** Most samples that are taken at once: 128 ms at 16 kHz. */
export const MOST_HALVED = 2048;
const S16 = Int16Array.BYTES_PER_ELEMENT;

/**
 * Halves the sample rate of 16 kHz mono. The output is that of a `Resampler` of low quality, to the sample. The kernel
 * is shared by all halvers of a thread, and each keeps only the samples on which its next output depends. So many
 * streams in turn need little of a processor's cache.
 */
export class VoiceHalver {
  readonly #shared = sharedKernel();
  readonly #held: Int16Array;
  #length: number;
  #taken = 0;
  #given = 0;

  constructor() {
    const { taps } = this.#shared.bank;
    this.#held = new Int16Array(taps + 1);
    // Silence that compensates the delay of the filter.
    this.#length = taps / 2 - 1;
  }

  /**
   * Takes the next samples, {@link MOST_HALVED} at most. The result is valid until the next call of any halver of the
   * thread.
   */
  push(samples: Int16Array): Int16Array {
    const { bank, kernel, input, output, rows, wide, narrow } = this.#shared;
    input.set(this.#held);
    input.set(samples, this.#length);
    this.#taken += samples.length;
    const length = this.#length + samples.length;
    const count = Math.max(0, Math.floor((length - bank.taps) / 2) + 1);
    kernel.widen(input.byteOffset, 1, wide, length);
    kernel.filter(wide, rows, narrow, count, bank.taps, 0, 1, 2, 0);
    kernel.narrow(narrow, output.byteOffset, 1, count);
    this.#length = length - 2 * count;
    this.#held.set(input.subarray(2 * count, length));
    this.#given += count;
    return output.subarray(0, count);
  }

  /** Ends the stream. Returns the rest of the output, as {@link push} does. */
  flush(): Int16Array {
    const due = Math.round(this.#taken / 2) - this.#given;
    return this.push(new Int16Array(this.#shared.bank.taps)).subarray(0, due);
  }
}

interface SharedKernel {
  readonly bank: FilterBank;
  readonly kernel: ResampleKernel;
  readonly input: Int16Array;
  readonly output: Int16Array;
  /** Addresses of the coefficients, and of the samples before and after the filter. */
  readonly rows: number;
  readonly wide: number;
  readonly narrow: number;
}

let shared: SharedKernel | undefined;

function sharedKernel(): SharedKernel {
  shared ??= created();
  return shared;
}

function created(): SharedKernel {
  const [bank] = designFilters({ from: 16_000, to: 8000, quality: 'low', latency: 'low' }) as [FilterBank];
  const most = MOST_HALVED + bank.taps + 1;
  const rows = aligned(most * S16);
  const wide = rows + aligned(bank.coefficients.byteLength);
  const narrow = wide + aligned(most * F32);
  const output = narrow + aligned(most * F32);
  const kernel = createResampleKernel(output + most * S16);
  const { buffer } = kernel.memory;
  new Float32Array(buffer, rows).set(bank.coefficients);
  return {
    bank,
    kernel,
    input: new Int16Array(buffer, 0, most),
    output: new Int16Array(buffer, output, most),
    rows,
    wide,
    narrow,
  };
}
