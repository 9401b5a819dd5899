import { WasmCode } from '../convert/wasm-code.js';
import { MIX_KERNEL } from './mix-kernel-bytes.js';

/** The function of mix-kernel.wat; addresses in bytes. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  add(sums: number, samples: number, count: number, gain: number): void;
}

/** Largest number of sums in the kernel's memory. */
export const MOST_SUMS = 65_536;
const SAMPLES_AT = 4 * MOST_SUMS;

/** Sums that the mixers of this thread share. They belong to one mixer from the beginning of its read to its end. */
export class MixKernel {
  readonly sums: Float32Array;
  /** Room for samples; see {@link addLoaded}. */
  readonly samples: Int16Array;
  readonly #kernel: Kernel;

  constructor() {
    this.#kernel = new WasmCode(MIX_KERNEL).instantiate() as Kernel;
    const { buffer } = this.#kernel.memory;
    this.sums = new Float32Array(buffer, 0, MOST_SUMS);
    this.samples = new Int16Array(buffer, SAMPLES_AT, MOST_SUMS);
  }

  /** Adds samples times a gain to the sums, from `at` on. */
  add(at: number, samples: Int16Array, gain: number): void {
    this.samples.set(samples);
    this.addLoaded(at, samples.length, gain);
  }

  /** Adds the first `count` of {@link samples} times a gain to the sums, from `at` on. */
  addLoaded(at: number, count: number, gain: number): void {
    this.#kernel.add(4 * at, SAMPLES_AT, count, gain);
  }
}

let shared: MixKernel | undefined;

export function mixKernel(): MixKernel {
  shared ??= new MixKernel();
  return shared;
}
