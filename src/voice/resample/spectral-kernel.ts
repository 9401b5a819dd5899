import { WasmCode } from '../convert/wasm-code.js';
import type { ResampleKernel } from './resample-kernel.js';
import { SPECTRAL_KERNEL } from './spectral-kernel-bytes.js';

/** The functions of spectral-kernel.wat; addresses in bytes. */
export interface SpectralKernel {
  /** Copies eight blocks of samples, `apart` bytes from each other, into `count` elements. */
  gather(source: number, apart: number, target: number, count: number): void;
  /** Transforms `length` elements down to groups of `group`. */
  analyse(data: number, length: number, group: number, twiddles: number): void;
  /** Filters `groups` groups of `step` elements into as many groups of `phases`, each by its own matrix. */
  filter(
    source: number,
    target: number,
    matrices: number,
    groups: number,
    step: number,
    phases: number,
  ): void;
  /** Transforms groups of `group` elements back into `length`. */
  synthesise(data: number, length: number, group: number, twiddles: number): void;
  /** Copies `count` elements back into eight blocks of samples, `apart` bytes from each other. */
  scatter(source: number, target: number, apart: number, count: number): void;
}

const code = new WasmCode(SPECTRAL_KERNEL);

/** Makes a kernel that works on the memory of another one. */
export function createSpectralKernel(resampler: ResampleKernel): SpectralKernel {
  return code.instantiate({ resampler: { memory: resampler.memory } }) as SpectralKernel;
}
