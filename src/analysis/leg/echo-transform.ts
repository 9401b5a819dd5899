import { WasmCode } from '../../voice/convert/wasm-code.js';
import { ECHO_KERNEL } from './echo-kernel-bytes.js';

/** Function of echo-kernel.wat. Addresses are in bytes. */
interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer };
  /**
   * Transforms the values at `at`, with room for as many at `spare`. Returns the address of the result, one of the two.
   */
  transform(at: number, spare: number, turns: number, size: number): number;
}

/** Complex values. */
export interface ComplexValues {
  readonly re: Float32Array;
  readonly im: Float32Array;
}

/** Fourier transform with its own memory. */
export interface EchoTransform {
  /** Values to transform. */
  readonly input: ComplexValues;
  /** Transforms the values in `input` and overwrites them. The result is valid until `input` is written again. */
  take(): ComplexValues;
}

const BYTES = Float32Array.BYTES_PER_ELEMENT;

let shared: EchoTransform | undefined;

/**
 * Returns the transform that all meters of this thread share. It keeps no data between calls.
 *
 * @param size A power of two, 16 or more.
 */
export function echoTransform(size: number): EchoTransform {
  if (shared?.input.re.length !== size) shared = created(size);
  return shared;
}

function created(size: number): EchoTransform {
  const kernel = new WasmCode(ECHO_KERNEL).instantiate() as Kernel;
  const { buffer } = kernel.memory;
  const spare = 2 * size * BYTES;
  const turns = 2 * spare;
  const quarter = size / 4;
  const table = new Float32Array(buffer, turns, 6 * quarter);
  for (let i = 0; i < quarter; i++) {
    for (const turn of [1, 2, 3]) {
      const angle = (2 * Math.PI * turn * i) / size;
      table[(2 * turn - 2) * quarter + i] = Math.cos(angle);
      table[(2 * turn - 1) * quarter + i] = Math.sin(angle);
    }
  }
  const valuesAt = (at: number): ComplexValues => ({
    re: new Float32Array(buffer, at, size),
    im: new Float32Array(buffer, at + size * BYTES, size),
  });
  const [input, other] = [valuesAt(0), valuesAt(spare)];
  return {
    input,
    take: () => (kernel.transform(0, spare, turns, size) === 0 ? input : other),
  };
}
