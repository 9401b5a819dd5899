import { WasmCode } from '../../voice/convert/wasm-code.js';
import { LEG_KERNEL } from './leg-kernel-bytes.js';

/** The functions of leg-kernel.wat; addresses in bytes. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** Sum of the squares of `count` samples, a multiple of 8. */
  squares(at: number, count: number): number;
  /** Sum, largest and least of `count` samples, a multiple of 8, written at `out`. */
  extremes(at: number, count: number, out: number): void;
  /** Filters two signals; returns how far it came (see `SoundMeter`). */
  level(left: number, right: number, from: number, count: number, state: number): number;
  /** The power spectrum of 256 samples. */
  spectrum(samples: number, row: number, tables: number): void;
  /** Place of the largest of `count` f32. */
  largest(at: number, count: number): number;
  /** Counts the frames for which bins have been peaks; returns the power in those of `long` frames (see `MusicFrames`). */
  held(row: number, ages: number, count: number, total: number, long: number): number;
}

/** A kernel with views of its memory, and places in it. */
export interface LegKernel extends Kernel {
  readonly samples: Int16Array;
  readonly ints: Int32Array;
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
}

/** Most samples of a leg at once: 100 ms at 192 kHz, and room behind them. */
const MOST = 20_480;
/** Bins of a spectrum, and samples that it is of. */
const SIZE = 256;
const BINS = SIZE / 2 + 1;

/** Places in the kernel's memory, in bytes. */
export const PLACES = {
  legs: [0, 2 * MOST],
  state: 4 * MOST,
  out: 4 * MOST + 512,
  row: 4 * MOST + 1024,
  tables: 4 * MOST + 2048,
  frames: 4 * MOST + 16_384,
} as const;
/** Places in a spectrum's row, in elements. */
export const ROW = { bins: BINS, bands: 132, total: 148 } as const;

/** First bins of the bands from 94 to 3500 Hz, narrow below and wide above as hearing has them, and the end of the last. */
export const BAND_EDGES = [3, 5, 7, 9, 12, 16, 20, 24, 29, 35, 42, 50, 59, 70, 83, 98, 112] as const;

let shared: LegKernel | undefined;

/**
 * The kernel of all analyses of this thread. Nothing of theirs stays in its memory: what one leaves there is good until
 * another is at work.
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
  // Powers of all bins add up to the mean square, full scale being 1; the bins' halves are not halved, hence the other 2.
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
