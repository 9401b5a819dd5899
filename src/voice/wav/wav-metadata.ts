import { text as aText, checkOptions, object, type Rules, whole } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { invalidArgument } from '../../base/errors.js';

/** Fields of a `LIST/INFO` chunk by name, with the chunk id of each (RIFF specification, "INFO list"). */
export const INFO_IDS = {
  title: 'INAM',
  artist: 'IART',
  subject: 'ISBJ',
  comment: 'ICMT',
  keywords: 'IKEY',
  date: 'ICRD',
  engineer: 'IENG',
  technician: 'ITCH',
  source: 'ISRC',
  software: 'ISFT',
  copyright: 'ICOP',
  genre: 'IGNR',
} as const;

export type WavInfo = { readonly [K in keyof typeof INFO_IDS]?: string };

/** The broadcast extension of a WAV file (EBU Tech 3285). */
export interface WavBroadcast {
  /** Free text, at most 256 bytes. */
  readonly description?: string;
  /** Maker of the file, at most 32 bytes. */
  readonly originator?: string;
  /** An unambiguous reference given by the originator, at most 32 bytes. */
  readonly originatorReference?: string;
  /** `yyyy-mm-dd`. */
  readonly originationDate?: string;
  /** `hh:mm:ss`. */
  readonly originationTime?: string;
  /** The first sample's position, in samples since midnight. Default 0. */
  readonly timeReference?: number;
  /** One line for each step the sound went through. */
  readonly codingHistory?: string;
}

/** Metadata of a WAV file. */
export interface WavMetadata {
  readonly info?: WavInfo;
  readonly bext?: WavBroadcast;
}

/** Largest metadata chunk, in bytes. A larger one is refused when written and skipped when read. */
export const MAX_METADATA_BYTES = 1 << 20;

const RULES: Rules<WavMetadata> = { info: object, bext: object };
const TEXT = aText(0, MAX_METADATA_BYTES);
const BEXT_RULES: Rules<WavBroadcast> = {
  description: TEXT,
  originator: TEXT,
  originatorReference: TEXT,
  originationDate: TEXT,
  originationTime: TEXT,
  timeReference: whole(0, Number.MAX_SAFE_INTEGER),
  codingHistory: TEXT,
};

const BEXT_BYTES = 602;
const BEXT_TEXTS = [
  ['description', 0, 256],
  ['originator', 256, 32],
  ['originatorReference', 288, 32],
  ['originationDate', 320, 10],
  ['originationTime', 330, 8],
] as const;
const BEXT_TIME_REFERENCE = 338;
const BEXT_VERSION = 346;

/** Makes the `LIST` and `bext` chunks of `metadata`, padded. @throws ERR_INVALID_ARG for a text that does not fit. */
export function encodeMetadata(metadata: WavMetadata): Uint8Array {
  checkOptions(metadata, RULES, 'metadata.');
  const chunks: Uint8Array[] = [];
  if (metadata.bext) chunks.push(chunkOf('bext', encodeBext(metadata.bext)));
  if (metadata.info) {
    const fields = encodeInfo(metadata.info);
    if (fields.length > 0) chunks.push(chunkOf('LIST', concatBytes([ascii('INFO'), ...fields])));
  }
  const bytes = concatBytes(chunks);
  if (bytes.length > MAX_METADATA_BYTES) {
    throw invalidArgument('metadata', `at most ${MAX_METADATA_BYTES} bytes when encoded`, bytes.length);
  }
  return bytes;
}

/** Reads the body of a `LIST` chunk; undefined when it is not an INFO list. Stops at a damaged field. */
export function decodeInfo(body: Uint8Array): WavInfo | undefined {
  if (text(body, 0, 4) !== 'INFO') return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const info: { -readonly [K in keyof WavInfo]: string } = {};
  for (let at = 4; at + 8 <= body.length; ) {
    const size = view.getUint32(at + 4, true);
    if (size > body.length - at - 8) break;
    const id = text(body, at, 4);
    for (const [name, known] of Object.entries(INFO_IDS)) {
      if (known === id) info[name as keyof WavInfo] = text(body, at + 8, size);
    }
    at += 8 + size + (size & 1);
  }
  return info;
}

/** Reads the body of a `bext` chunk; undefined when it is too short. */
export function decodeBext(body: Uint8Array): WavBroadcast | undefined {
  if (body.length < BEXT_BYTES) return undefined;
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const bext: { -readonly [K in keyof WavBroadcast]: WavBroadcast[K] } = {};
  for (const [name, at, length] of BEXT_TEXTS) {
    const value = text(body, at, length);
    if (value) bext[name] = value;
  }
  bext.timeReference = Number(view.getBigUint64(BEXT_TIME_REFERENCE, true));
  const history = text(body, BEXT_BYTES, body.length - BEXT_BYTES);
  if (history) bext.codingHistory = history;
  return bext;
}

function encodeInfo(info: WavInfo): Uint8Array[] {
  return Object.entries(info).map(([name, value]) => {
    const id = entryOf<string>(INFO_IDS, name);
    if (!id) throw invalidArgument('metadata.info', `a field of ${Object.keys(INFO_IDS).join(', ')}`, name);
    if (typeof value !== 'string' || value.includes('\0')) {
      throw invalidArgument(`metadata.info.${name}`, 'a string without NUL', value);
    }
    return chunkOf(id, new TextEncoder().encode(`${value}\0`));
  });
}

function encodeBext(bext: WavBroadcast): Uint8Array {
  checkOptions(bext, BEXT_RULES, 'metadata.bext.');
  const history = new TextEncoder().encode(bext.codingHistory ?? '');
  const body = new Uint8Array(BEXT_BYTES + history.length);
  for (const [name, at, length] of BEXT_TEXTS) {
    const encoded = new TextEncoder().encode(bext[name] ?? '');
    if (encoded.length > length) {
      throw invalidArgument(`metadata.bext.${name}`, `at most ${length} bytes`, bext[name]);
    }
    body.set(encoded, at);
  }
  const { timeReference = 0 } = bext;
  const view = new DataView(body.buffer);
  view.setBigUint64(BEXT_TIME_REFERENCE, BigInt(timeReference), true);
  view.setUint16(BEXT_VERSION, 1, true);
  body.set(history, BEXT_BYTES);
  return body;
}

/** Makes one RIFF chunk: id, size, body, and a pad byte when the size is odd. */
export function chunkOf(id: string, body: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(8 + body.length + (body.length & 1));
  chunk.set(ascii(id));
  new DataView(chunk.buffer).setUint32(4, body.length, true);
  chunk.set(body, 8);
  return chunk;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function ascii(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Reads text up to the first NUL. Bytes that are not UTF-8 are read as Latin-1, which older programs wrote. */
function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  const used = end < 0 ? field : field.subarray(0, end);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(used);
  } catch {
    return new TextDecoder('latin1').decode(used);
  }
}
