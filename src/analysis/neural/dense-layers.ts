import { WasmCode } from '../../voice/convert/wasm-code.js';
import { DENSE_KERNEL } from './dense-kernel-bytes.js';

const F32 = Float32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 0x1_0000;
/** Alignment of weights and values in memory, in bytes. */
const ALIGNMENT = 64;

interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  dense(
    weights: number,
    input: number,
    bias: number,
    target: number,
    rows: number,
    columns: number,
    relu: 0 | 1,
  ): void;
}

/** A layer: the addresses of its weights and biases, in bytes, and its size. */
export interface DenseLayer {
  readonly weights: number;
  readonly bias: number;
  readonly rows: number;
  readonly columns: number;
}

const code = new WasmCode(DENSE_KERNEL);

/** Dense layers in WebAssembly memory, and the values that pass through them. */
export class DenseLayers {
  readonly #kernel = code.instantiate() as Kernel;
  /** First free byte. */
  #end = 0;

  /** Adds a layer with `weights` as [row][column]; each row has a bias. */
  add(weights: ArrayLike<number>, bias: ArrayLike<number>, columns: number): DenseLayer {
    return { weights: this.#put(weights), bias: this.#put(bias), rows: bias.length, columns };
  }

  /**
   * Allocates arrays of zeros for the values that pass through the layers. Call it after all layers are added: a later
   * layer may grow the memory, which detaches the arrays.
   */
  rooms<const T extends readonly number[]>(...counts: T): { [K in keyof T]: Float32Array } {
    const places = counts.map((count) => ({ at: this.#room(count), count }));
    const { buffer } = this.#kernel.memory;
    const made = places.map(({ at, count }) => new Float32Array(buffer, at, count));
    return made as { [K in keyof T]: Float32Array };
  }

  /**
   * Computes a layer.
   *
   * @param input Address of the input values, one for each column.
   * @param target Address of the results, one for each row.
   * @param relu 1: negative rows become 0.
   */
  compute({ weights, bias, rows, columns }: DenseLayer, input: number, target: number, relu: 0 | 1): void {
    this.#kernel.dense(weights, input, bias, target, rows, columns, relu);
  }

  #put(values: ArrayLike<number>): number {
    const at = this.#room(values.length);
    new Float32Array(this.#kernel.memory.buffer, at, values.length).set(values);
    return at;
  }

  #room(count: number): number {
    const { memory } = this.#kernel;
    const at = this.#end;
    this.#end = Math.ceil((at + count * F32) / ALIGNMENT) * ALIGNMENT;
    const missing = this.#end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    return at;
  }
}
