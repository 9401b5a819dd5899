import type { PcmFormat } from '../../base/pcm.js';
import { CHUNK_HEADER_BYTES, type ChunkSearch, fourCc, nextChunk, rankOfName, viewOf } from './wav-chunks.js';
import type { WavEncoding } from './wav-encoding.js';
import { WavError } from './wav-error.js';
import { type Fmt, parseFmt } from './wav-format.js';
import { decodeBext, decodeInfo, MAX_METADATA_BYTES, type WavMetadata } from './wav-metadata.js';
import { type FoundTag, id3v2Bytes, tagsBehind, tagsInFront } from './wav-tags.js';
import type { WavWarning } from './wav-warning.js';

/** Place, format and count of the samples of a WAV file. */
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
  /** Bytes of samples that are in the file, whole blocks only. */
  readonly dataBytes: number;
  /** Samples per channel. */
  readonly sampleCount: number;
  /**
   * Result of comparing the file with the size of the data in its header:
   * - `'ok'`: they agree;
   * - `'truncated'`: the file ends earlier;
   * - `'unfinished'`: the size was never filled in, and the data is taken to reach to the end of the file;
   * - `'longer'`: the header is complete, but sound follows the data, as after a killed writer.
   *
   * Tags and chunks at the end never count as sound.
   */
  readonly state: 'ok' | 'truncated' | 'unfinished' | 'longer';
  readonly metadata: WavMetadata;
  /** Irregularities of the file, each with the way in which it was handled. */
  readonly warnings: readonly WavWarning[];
  /** Byte offset of `RIFF`: 0, unless a tag precedes it. */
  readonly riffOffset: number;
  /** Byte offset of the chunks and tags after the sound; the length of the file when there are none. */
  readonly tailOffset: number;
}

const UINT32_MAX = 0xffff_ffff;
const FMT_MAX_BYTES = 64;
/** Largest number of chunks that are read. A file with more is not audio. */
const MAX_CHUNKS = 1024;

/** Content of the chunks that were found so far. */
interface Found {
  fmt?: Fmt;
  factSamples?: number;
  longDataBytes?: number;
  /** End of the file by its own header; `undefined` when its size was never filled in. */
  riffEnd: number | undefined;
  metadata: WavMetadata;
  data?: { readonly offset: number; readonly declared: number; readonly isOpen: boolean };
  /** Chunks behind the data, and tags between these chunks. */
  behind: FoundTag[];
  /** End of the last chunk, as a byte offset. */
  end: number;
  readonly warnings: WavWarning[];
}

interface Form {
  readonly container: WavLayout['container'];
  readonly riffOffset: number;
  /** End of the file by its own header; `undefined` when its size was never filled in. */
  readonly riffEnd: number | undefined;
  readonly fileBytes: number;
}

/**
 * Finds the samples in a WAV file without doing I/O itself: yields the ranges that it needs to read and returns the
 * layout. The caller gives it bytes from a file, a buffer or a socket.
 *
 * @throws WavError (ERR_WAV) with the reason when the file cannot be read as WAV.
 */
export function* locateWav(fileBytes: number): ChunkSearch<WavLayout> {
  const warnings: WavWarning[] = [];
  const form = yield* findForm(fileBytes, warnings);
  const found = yield* readChunks(form, warnings);
  const { fmt, data, metadata, end } = found;
  if (!data) throw new WavError('no-data', `Looked at ${end} of ${fileBytes} bytes.`);
  if (!fmt) throw new WavError('no-format', 'Expected a `fmt ` chunk of 16 or more bytes.');
  const { warnings: fmtWarnings, ...shape } = fmt;
  warnings.push(...fmtWarnings);
  const extent = yield* dataExtent(form, found, data, fmt);
  return { container: form.container, ...shape, ...extent, metadata, warnings, riffOffset: form.riffOffset };
}

function* findForm(fileBytes: number, warnings: WavWarning[]): ChunkSearch<Form> {
  const tags = yield* tagsInFront(fileBytes);
  const riffOffset = tags.reduce((sum, { bytes }) => sum + bytes, 0);
  const start = yield { position: riffOffset, length: 12 };
  const form = `${fourCc(start, 0)} ${fourCc(start, 8)}`;
  const isLong = form === 'RF64 WAVE' || form === 'BW64 WAVE';
  if (form !== 'RIFF WAVE' && !isLong) throw yield* notWav(start, riffOffset);
  if (riffOffset > 0) {
    const message = `${described(tags)} before RIFF; skipped.`;
    warnings.push({ code: 'tag-in-front', message });
  }
  const riffBytes = viewOf(start).getUint32(4, true);
  const riffEnd = riffBytes === UINT32_MAX || riffBytes === 0 ? undefined : riffOffset + 8 + riffBytes;
  return { container: isLong ? 'RF64' : 'RIFF', riffOffset, riffEnd, fileBytes };
}

function* notWav(found: Uint8Array, riffOffset: number): ChunkSearch<WavError> {
  const start = riffOffset === 0 ? found : yield { position: 0, length: 12 };
  const bytes = JSON.stringify(String.fromCharCode(...start));
  return new WavError('not-wav', start.length === 0 ? 'It is empty.' : `It begins with ${bytes}.`);
}

function* readChunks(form: Form, warnings: WavWarning[]): ChunkSearch<Found> {
  const { fileBytes, riffOffset } = form;
  const found: Found = { metadata: {}, behind: [], end: riffOffset + 12, riffEnd: form.riffEnd, warnings };
  for (let chunks = 0; chunks < MAX_CHUNKS && found.end + CHUNK_HEADER_BYTES <= fileBytes; chunks++) {
    const position = found.end;
    const header = yield { position, length: CHUNK_HEADER_BYTES };
    if (header.length < CHUNK_HEADER_BYTES) break;
    const id = fourCc(header, 0);
    const said = viewOf(header).getUint32(4, true);
    const body = position + CHUNK_HEADER_BYTES;
    if (found.data && !(yield* isBehind(found.riffEnd, fileBytes, { position, id, size: said }))) break;
    if (!found.data && id === 'data') {
      const isLongSize = form.container === 'RF64' && (said === UINT32_MAX || said === 0);
      const declared = isLongSize ? (found.longDataBytes ?? said) : said;
      const isOpen =
        (yield* isUnfinished(declared, body, fileBytes)) ||
        (isLongSize && (yield* isTooShort(body + declared, found.riffEnd, fileBytes)));
      found.data = { offset: body, declared, isOpen };
      found.end = body + declared;
      if (isOpen || declared > fileBytes - body) break;
    } else {
      const wanted = bytesWanted(id, said);
      const bytes = wanted > 0 ? yield { position: body, length: wanted } : new Uint8Array();
      if (id === 'ds64' && form.container === 'RF64') takeLongSizes(found, bytes, riffOffset);
      else takeChunk(found, id, bytes);
      found.end = body + said;
    }
    const next = yield* nextChunk(found.end - body, found.end, fileBytes);
    if (next.padMissing) warnings.push({ code: 'no-pad', message: noPad(id, position) });
    if (found.data && id !== 'data') {
      found.behind.push({ name: `${id.trimEnd()} chunk`, position, bytes: next.position - position });
    }
    found.end = next.position;
  }
  return found;
}

function noPad(id: string, position: number): string {
  const name = JSON.stringify(id.trimEnd());
  return `The chunk ${name} at byte ${position} has an odd length and no pad byte; reading continues right after it.`;
}

function takeLongSizes(found: Found, bytes: Uint8Array, riffOffset: number): void {
  if (bytes.length < 16) return;
  const riffBytes = Number(viewOf(bytes).getBigUint64(0, true));
  found.longDataBytes = Number(viewOf(bytes).getBigUint64(8, true));
  if (riffBytes > 0 && riffBytes <= Number.MAX_SAFE_INTEGER) found.riffEnd ??= riffOffset + 8 + riffBytes;
}

function takeChunk(found: Found, id: string, bytes: Uint8Array): void {
  const { metadata } = found;
  if (id === 'fmt ') found.fmt ??= parseFmt(bytes);
  if (id === 'fact' && bytes.length >= 4) found.factSamples = viewOf(bytes).getUint32(0, true);
  if (id === 'LIST') found.metadata = { ...metadata, info: decodeInfo(bytes) ?? metadata.info ?? {} };
  if (id === 'bext') found.metadata = { ...metadata, bext: decodeBext(bytes) ?? metadata.bext ?? {} };
}

function bytesWanted(id: string, size: number): number {
  if (id === 'fmt ' || id === 'fact' || id === 'ds64') return Math.min(size, FMT_MAX_BYTES);
  return (id === 'LIST' || id === 'bext') && size <= MAX_METADATA_BYTES ? size : 0;
}

/** Returns true when the bytes behind the sound are a chunk: a known one, or a possible one that leads to others. */
function* isBehind(
  riffEnd: number | undefined,
  fileBytes: number,
  { position, id, size }: { readonly position: number; readonly id: string; readonly size: number },
): ChunkSearch<boolean> {
  const rank = rankOfName(id);
  const end = position + CHUNK_HEADER_BYTES + size;
  if (end > fileBytes) return false;
  if (rank === 2 || (riffEnd !== undefined && end <= riffEnd)) return true;
  if (rank === 0) return false;
  const next = yield* nextChunk(size, end, fileBytes);
  if (next.position + 1 >= fileBytes) return true;
  return rankOfName(fourCc(yield { position: next.position, length: 4 }, 0)) > 0;
}

/** Returns true when the size of the data was never filled in. */
function* isUnfinished(declared: number, offset: number, fileBytes: number): ChunkSearch<boolean> {
  const available = fileBytes - offset;
  // Writers to a pipe put the largest possible size there: 4 GiB, 2 GiB less a header, or 64 bits that are all set.
  const isLargest = (declared >= 0x7fff_0000 && declared <= UINT32_MAX) || declared > Number.MAX_SAFE_INTEGER;
  if (declared !== 0) return isLargest && declared > available;
  const next = yield { position: offset, length: CHUNK_HEADER_BYTES };
  const isChunk =
    next.length === CHUNK_HEADER_BYTES &&
    rankOfName(fourCc(next, 0)) === 2 &&
    viewOf(next).getUint32(4, true) <= available - CHUNK_HEADER_BYTES;
  if (isChunk) return false;
  const tags = yield* tagsBehind(offset, fileBytes);
  return (tags[0]?.position ?? fileBytes) > offset + 1;
}

/**
 * Returns true when the sizes of a `ds64` chunk contradict each other: the RIFF size says that the file goes on behind
 * the end of the data, but no chunk begins there. Then the sound does not end there either.
 */
function* isTooShort(dataEnd: number, riffEnd: number | undefined, fileBytes: number): ChunkSearch<boolean> {
  if (riffEnd === undefined || dataEnd + CHUNK_HEADER_BYTES > Math.min(riffEnd, fileBytes)) return false;
  const { position } = yield* nextChunk(dataEnd, dataEnd, fileBytes);
  const header = yield { position, length: CHUNK_HEADER_BYTES };
  if (header.length < CHUNK_HEADER_BYTES) return false;
  const chunk = { position, id: fourCc(header, 0), size: viewOf(header).getUint32(4, true) };
  return !(yield* isBehind(undefined, fileBytes, chunk));
}

type Extent = Pick<WavLayout, 'dataOffset' | 'dataBytes' | 'sampleCount' | 'state' | 'tailOffset'>;

function* dataExtent(
  form: Form,
  found: Found,
  data: NonNullable<Found['data']>,
  fmt: Fmt,
): ChunkSearch<Extent> {
  const { fileBytes } = form;
  const { riffEnd } = found;
  const declaredEnd = data.offset + data.declared;
  const isCut = !data.isOpen && declaredEnd > fileBytes;
  const isWhole = !data.isOpen && !isCut;
  const from = isWhole ? Math.min(found.end, fileBytes) : Math.min(data.offset, fileBytes);
  const leading = isWhole ? yield* id3v2At(from, fileBytes) : [];
  const after = leading.reduce((at, tag) => at + tag.bytes, from);
  const trailing = yield* tagsBehind(after, fileBytes);
  const tailStart = trailing[0]?.position ?? fileBytes;
  const endsRiff = riffEnd !== undefined && (riffEnd === declaredEnd || riffEnd === declaredEnd + 1);
  const isAlone = found.behind.length === 0 && leading.length === 0;
  const isLonger = isWhole && endsRiff && isAlone && tailStart - from >= fmt.blockAlign;
  const state = data.isOpen ? 'unfinished' : isCut ? 'truncated' : isLonger ? 'longer' : 'ok';
  // Sound behind the data of a complete header, as a killed writer leaves it, is read after a repair only.
  const end = isWhole ? declaredEnd : tailStart;
  const blocks = Math.floor(Math.max(0, end - data.offset) / fmt.blockAlign);
  const outside = found.behind.filter(({ position }) => riffEnd !== undefined && position >= riffEnd);
  warnBehind(found.warnings, [...outside, ...leading, ...trailing], state === 'ok' ? tailStart - after : 0);
  const left = end - data.offset - blocks * fmt.blockAlign;
  if (left > 0 && state === 'ok') {
    const message = `The data ends in the middle of a sample: ${left} bytes are skipped.`;
    found.warnings.push({ code: 'half-sample', message });
  }
  const decoded = blocks * fmt.samplesPerBlock;
  // Block codecs pad their last block; the fact chunk gives the real end of the sound.
  const isBlockCoded = fmt.samplesPerBlock > 1 && found.factSamples;
  const sampleCount = isBlockCoded ? Math.min(decoded, found.factSamples ?? decoded) : decoded;
  const tailOffset = state === 'ok' ? Math.min(declaredEnd, fileBytes) : tailStart;
  return { dataOffset: data.offset, dataBytes: blocks * fmt.blockAlign, sampleCount, state, tailOffset };
}

/** Finds an ID3v2 tag right behind the sound that has no footer, so that it cannot be found from the end. */
function* id3v2At(position: number, fileBytes: number): ChunkSearch<FoundTag[]> {
  const bytes = id3v2Bytes(yield { position, length: 10 });
  return bytes !== undefined && position + bytes <= fileBytes ? [{ name: 'ID3v2 tag', position, bytes }] : [];
}

function warnBehind(warnings: WavWarning[], tags: readonly FoundTag[], bytes: number): void {
  if (tags.length > 0) {
    const message = `${described(tags)} after the audio and does not belong to it.`;
    warnings.push({ code: 'tag-behind', message });
  }
  if (bytes > 0) {
    const message = `${bytes} bytes after the audio are neither a chunk nor a known tag; skipped.`;
    warnings.push({ code: 'bytes-behind', message });
  }
}

/** Begins a message: `An ID3v1 tag of 128 bytes stands`. */
function described(tags: readonly FoundTag[]): string {
  const all = tags.map(({ name, bytes }) => `${/^[AEI]/.test(name) ? 'an' : 'a'} ${name} of ${bytes} bytes`);
  const text = all.join(' and ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)} ${tags.length === 1 ? 'stands' : 'stand'}`;
}
