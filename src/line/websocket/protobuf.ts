import { JackfieldError } from '../../base/errors.js';

/**
 * Fields of a protobuf message by their field numbers: numbers, or bytes. The last value of a repeated field counts.
 */
export type ProtobufFields = ReadonlyMap<number, number | Uint8Array>;

const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
/** Most fields of a message. */
const MAX_FIELDS = 64;

/**
 * Reads a message without its schema.
 *
 * @throws ERR_SYNTAX for bytes that are not protobuf; ERR_LIMIT for too many fields.
 */
export function readProtobuf(bytes: Uint8Array): ProtobufFields {
  const fields = new Map<number, number | Uint8Array>();
  const reader = { bytes, at: 0 };
  for (let count = 0; reader.at < bytes.length; count++) {
    if (count >= MAX_FIELDS)
      throw new JackfieldError('ERR_LIMIT', `A protobuf message has more than ${MAX_FIELDS} fields.`);
    const tag = varint(reader);
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (type === VARINT) fields.set(field, varint(reader));
    else if (type === BYTES) fields.set(field, take(reader, varint(reader)));
    else if (type === FIXED_64) take(reader, 8);
    else if (type === FIXED_32) take(reader, 4);
    else throw noProtobuf();
  }
  return fields;
}

/** Writes a message. Numbers that are 0 are left out. */
export function writeProtobuf(fields: readonly (readonly [number, number | Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [field, value] of fields) {
    if (typeof value === 'number') {
      if (value !== 0) parts.push(varintBytes(field * 8 + VARINT), varintBytes(value));
    } else parts.push(varintBytes(field * 8 + BYTES), varintBytes(value.length), value);
  }
  return Buffer.concat(parts);
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

function varint(reader: Reader): number {
  let value = 0;
  for (let shift = 0; shift < 10; shift++) {
    const byte = reader.bytes[reader.at];
    if (byte === undefined) throw noProtobuf();
    reader.at++;
    value += (byte & 0x7f) * 2 ** (7 * shift);
    if (byte < 0x80) return value;
  }
  throw noProtobuf();
}

function take(reader: Reader, length: number): Uint8Array {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw noProtobuf();
  const taken = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return taken;
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function noProtobuf(): JackfieldError {
  return new JackfieldError('ERR_SYNTAX', 'A binary message must be a protobuf message.');
}
