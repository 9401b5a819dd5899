import { WasmCode } from '../../voice/convert/wasm-code.js';
import { LEG_KERNEL } from './leg-kernel-bytes.js';

/** Functions of leg-kernel.wat. Addresses are in bytes. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Sum of the squares of `count` samples, a multiple of 8. */
  squares(at: number, count: number): number;
  /** Writes at `out` the sum, the largest and the smallest of `count` samples, a multiple of 8. */
  extremes(at: number, count: number, out: number): void;
  /** Filters two signals. Returns the sample at which it stopped (see `SoundMeter`). */
  level(left: number, right: number, from: number, count: number, state: number): number;
  /** The power spectrum of 256 samples. */
  spectrum(samples: number, row: number, tables: number): void;
  /** Returns the index of the largest of `count` f32. */
  largest(at: number, count: number): number;
  /**
   * Counts for how many frames bins have been peaks. Returns the power in those with `long` frames or more (see
   * `MusicFrames`).
   */
  held(row: number, ages: number, count: number, total: number, long: number): number;
}

/** Kernel with typed views of its memory. */
export interface LegKernel extends Kernel {
  readonly samples: Int16Array;
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

/** Most samples of a leg at once: 100 ms at 192 kHz, with spare room after them. */
const MOST = 20_480;
/** Samples of the window of a spectrum, and its bins. */
const SIZE = 256;
const BINS = SIZE / 2 + 1;

/** Addresses in the memory of the kernel, in bytes. */
export const PLACES = {
  legs: [0, 2 * MOST],
  state: 4 * MOST,
  out: 4 * MOST + 512,
  row: 4 * MOST + 1024,
  tables: 4 * MOST + 2048,
  frames: 4 * MOST + 16_384,
} as const;
/** Offsets in the row of a spectrum, in elements. */
export const ROW = { bins: BINS, bands: 132, total: 148 } as const;

/**
 * First bins of the bands from 94 to 3500 Hz, and the end of the last band. As in hearing, low bands are narrow and
 * high bands are wide.
 */
export const BAND_EDGES = [3, 5, 7, 9, 12, 16, 20, 24, 29, 35, 42, 50, 59, 70, 83, 98, 112] as const;

let shared: LegKernel | undefined;

/**
 * Returns the kernel that all analyses of this thread share. Data of an analysis in its memory is valid only until
 * another one uses the kernel.
 */
export function legKernel(): LegKernel {
  shared ??= created();
  return shared;
}

function created(): LegKernel {
  const kernel = new WasmCode(LEG_KERNEL).instantiate() as Kernel;
  const { buffer } = kernel.memory;
  const floats = new Float32Array(buffer);
  let at = PLACES.tables / 4;
  const put = (count: number, valueAt: (i: number) => number) => {
    for (let i = 0; i < count; i++) floats[at++] = valueAt(i);
  };
  // The scale makes the powers of all bins add up to the mean square, with a full scale of 1. The two halves of the
  // transform are not divided by 2, so the scale is.
  const scale = 1 / (32768 * SIZE * Math.sqrt(3));
  put(SIZE, (i) => scale * (1 - Math.cos((2 * Math.PI * i) / SIZE)));
  for (let apart = 1; apart < SIZE / 2; apart *= 2) {
    const turn = (i: number) => (2 * Math.PI * (i - (i % apart))) / (SIZE / 2);
    put(SIZE / 4, (i) => Math.cos(turn(i)));
    put(SIZE / 4, (i) => -Math.sin(turn(i)));
  }
  put(SIZE / 4, (i) => Math.cos((2 * Math.PI * (i + 1)) / SIZE));
  put(SIZE / 4, (i) => Math.sin((2 * Math.PI * (i + 1)) / SIZE));
  at += 2 * SIZE;
  new Uint8Array(buffer).set(BAND_EDGES, at * 4);
  return {
    ...kernel,
    samples: new Int16Array(buffer),
    ints: new Int32Array(buffer),
    floats,
    doubles: new Float64Array(buffer),
  };
}
