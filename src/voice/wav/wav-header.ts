import type { PcmFormat } from '../../base/pcm.js';
import { ENCODING_SHAPES, FORMAT_TAG, type WavWriteEncoding } from './wav-encoding.js';
import { chunkOf, concatBytes, encodeMetadata, type WavMetadata } from './wav-metadata.js';

export interface WavHeaderOptions {
  readonly format: PcmFormat;
  readonly encoding: WavWriteEncoding;
  readonly metadata: WavMetadata;
  /** A chunk of the writer's own, which it may change in place at {@link WavHeader.ownAt}. */
  readonly own?: { readonly id: string; readonly bytes: number };
}

/** Length in a header that was written before the length was known. Readers read to the end of the file. */
export const OPEN_LENGTH = 0x7fff_fff0;

const UINT32_MAX = 0xffff_ffff;
const DS64_AT = 12;
const DS64_BODY_BYTES = 28;
// RFC 2361, "WAVE_FORMAT_EXTENSIBLE": the tag, then the tail of a GUID that is the same for all media subtypes.
const SUBTYPE_TAIL = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

/**
 * The bytes before the samples, for any length of data.
 *
 * A `JUNK` chunk right after `WAVE` keeps room for a `ds64` chunk. A file that outgrows 4 GiB becomes RF64 (EBU Tech
 * 3306) by rewriting the header in place, since the header's length never changes.
 */
export class WavHeader {
  readonly blockAlign: number;
  readonly #bytes: Uint8Array;
  /** Offset of the body of the writer's own chunk in the header. */
  readonly ownAt: number;
  readonly #factAt: number | undefined;

  constructor({ format, encoding, metadata, own }: WavHeaderOptions) {
    const { formatTag, bitsPerSample } = ENCODING_SHAPES[encoding];
    this.blockAlign = (bitsPerSample / 8) * format.channels;
    const isPcm = formatTag === FORMAT_TAG.pcm;
    const beforeFact = concatBytes([
      new Uint8Array(DS64_AT),
      chunkOf('JUNK', new Uint8Array(DS64_BODY_BYTES)),
      chunkOf('fmt ', fmtBody(format, formatTag, bitsPerSample)),
    ]);
    this.#factAt = isPcm ? undefined : beforeFact.length + 8;
    const beforeOwn = concatBytes([
      beforeFact,
      isPcm ? new Uint8Array() : chunkOf('fact', new Uint8Array(4)),
    ]);
    this.ownAt = beforeOwn.length + 8;
    this.#bytes = concatBytes([
      beforeOwn,
      own ? chunkOf(own.id, new Uint8Array(own.bytes)) : new Uint8Array(),
      encodeMetadata(metadata),
      chunkOf('data', new Uint8Array()),
    ]);
    writeAscii(this.#bytes, 0, 'RIFF');
    writeAscii(this.#bytes, 8, 'WAVE');
  }

  /** Length of the header, in bytes: where the samples begin. */
  get length(): number {
    return this.#bytes.length;
  }

  /** Gives the header of a file with `dataBytes` of samples. The next call reuses the array. */
  sized(dataBytes: number): Uint8Array {
    const bytes = this.#bytes;
    const view = new DataView(bytes.buffer);
    const riffBytes = bytes.length - 8 + dataBytes + (dataBytes & 1);
    const sampleCount = dataBytes / this.blockAlign;
    const isLong = riffBytes > UINT32_MAX;
    writeAscii(bytes, 0, isLong ? 'RF64' : 'RIFF');
    writeAscii(bytes, DS64_AT, isLong ? 'ds64' : 'JUNK');
    view.setBigUint64(DS64_AT + 8, isLong ? BigInt(riffBytes) : 0n, true);
    view.setBigUint64(DS64_AT + 16, isLong ? BigInt(dataBytes) : 0n, true);
    view.setBigUint64(DS64_AT + 24, isLong ? BigInt(sampleCount) : 0n, true);
    view.setUint32(4, isLong ? UINT32_MAX : riffBytes, true);
    view.setUint32(bytes.length - 4, isLong ? UINT32_MAX : dataBytes, true);
    if (this.#factAt !== undefined) view.setUint32(this.#factAt, Math.min(sampleCount, UINT32_MAX), true);
    return bytes;
  }
}

function fmtBody(format: PcmFormat, formatTag: number, bitsPerSample: number): Uint8Array {
  const { sampleRate, channels } = format;
  const isPcm = formatTag === FORMAT_TAG.pcm;
  const isExtensible = isPcm && (channels > 2 || bitsPerSample > 16);
  const body = new Uint8Array(isExtensible ? 40 : isPcm ? 16 : 18);
  const view = new DataView(body.buffer);
  const blockAlign = (bitsPerSample / 8) * channels;
  view.setUint16(0, isExtensible ? FORMAT_TAG.extensible : formatTag, true);
  view.setUint16(2, channels, true);
  view.setUint32(4, sampleRate, true);
  view.setUint32(8, sampleRate * blockAlign, true);
  view.setUint16(12, blockAlign, true);
  view.setUint16(14, bitsPerSample, true);
  if (isExtensible) {
    view.setUint16(16, 22, true);
    view.setUint16(18, bitsPerSample, true);
    view.setUint16(24, formatTag, true);
    body.set(SUBTYPE_TAIL, 26);
  }
  return body;
}

function writeAscii(bytes: Uint8Array, at: number, value: string): void {
  for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
}
