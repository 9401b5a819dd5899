import { JackfieldError } from '../../base/errors.js';
import { type OnnxTensor, onnxTensors } from './onnx-tensors.js';

/** Rows of a spectrum (real and imaginary parts), its samples, its bins, and units of the LSTM. */
const PARTS = 130;
const SPECTRUM = 128;
const BINS = 65;
const HIDDEN = 128;

/** Tensors of the network for 8 kHz. Those of the network for 16 kHz have the same names and other sizes. */
const SHAPES = {
  'stft.forward_basis_buffer': [PARTS, 1, SPECTRUM],
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

/** Weights of each layer, in the order of the kernel. */
export interface SileroWeights {
  /** Rows of the spectra: the real and the imaginary part of each bin. */
  readonly spectrum: Float32Array;
  readonly convolutions: readonly ConvolutionWeights[];
  readonly recurrent: { readonly weights: Float32Array; readonly bias: Float32Array };
  readonly output: { readonly weights: Float32Array; readonly bias: number };
}

/** Weights of a convolution with three taps: [output][tap][input]. */
export interface ConvolutionWeights {
  readonly taps: Float32Array;
  readonly bias: Float32Array;
  /** Inputs of a tap, padded with zeros to a multiple of 4. */
  readonly inputs: number;
}

/** Reads the weights from the ONNX file of a package. @throws ERR_UNSUPPORTED for bytes that are not such a model. */
export function sileroWeights(bytes: Uint8Array): SileroWeights {
  const tensors = tensorsOf(bytes);
  const bias = tensors['decoder.rnn.bias_hh'];
  return {
    spectrum: tensors['stft.forward_basis_buffer'],
    convolutions: ([0, 1, 2, 3] as const).map((index) => {
      const name = `encoder.${index}.reparam_conv` as const;
      const known = SHAPES[`${name}.weight`][1];
      const inputs = Math.ceil(known / 4) * 4;
      return { taps: byTap(tensors[`${name}.weight`], known, inputs), bias: tensors[`${name}.bias`], inputs };
    }),
    recurrent: {
      weights: joinedRows(tensors['decoder.rnn.weight_ih'], tensors['decoder.rnn.weight_hh'], HIDDEN),
      bias: tensors['decoder.rnn.bias_ih'].map((each, i) => each + (bias[i] ?? 0)),
    },
    output: {
      weights: tensors['decoder.decoder.2.weight'],
      bias: tensors['decoder.decoder.2.bias'][0] ?? 0,
    },
  };
}

function tensorsOf(bytes: Uint8Array): Record<TensorName, Float32Array> {
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
        `The part ${name} of the model has values that are not numbers.`,
      );
    return [name, tensor.values];
  });
  return Object.fromEntries(found) as Record<TensorName, Float32Array>;
}

/**
 * Reorders weights from [output][input][tap] to [output][tap][input], with the inputs of each tap padded to `padded`.
 */
function byTap(values: Float32Array, inputs: number, padded: number): Float32Array {
  const rows = values.length / (3 * inputs);
  const turned = new Float32Array(rows * 3 * padded);
  for (let row = 0; row < rows; row++)
    for (let input = 0; input < inputs; input++)
      for (let tap = 0; tap < 3; tap++)
        turned[(row * 3 + tap) * padded + input] = values[(row * inputs + input) * 3 + tap] as number;
  return turned;
}

/** Joins the rows of two matrices of `columns` columns side by side. */
function joinedRows(first: Float32Array, second: Float32Array, columns: number): Float32Array {
  const rows = first.length / columns;
  const joined = new Float32Array(2 * first.length);
  for (let row = 0; row < rows; row++) {
    joined.set(first.subarray(row * columns, (row + 1) * columns), 2 * row * columns);
    joined.set(second.subarray(row * columns, (row + 1) * columns), (2 * row + 1) * columns);
  }
  return joined;
}
