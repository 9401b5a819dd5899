import { JackfieldError } from '../../base/errors.js';

/** Array of numbers from an ONNX file. */
export interface OnnxTensor {
  readonly dims: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

/** Field numbers of the ONNX messages that are read here (onnx.proto). */
const MODEL_GRAPH = 7;
const GRAPH_NODE = 1;
const GRAPH_INITIALIZER = 5;
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE_TENSOR = 5;
const ATTRIBUTE_GRAPH = 6;
const TENSOR_DIMS = 1;
const TENSOR_TYPE = 2;
const TENSOR_NAME = 8;
const TENSOR_RAW = 9;
/** Data type of 32-bit floats. */
const FLOAT = 1;
/** Deepest nesting of graphs. */
const DEEPEST = 8;
/** Most dimensions of a tensor, and most tensors of a file. */
const MAX_DIMS = 8;
const MAX_TENSORS = 10_000;

/**
 * Reads the named tensors of 32-bit floats of an ONNX file, including those of nested graphs. Tensors with the same
 * name, such as those in the branches of a condition, are in the order of the file.
 *
 * @throws ERR_UNSUPPORTED for bytes that are not an ONNX file.
 */
export function onnxTensors(bytes: Uint8Array): Map<string, OnnxTensor[]> {
  const found = new Tensors();
  for (const [field, value] of fields(bytes))
    if (field === MODEL_GRAPH && value instanceof Uint8Array) readGraph(value, found, 0);
  return found.byName;
}

class Tensors {
  readonly byName = new Map<string, OnnxTensor[]>();
  #count = 0;

  /** @throws ERR_UNSUPPORTED for more tensors than a model has. */
  add(name: string, tensor: OnnxTensor): void {
    if (++this.#count > MAX_TENSORS) throw notOnnx();
    const held = this.byName.get(name);
    if (held) held.push(tensor);
    else this.byName.set(name, [tensor]);
  }
}

function readGraph(bytes: Uint8Array, found: Tensors, depth: number): void {
  if (depth > DEEPEST) throw notOnnx();
  for (const [field, value] of fields(bytes)) {
    if (!(value instanceof Uint8Array)) continue;
    if (field === GRAPH_INITIALIZER) readTensor(value, found);
    if (field !== GRAPH_NODE) continue;
    for (const [part, attribute] of fields(value)) {
      if (part !== NODE_ATTRIBUTE || !(attribute instanceof Uint8Array)) continue;
      for (const [kind, held] of fields(attribute)) {
        if (!(held instanceof Uint8Array)) continue;
        if (kind === ATTRIBUTE_TENSOR) readTensor(held, found);
        if (kind === ATTRIBUTE_GRAPH) readGraph(held, found, depth + 1);
      }
    }
  }
}

function readTensor(bytes: Uint8Array, found: Tensors): void {
  const dims: number[] = [];
  let name = '';
  let type: number | undefined;
  let raw: Uint8Array = new Uint8Array();
  for (const [field, value] of fields(bytes)) {
    if (field === TENSOR_DIMS) {
      for (const dim of typeof value === 'number' ? [value] : varintsIn(value)) {
        if (dims.length === MAX_DIMS) throw notOnnx();
        dims.push(dim);
      }
    } else if (field === TENSOR_TYPE && typeof value === 'number') type = value;
    else if (value instanceof Uint8Array) {
      if (field === TENSOR_NAME) name = Buffer.from(value).toString();
      if (field === TENSOR_RAW) raw = value;
    }
  }
  const count = dims.reduce((product, dim) => product * dim, 1);
  // Only tensors of 32-bit floats are weights.
  if (name === '' || type !== FLOAT || raw.length !== count * Float32Array.BYTES_PER_ELEMENT) return;
  found.add(name, { dims, values: new Float32Array(Uint8Array.from(raw).buffer) });
}

/** Reads the numbers of a packed field. */
function* varintsIn(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at < bytes.length; ) {
    const [value, next] = varintAt(bytes, at);
    at = next;
    yield value;
  }
}

function varintAt(bytes: Uint8Array, from: number): [value: number, next: number] {
  let value = 0;
  let at = from;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[at++];
    if (byte === undefined || scale > 2 ** 63) throw notOnnx();
    value += (byte & 127) * scale;
    if (byte < 128) return [value, at];
  }
}

/** Reads the fields of a Protocol Buffers message: numbers and bytes. */
function* fields(bytes: Uint8Array): Generator<[field: number, value: number | Uint8Array]> {
  let at = 0;
  const varint = (): number => {
    const [value, next] = varintAt(bytes, at);
    at = next;
    return value;
  };
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw notOnnx();
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    const kind = key % 8;
    if (kind === 0) yield [field, varint()];
    else if (kind === 1) yield [field, take(8)];
    else if (kind === 2) yield [field, take(varint())];
    else if (kind === 5) yield [field, take(4)];
    else throw notOnnx();
  }
}

function notOnnx(): JackfieldError {
  return new JackfieldError('ERR_UNSUPPORTED', 'The file is not an ONNX model.');
}
