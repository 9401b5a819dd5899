import { WasmCode } from '../convert/wasm-code.js';
import { RESAMPLE_KERNEL } from './resample-kernel-bytes.js';

/** The functions of resample-kernel.wat; addresses in bytes. */
export interface ResampleKernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Converts interleaved s16 of one channel to f32. */
  widen(source: number, stride: number, target: number, count: number): void;
  /** Converts f32 of one channel to interleaved s16. */
  narrow(source: number, target: number, stride: number, count: number): void;
  /** Computes `count` outputs of the filter bank. */
  filter(
    input: number,
    bank: number,
    output: number,
    count: number,
    taps: number,
    phase: number,
    phases: number,
    whole: number,
    part: number,
  ): void;
}

/** Bytes of a sample while it is filtered. */
export const F32 = Float32Array.BYTES_PER_ELEMENT;

const PAGE_BYTES = 0x1_0000;

const code = new WasmCode(RESAMPLE_KERNEL);

/** Makes a kernel with `bytes` of memory of its own. */
export function createResampleKernel(bytes: number): ResampleKernel {
  const kernel = code.instantiate() as ResampleKernel;
  const missing = bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
  return kernel;
}

/** Rounds bytes up to a multiple of 64. The next thing in a kernel's memory begins there. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
