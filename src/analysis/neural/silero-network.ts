import { JackfieldError } from '../../base/errors.js';
import { WasmCode } from '../../voice/convert/wasm-code.js';
import { DENSE_KERNEL } from './dense-kernel-bytes.js';
import { type OnnxTensor, onnxTensors } from './onnx-tensors.js';

/** Samples at 8 kHz that the network takes at once, 32 ms, and those before them that it sees again. */
export const NEURAL_WINDOW = 256;
const CONTEXT = 32;
/** Short spectra of a window: samples of one, samples between their begins, bins, and how many there are. */
const SPECTRUM = 128;
const HOP = 64;
const BINS = 65;
const SPECTRA = 4;
/** Bins with those that are there for the kernel's sake. */
const BINS_4 = 68;
/** Rows of the spectra's layer: a real and an imaginary part of each bin, and two of zeros. */
const PARTS = 132;
const HIDDEN = 128;
const F32 = Float32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 0x1_0000;

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

/** A layer: where its weights and biases lie, in bytes, and how large it is. */
interface Layer {
  readonly weights: number;
  readonly bias: number;
  readonly rows: number;
  readonly columns: number;
}

/** Memory of the network, of one leg. */
export interface NeuralState {
  readonly context: Float32Array;
  readonly hidden: Float32Array;
  readonly cell: Float32Array;
}

/** Makes the memory of a leg of which nothing was heard. */
export function neuralState(): NeuralState {
  return {
    context: new Float32Array(CONTEXT),
    hidden: new Float32Array(HIDDEN),
    cell: new Float32Array(HIDDEN),
  };
}

const code = new WasmCode(DENSE_KERNEL);
/** Tensors of the network for 8 kHz. Those of the one for 16 kHz have the same names and other sizes. */
const SHAPES = {
  'stft.forward_basis_buffer': [2 * BINS, 1, SPECTRUM],
  'encoder.0.reparam_conv.weight': [128, BINS, 3],
  'encoder.0.reparam_conv.bias': [128],
  'encoder.1.reparam_conv.weight': [64, 128, 3],
  'encoder.1.reparam_conv.bias': [64],
  'encoder.2.reparam_conv.weight': [64, 64, 3],
  'encoder.2.reparam_conv.bias': [64],
  'encoder.3.reparam_conv.weight': [128, 64, 3],
  'encoder.3.reparam_conv.bias': [128],
  'decoder.rnn.weight_ih': [4 * HIDDEN, HIDDEN],
  'decoder.rnn.weight_hh': [4 * HIDDEN, HIDDEN],
  'decoder.rnn.bias_ih': [4 * HIDDEN],
  'decoder.rnn.bias_hh': [4 * HIDDEN],
  'decoder.decoder.2.weight': [1, HIDDEN, 1],
  'decoder.decoder.2.bias': [1],
} as const;
type TensorName = keyof typeof SHAPES;

/**
 * The network of Silero's voice detector, versions 5 and 6, at 8 kHz: short spectra, four convolutions, an LSTM. The weights
 * come out of the ONNX file that its packages carry; the layers are computed here, in WebAssembly. The state of a leg is
 * the caller's, so one network serves all legs.
 */
export class SileroNetwork {
  readonly #kernel: Kernel;
  readonly #spectrum: Layer;
  readonly #convolutions: readonly Layer[];
  readonly #recurrent: Layer;
  readonly #out: Float32Array;
  readonly #outBias: number;
  /** Views of what a window goes through; in each, what lies around the rows that are computed stays zero. */
  readonly #sound: Float32Array;
  readonly #bins: Float32Array;
  readonly #magnitudes: Float32Array;
  readonly #activations: readonly Float32Array[];
  readonly #joined: Float32Array;
  readonly #gates: Float32Array;

  /** @throws ERR_UNSUPPORTED for bytes of anything else. */
  constructor(bytes: Uint8Array) {
    const weights = weightsOf(bytes);
    this.#kernel = code.instantiate() as Kernel;
    const { memory } = this.#kernel;
    let end = 0;
    const room = (count: number): number => {
      const at = end;
      end = Math.ceil((at + count * F32) / 64) * 64;
      const missing = end - memory.buffer.byteLength;
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
      return at;
    };
    const put = (values: ArrayLike<number>): number => {
      const at = room(values.length);
      new Float32Array(memory.buffer, at, values.length).set(values);
      return at;
    };
    const layer = (values: ArrayLike<number>, bias: ArrayLike<number>, columns: number): Layer => {
      return { weights: put(values), bias: put(bias), rows: bias.length, columns };
    };
    const basis = new Float32Array(PARTS * SPECTRUM);
    basis.set(weights['stft.forward_basis_buffer']);
    this.#spectrum = layer(basis, new Float32Array(PARTS), SPECTRUM);
    this.#convolutions = [0, 1, 2, 3].map((index) => {
      const name = `encoder.${index as 0 | 1 | 2 | 3}.reparam_conv` as const;
      const inputs = SHAPES[`${name}.weight`][1];
      const padded = Math.ceil(inputs / 4) * 4;
      const taps = byTap(weights[`${name}.weight`], inputs, padded);
      return layer(taps, weights[`${name}.bias`], 3 * padded);
    });
    const both = joinedRows(weights['decoder.rnn.weight_ih'], weights['decoder.rnn.weight_hh'], HIDDEN);
    const biases = weights['decoder.rnn.bias_ih'].map(
      (bias, i) => bias + (weights['decoder.rnn.bias_hh'][i] ?? 0),
    );
    this.#recurrent = layer(both, biases, 2 * HIDDEN);
    this.#out = weights['decoder.decoder.2.weight'];
    this.#outBias = weights['decoder.decoder.2.bias'][0] ?? 0;
    const places = [
      CONTEXT + NEURAL_WINDOW + CONTEXT,
      PARTS,
      (SPECTRA + 2) * BINS_4,
      (SPECTRA + 2) * 128,
      4 * 64,
      3 * 64,
      2 * HIDDEN,
      4 * HIDDEN,
    ].map((count) => ({ at: room(count), count }));
    const views = places.map(({ at, count }) => new Float32Array(memory.buffer, at, count));
    const [sound, bins, magnitudes, first, second, third, joined, gates] = views as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    this.#sound = sound;
    this.#bins = bins;
    this.#magnitudes = magnitudes;
    this.#activations = [first, second, third];
    this.#joined = joined;
    this.#gates = gates;
  }

  /** Takes the next {@link NEURAL_WINDOW} samples of a leg; returns how likely it is that somebody speaks, 0 to 1. */
  take(samples: Float32Array, state: NeuralState): number {
    const sound = this.#sound;
    sound.set(state.context);
    sound.set(samples, CONTEXT);
    const end = CONTEXT + NEURAL_WINDOW;
    // The end is mirrored, the last sample left out.
    for (let i = 0; i < CONTEXT; i++) sound[end + i] = sound[end - 2 - i] as number;
    state.context.set(samples.subarray(NEURAL_WINDOW - CONTEXT));
    this.#spectra();
    const [first, second, third] = this.#activations as [Float32Array, Float32Array, Float32Array];
    this.#convolve(0, this.#magnitudes, BINS_4, first, SPECTRA, 1);
    this.#convolve(1, first, 128, second, 2, 2);
    this.#convolve(2, second, 64, third, 1, 2);
    const joined = this.#joined;
    const [, , , last] = this.#convolutions as [Layer, Layer, Layer, Layer];
    this.#dense(last, third.byteOffset, joined.byteOffset, 1);
    joined.set(state.hidden, HIDDEN);
    this.#dense(this.#recurrent, joined.byteOffset, this.#gates.byteOffset, 0);
    return this.#remember(state);
  }

  #spectra(): void {
    const { byteOffset } = this.#sound;
    const bins = this.#bins;
    for (let spectrum = 0; spectrum < SPECTRA; spectrum++) {
      this.#dense(this.#spectrum, byteOffset + spectrum * HOP * F32, bins.byteOffset, 0);
      const row = (spectrum + 1) * BINS_4;
      for (let bin = 0; bin < BINS; bin++) {
        const [real, imaginary] = [bins[bin] as number, bins[BINS + bin] as number];
        this.#magnitudes[row + bin] = Math.sqrt(real * real + imaginary * imaginary);
      }
    }
  }

  /** One convolution of three moments; the row before the first and the one behind the last are zero. */
  #convolve(
    index: number,
    input: Float32Array,
    channels: number,
    target: Float32Array,
    count: number,
    stride: number,
  ): void {
    const layer = this.#convolutions[index] as Layer;
    for (let i = 0; i < count; i++) {
      const from = input.byteOffset + i * stride * channels * F32;
      this.#dense(layer, from, target.byteOffset + (i + 1) * layer.rows * F32, 1);
    }
  }

  #dense({ weights, bias, rows, columns }: Layer, input: number, target: number, relu: 0 | 1): void {
    this.#kernel.dense(weights, input, bias, target, rows, columns, relu);
  }

  /** The LSTM's gates (input, forget, cell, output) on its memory, and the last layer. */
  #remember({ hidden, cell }: NeuralState): number {
    const gates = this.#gates;
    let sum = this.#outBias;
    for (let i = 0; i < HIDDEN; i++) {
      const kept = sigmoid(gates[HIDDEN + i] as number) * (cell[i] as number);
      const now = kept + sigmoid(gates[i] as number) * Math.tanh(gates[2 * HIDDEN + i] as number);
      const value = sigmoid(gates[3 * HIDDEN + i] as number) * Math.tanh(now);
      cell[i] = now;
      hidden[i] = value;
      if (value > 0) sum += value * (this.#out[i] as number);
    }
    return sigmoid(sum);
  }
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

function weightsOf(bytes: Uint8Array): Record<TensorName, Float32Array> {
  const tensors = onnxTensors(bytes);
  const found = Object.entries(SHAPES).map(([name, shape]) => {
    const isSame = ({ dims }: OnnxTensor) => dims.join() === shape.join();
    const tensor = tensors.get(name)?.find(isSame);
    if (!tensor) {
      const text = `The model has no ${name} of ${shape.join(' x ')}: give a Silero voice detector of version 5 or 6.`;
      throw new JackfieldError('ERR_UNSUPPORTED', text);
    }
    if (!tensor.values.every(Number.isFinite))
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `In ${name} of the model there are values that are no numbers.`,
      );
    return [name, tensor.values];
  });
  return Object.fromEntries(found) as Record<TensorName, Float32Array>;
}

/** Weights [output][input][tap] as [output][tap][input], each tap's inputs filled up to `padded`. */
function byTap(values: Float32Array, inputs: number, padded: number): Float32Array {
  const rows = values.length / (3 * inputs);
  const turned = new Float32Array(rows * 3 * padded);
  for (let row = 0; row < rows; row++)
    for (let input = 0; input < inputs; input++)
      for (let tap = 0; tap < 3; tap++)
        turned[(row * 3 + tap) * padded + input] = values[(row * inputs + input) * 3 + tap] as number;
  return turned;
}

/** The rows of two matrices of `columns` columns, each beside the other. */
function joinedRows(first: Float32Array, second: Float32Array, columns: number): Float32Array {
  const rows = first.length / columns;
  const joined = new Float32Array(2 * first.length);
  for (let row = 0; row < rows; row++) {
    joined.set(first.subarray(row * columns, (row + 1) * columns), 2 * row * columns);
    joined.set(second.subarray(row * columns, (row + 1) * columns), (2 * row + 1) * columns);
  }
  return joined;
}
