import type { PcmFormat } from '../../pcm.js';
import { imaSamplesPerBlock } from './ima-adpcm.js';
import { ENCODING_SHAPES, FORMAT_TAG, type WavEncoding } from './wav-encoding.js';
import { WavError } from './wav-error.js';
import { decodeBext, decodeInfo, MAX_METADATA_BYTES, type WavMetadata } from './wav-metadata.js';

/** Where the samples of a WAV file lie, and how. */
export interface WavLayout {
  /** `'RF64'` for files with 64-bit sizes (EBU Tech 3306; also `BW64`, ITU-R BS.2088). */
  readonly container: 'RIFF' | 'RF64';
  readonly format: PcmFormat;
  readonly encoding: WavEncoding;
  readonly bitsPerSample: number;
  /** Bytes of one block: one sample of each channel, or one ADPCM block. */
  readonly blockAlign: number;
  /** Samples per channel in a block: 1 unless the encoding is ADPCM. */
  readonly samplesPerBlock: number;
  /** Byte offset of the first sample. */
  readonly dataOffset: number;
  /** Bytes of samples that are really there, whole blocks only. */
  readonly dataBytes: number;
  /** Samples per channel. */
  readonly sampleCount: number;
  /**
   * How the header's size of the data compares with the file: `'ok'`; `'truncated'`, the file ends before it;
   * `'unfinished'`, its writer never filled it in, and the data is taken to reach to the end of the file;
   * `'longer'`, the header is whole but the file goes on behind it, as after a killed writer.
   */
  readonly state: 'ok' | 'truncated' | 'unfinished' | 'longer';
  readonly metadata: WavMetadata;
}

/** A piece of the file that {@link locateWav} wants to see. Fewer bytes may be given at the end of the file. */
export interface ReadRequest {
  readonly position: number;
  readonly length: number;
}

interface Fmt {
  readonly format: PcmFormat;
  readonly encoding: WavEncoding;
  readonly bitsPerSample: number;
  readonly blockAlign: number;
  readonly samplesPerBlock: number;
}

const UINT32_MAX = 0xffff_ffff;
const CHUNK_HEADER_BYTES = 8;
const FMT_MAX_BYTES = 64;
/** A file with more chunks than this is not audio; the rest of them is not looked at. */
const MAX_CHUNKS = 1024;

/**
 * Finds the samples in a WAV file without doing I/O itself: it yields what it needs to read and returns the
 * layout. Drive it with bytes from a file, a buffer or a socket.
 *
 * @throws WavError (ERR_WAV) with the reason when the file cannot be read as WAV.
 */
export function* locateWav(fileBytes: number): Generator<ReadRequest, WavLayout, Uint8Array> {
  const start = yield { position: 0, length: 12 };
  const form = `${fourCc(start, 0)} ${fourCc(start, 8)}`;
  const isRf64 = form === 'RF64 WAVE' || form === 'BW64 WAVE';
  if (form !== 'RIFF WAVE' && !isRf64) {
    const bytes = JSON.stringify(String.fromCharCode(...start));
    throw new WavError('not-wav', start.length === 0 ? 'It is empty.' : `It begins with ${bytes}.`);
  }
  const riffBytes = viewOf(start).getUint32(4, true);

  let fmt: Fmt | undefined;
  let factSamples: number | undefined;
  let long: { dataBytes: number } | undefined;
  let data: { offset: number; declared: number } | undefined;
  let metadata: WavMetadata = {};
  let position = 12;
  for (let chunks = 0; chunks < MAX_CHUNKS && position + CHUNK_HEADER_BYTES <= fileBytes; chunks++) {
    const header = yield { position, length: CHUNK_HEADER_BYTES };
    if (header.length < CHUNK_HEADER_BYTES) break;
    const id = fourCc(header, 0);
    let size = viewOf(header).getUint32(4, true);
    const body = position + CHUNK_HEADER_BYTES;
    const wanted = bytesWanted(id, size);
    const bytes = wanted > 0 ? yield { position: body, length: wanted } : new Uint8Array();
    if (id === 'ds64' && bytes.length >= 16)
      long = { dataBytes: Number(viewOf(bytes).getBigUint64(8, true)) };
    if (id === 'fmt ') fmt ??= parseFmt(bytes);
    if (id === 'fact' && bytes.length >= 4) factSamples = viewOf(bytes).getUint32(0, true);
    if (id === 'LIST') metadata = { info: decodeInfo(bytes) ?? metadata.info ?? {}, ...pickBext(metadata) };
    if (id === 'bext') metadata = { ...metadata, ...pickBext({ bext: decodeBext(bytes) ?? {} }) };
    if (id === 'data' && !data) {
      if (isRf64 && size === UINT32_MAX && long) size = long.dataBytes;
      data = { offset: body, declared: size };
      if (isUnfinished(data, riffBytes, fileBytes)) break;
    }
    position = body + size + (size & 1);
  }
  if (!data) throw new WavError('no-data', `Looked at ${position} of ${fileBytes} bytes.`);
  if (!fmt) throw new WavError('no-format', 'Expected a `fmt ` chunk of 16 or more bytes.');
  const container = isRf64 ? 'RF64' : 'RIFF';
  return { container, ...fmt, ...dataExtent(data, fmt, { riffBytes, fileBytes, factSamples }), metadata };
}

function bytesWanted(id: string, size: number): number {
  if (id === 'fmt ' || id === 'fact' || id === 'ds64') return Math.min(size, FMT_MAX_BYTES);
  return (id === 'LIST' || id === 'bext') && size <= MAX_METADATA_BYTES ? size : 0;
}

function pickBext({ bext }: WavMetadata): WavMetadata {
  return bext ? { bext } : {};
}

function isUnfinished(
  data: { offset: number; declared: number },
  riffBytes: number,
  fileBytes: number,
): boolean {
  const available = fileBytes - data.offset;
  if (data.declared === 0) return available > 0 && riffBytes + 8 <= data.offset;
  // Writers to a pipe put the largest size they can there: 4 GiB, or 2 GiB less a header.
  return data.declared >= 0x7fff_0000 && data.declared <= UINT32_MAX && data.declared > available;
}

function dataExtent(
  data: { offset: number; declared: number },
  fmt: Fmt,
  file: { riffBytes: number; fileBytes: number; factSamples: number | undefined },
): Pick<WavLayout, 'dataOffset' | 'dataBytes' | 'sampleCount' | 'state'> {
  const available = Math.max(0, file.fileBytes - data.offset);
  const unfinished = isUnfinished(data, file.riffBytes, file.fileBytes);
  const blocks = Math.floor((unfinished ? available : Math.min(data.declared, available)) / fmt.blockAlign);
  const decoded = blocks * fmt.samplesPerBlock;
  // Block codecs pad their last block; the fact chunk says where the sound really ends.
  const isBlockCoded = fmt.samplesPerBlock > 1 && file.factSamples;
  const sampleCount = isBlockCoded ? Math.min(decoded, file.factSamples ?? decoded) : decoded;
  const end = data.offset + data.declared + (data.declared & 1);
  const endsRiff = file.riffBytes !== UINT32_MAX && file.riffBytes + 8 === end;
  const isLonger = endsRiff && file.fileBytes >= end + fmt.blockAlign;
  const state = unfinished
    ? 'unfinished'
    : data.declared > available
      ? 'truncated'
      : isLonger
        ? 'longer'
        : 'ok';
  return { dataOffset: data.offset, dataBytes: blocks * fmt.blockAlign, sampleCount, state };
}

function parseFmt(bytes: Uint8Array): Fmt {
  if (bytes.length < 16) throw new WavError('no-format', `The chunk has ${bytes.length} bytes.`);
  const view = viewOf(bytes);
  const tag = view.getUint16(0, true);
  const formatTag = tag === FORMAT_TAG.extensible && bytes.length >= 26 ? view.getUint16(24, true) : tag;
  const channels = view.getUint16(2, true);
  const sampleRate = view.getUint32(4, true);
  const blockAlign = view.getUint16(12, true);
  const bitsPerSample = view.getUint16(14, true);
  const said = `It says ${channels} channels, ${sampleRate} Hz, ${bitsPerSample} bits, ${blockAlign} bytes a block.`;
  if (channels < 1 || channels > 32 || sampleRate < 1 || sampleRate > 1_000_000) {
    throw new WavError('bad-format', `${said} Expected 1 to 32 channels and 1 to 1000000 Hz.`);
  }
  const encoding = encodingOf(formatTag, bitsPerSample);
  if (!encoding) {
    throw new WavError(
      'unsupported-encoding',
      `It has format tag 0x${formatTag.toString(16)} with ${bitsPerSample} bits.`,
    );
  }
  const samplesPerBlock = encoding === 'ima-adpcm' ? imaSamplesPerBlock(blockAlign, channels) : 1;
  const expected = (ENCODING_SHAPES[encoding].bitsPerSample / 8) * channels;
  const fits = encoding === 'ima-adpcm' ? samplesPerBlock > 1 : blockAlign === expected;
  if (!fits) throw new WavError('bad-format', said);
  return { format: { sampleRate, channels }, encoding, bitsPerSample, blockAlign, samplesPerBlock };
}

/** PCM of 9 to 15 bits (and so on) lies left-justified in the next whole number of bytes. */
function encodingOf(formatTag: number, bitsPerSample: number): WavEncoding | undefined {
  const storedBits = formatTag === FORMAT_TAG.pcm ? Math.ceil(bitsPerSample / 8) * 8 : bitsPerSample;
  for (const [encoding, shape] of Object.entries(ENCODING_SHAPES)) {
    if (shape.formatTag === formatTag && shape.bitsPerSample === storedBits) return encoding as WavEncoding;
  }
  return undefined;
}

function fourCc(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
