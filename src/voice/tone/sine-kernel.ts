import { WasmCode } from '../convert/wasm-code.js';
import { SINE_KERNEL } from './sine-kernel-bytes.js';

/** Functions of sine-kernel.wat. Addresses are in bytes. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  keypad(at: number, length: number, slices: number, table: number, out: number): void;
  tone(at: number, count: number, table: number, out: number): void;
}

/** Addresses in the memory of the kernel, in bytes. */
const TABLE = 0;
const SAMPLES = 32_768;
const OUT = 61_440;

/** Length of the row of a slice, in f32 and in f64, and the place of its energy, in f64. */
export const KEYPAD_ROW = { floats: 18, doubles: 9, energy: 8 } as const;

let shared: SineKernel | undefined;

/**
 * Sums of samples times sines. All detectors of this thread share one: its results are valid only until the next call.
 */
export class SineKernel {
  /** Results of the last call. */
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly #kernel: Kernel;
  readonly #samples: Int16Array;
  readonly #tables: Float32Array;
  /** The table that is in the memory. */
  #table: Float32Array | undefined;

  private constructor() {
    const kernel = new WasmCode(SINE_KERNEL).instantiate() as Kernel;
    const { buffer } = kernel.memory;
    this.#kernel = kernel;
    this.#tables = new Float32Array(buffer, TABLE, (SAMPLES - TABLE) / 4);
    this.#samples = new Int16Array(buffer, SAMPLES, (OUT - SAMPLES) / 2);
    this.floats = new Float32Array(buffer, OUT);
    this.doubles = new Float64Array(buffer, OUT);
  }

  static shared(): SineKernel {
    shared ??= new SineKernel();
    return shared;
  }

  /**
   * Sums slices of samples with a table of {@link keypadTable}. For each slice the result has a row
   * ({@link KEYPAD_ROW}): the sums times the cosines, times the sines, and the energy.
   */
  keypad(samples: Int16Array, slices: number, table: Float32Array): void {
    this.#load(samples, table);
    this.#kernel.keypad(SAMPLES, samples.length / slices, slices, TABLE, OUT);
  }

  /** Sums samples with a table of {@link toneTable}: times the cosine, times the sine, and the energy. */
  tone(samples: Int16Array, table: Float32Array): void {
    this.#load(samples, table);
    const count = table.length / 2;
    for (let i = samples.length; i < count; i++) this.#samples[i] = 0;
    this.#kernel.tone(SAMPLES, count, TABLE, OUT);
  }

  #load(samples: Int16Array, table: Float32Array): void {
    this.#samples.set(samples);
    if (this.#table === table) return;
    this.#tables.set(table);
    this.#table = table;
  }
}

/** Table of eight angles over half a slice: the cosines of all about the middle of the slice, and the sines. */
export function keypadTable(angles: readonly number[], length: number): Float32Array {
  const middle = (length - 1) / 2;
  return Float32Array.from({ length: Math.ceil(length / 2) * 16 }, (_, i) => {
    const angle = (angles[i % 8] ?? 0) * (Math.floor(i / 16) - middle);
    return i % 16 < 8 ? Math.cos(angle) : Math.sin(angle);
  });
}

/** Table of one angle from sample to sample: four cosines and four sines in turn. */
export function toneTable(angle: number, length: number): Float32Array {
  return Float32Array.from({ length: Math.ceil(length / 4) * 8 }, (_, i) => {
    const turned = angle * (Math.floor(i / 8) * 4 + (i % 4));
    return i % 8 < 4 ? Math.cos(turned) : Math.sin(turned);
  });
}
