import { RESAMPLE_KERNEL } from './resample-kernel-bytes.js';

/** The functions of resample-kernel.wat; addresses in bytes. */
export interface ResampleKernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** Interleaved s16 of one channel to f32. */
  widen(source: number, stride: number, target: number, count: number): void;
  /** f32 of one channel to interleaved s16. */
  narrow(source: number, target: number, stride: number, count: number): void;
  /** `count` outputs of the filter bank. */
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

/** The part of the global WebAssembly that is used here; Node's own types do not have it without the DOM's. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const PAGE_BYTES = 0x1_0000;

let compiled: object | undefined;

/** A kernel with `bytes` of memory of its own. */
export function createResampleKernel(bytes: number): ResampleKernel {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  compiled ??= new Module(Buffer.from(RESAMPLE_KERNEL, 'base64'));
  const kernel = new Instance(compiled).exports as ResampleKernel;
  const missing = bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
  return kernel;
}
