import { type DenseLayer, DenseLayers } from './dense-layers.js';
import { sileroWeights } from './silero-weights.js';

/** Samples at 8 kHz that the network takes at once (32 ms), and samples before them that it gets again as context. */
export const NEURAL_WINDOW = 256;
const CONTEXT = 32;
/** Short spectra of a window: samples of each, samples between their starts, bins, and number of spectra. */
const SPECTRUM = 128;
const HOP = 64;
const BINS = 65;
const SPECTRA = 4;
/** Bins, padded to a multiple of 4 for the kernel. */
const BINS_4 = 68;
/** Rows of the layer of the spectra: a real and an imaginary part of each bin, and two rows of zeros. */
const PARTS = 132;
const HIDDEN = 128;
const F32 = Float32Array.BYTES_PER_ELEMENT;

/** State of the network for one leg. */
export interface NeuralState {
  readonly context: Float32Array;
  readonly hidden: Float32Array;
  readonly cell: Float32Array;
}

/** Makes the state of a leg that begins. */
export function neuralState(): NeuralState {
  return {
    context: new Float32Array(CONTEXT),
    hidden: new Float32Array(HIDDEN),
    cell: new Float32Array(HIDDEN),
  };
}

/**
 * Network of Silero's voice detector, versions 5 and 6, at 8 kHz: short spectra, four convolutions, an LSTM. The
 * weights are read from the ONNX file of a package; the layers are computed here, in WebAssembly. The caller keeps the
 * state of each leg, so one network serves all legs.
 */
export class SileroNetwork {
  readonly #layers = new DenseLayers();
  readonly #spectrum: DenseLayer;
  readonly #convolutions: readonly DenseLayer[];
  readonly #recurrent: DenseLayer;
  readonly #out: Float32Array;
  readonly #outBias: number;
  /** Arrays through which a window passes. The padding around the computed rows stays zero. */
  readonly #sound: Float32Array;
  readonly #bins: Float32Array;
  readonly #magnitudes: Float32Array;
  readonly #activations: readonly [Float32Array, Float32Array, Float32Array];
  readonly #joined: Float32Array;
  readonly #gates: Float32Array;

  /** @throws ERR_UNSUPPORTED for bytes that are not such a model. */
  constructor(bytes: Uint8Array) {
    const { spectrum, convolutions, recurrent, output } = sileroWeights(bytes);
    const basis = new Float32Array(PARTS * SPECTRUM);
    basis.set(spectrum);
    this.#spectrum = this.#layers.add(basis, new Float32Array(PARTS), SPECTRUM);
    this.#convolutions = convolutions.map(({ taps, bias, inputs }) =>
      this.#layers.add(taps, bias, 3 * inputs),
    );
    this.#recurrent = this.#layers.add(recurrent.weights, recurrent.bias, 2 * HIDDEN);
    this.#out = output.weights;
    this.#outBias = output.bias;
    const sizes = [CONTEXT + NEURAL_WINDOW + CONTEXT, PARTS, (SPECTRA + 2) * BINS_4] as const;
    const [sound, bins, magnitudes, first, second, third, joined, gates] = this.#layers.rooms(
      ...sizes,
      (SPECTRA + 2) * 128,
      4 * 64,
      3 * 64,
      2 * HIDDEN,
      4 * HIDDEN,
    );
    this.#sound = sound;
    this.#bins = bins;
    this.#magnitudes = magnitudes;
    this.#activations = [first, second, third];
    this.#joined = joined;
    this.#gates = gates;
  }

  /** Takes the next {@link NEURAL_WINDOW} samples of a leg. Returns the probability of speech, 0 to 1. */
  take(samples: Float32Array, state: NeuralState): number {
    const sound = this.#sound;
    sound.set(state.context);
    sound.set(samples, CONTEXT);
    const end = CONTEXT + NEURAL_WINDOW;
    // Mirrors the end, without the last sample.
    for (let i = 0; i < CONTEXT; i++) sound[end + i] = sound[end - 2 - i] as number;
    state.context.set(samples.subarray(NEURAL_WINDOW - CONTEXT));
    this.#spectra();
    const [first, second, third] = this.#activations;
    this.#convolve(0, this.#magnitudes, BINS_4, first, SPECTRA, 1);
    this.#convolve(1, first, 128, second, 2, 2);
    this.#convolve(2, second, 64, third, 1, 2);
    const joined = this.#joined;
    this.#layers.compute(this.#convolutions[3] as DenseLayer, third.byteOffset, joined.byteOffset, 1);
    joined.set(state.hidden, HIDDEN);
    this.#layers.compute(this.#recurrent, joined.byteOffset, this.#gates.byteOffset, 0);
    return this.#remember(state);
  }

  #spectra(): void {
    const { byteOffset } = this.#sound;
    const bins = this.#bins;
    for (let spectrum = 0; spectrum < SPECTRA; spectrum++) {
      this.#layers.compute(this.#spectrum, byteOffset + spectrum * HOP * F32, bins.byteOffset, 0);
      const row = (spectrum + 1) * BINS_4;
      for (let bin = 0; bin < BINS; bin++) {
        const [real, imaginary] = [bins[bin] as number, bins[BINS + bin] as number];
        this.#magnitudes[row + bin] = Math.sqrt(real * real + imaginary * imaginary);
      }
    }
  }

  /** Computes a convolution with three taps. The row before the first and the row after the last are zero. */
  #convolve(
    index: number,
    input: Float32Array,
    channels: number,
    target: Float32Array,
    count: number,
    stride: number,
  ): void {
    const layer = this.#convolutions[index] as DenseLayer;
    for (let i = 0; i < count; i++) {
      const from = input.byteOffset + i * stride * channels * F32;
      this.#layers.compute(layer, from, target.byteOffset + (i + 1) * layer.rows * F32, 1);
    }
  }

  /** Updates the state by the gates of the LSTM (input, forget, cell, output), and computes the last layer. */
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
