import { CHUNK_HEADER_BYTES, type ChunkSearch, fourCc, rankOfName, viewOf } from './wav-chunks.js';

/** A tag of music programs in front of the RIFF data or behind it. It is not sound. */
export interface FoundTag {
  /** Name for messages: `ID3v2 tag`. */
  readonly name: string;
  readonly position: number;
  readonly bytes: number;
}

const ID3V2_HEADER_BYTES = 10;
const ID3V1_BYTES = 128;
/** The enhanced tag that may stand before an ID3v1 tag. */
const ID3V1_PLUS_BYTES = 227;
const APE_FOOTER_BYTES = 32;
const LYRICS_END_BYTES = 15;
/** Bytes at the end of a file that are searched for chunks when the length of the sound is not known. */
const SEARCHED_BYTES = 1 << 20;
const MAX_TAGS = 16;

/** Finds the ID3v2 tags at the beginning of a file. RIFF should begin behind them. */
export function* tagsInFront(fileBytes: number): ChunkSearch<FoundTag[]> {
  const found: FoundTag[] = [];
  for (let position = 0; found.length < MAX_TAGS; ) {
    const bytes = id3v2Bytes(yield { position, length: ID3V2_HEADER_BYTES });
    if (bytes === undefined || position + bytes >= fileBytes) break;
    found.push({ name: 'ID3v2 tag', position, bytes });
    position += bytes;
  }
  return found;
}

/**
 * Finds the tags and chunks at the end of a file, back to the first gap: ID3v1, APEv2, Lyrics3v2, ID3v2 with or without
 * a footer, `LIST`, `id3 ` and other known chunks.
 *
 * @param from Lowest offset at which they may begin.
 */
export function* tagsBehind(from: number, fileBytes: number): ChunkSearch<FoundTag[]> {
  const found: FoundTag[] = [];
  for (let end = fileBytes; end > from && found.length < MAX_TAGS; ) {
    const tag = (yield* tagEndingAt(from, end)) ?? (yield* chunksEndingAt(from, end));
    if (!tag) break;
    found.unshift(tag);
    end = tag.position;
  }
  return found;
}

/** Size of a whole ID3v2 tag by its first ten bytes. Sizes in it have seven bits a byte. */
export function id3v2Bytes(header: Uint8Array): number | undefined {
  if (header.length < ID3V2_HEADER_BYTES || fourCc(header, 0).slice(0, 3) !== 'ID3') return undefined;
  const [major = 0xff, minor = 0xff, flags = 0, ...size] = header.subarray(3, ID3V2_HEADER_BYTES);
  if (major === 0xff || minor === 0xff || size.some((byte) => byte > 0x7f)) return undefined;
  const body = size.reduce((sum, byte) => sum * 128 + byte, 0);
  const hasFooter = (flags & 0x10) !== 0;
  return body + ID3V2_HEADER_BYTES * (hasFooter ? 2 : 1);
}

function* tagEndingAt(from: number, end: number): ChunkSearch<FoundTag | undefined> {
  const tail = yield* lastBytes(from, end, ID3V1_BYTES + ID3V1_PLUS_BYTES);
  for (const [name, measure] of TAGS) {
    const bytes = measure(tail);
    if (bytes !== undefined && bytes > 0 && bytes <= end - from)
      return { name, position: end - bytes, bytes };
  }
  return undefined;
}

/** Tags by name, each with a function that gives the length of such a tag at the end of `tail`, if there is one. */
const TAGS: readonly (readonly [string, (tail: Uint8Array) => number | undefined])[] = [
  [
    'ID3v1 tag',
    (tail) => {
      const isPlus = text(tail, -ID3V1_BYTES - ID3V1_PLUS_BYTES, 4) === 'TAG+';
      return text(tail, -ID3V1_BYTES, 3) === 'TAG'
        ? ID3V1_BYTES + (isPlus ? ID3V1_PLUS_BYTES : 0)
        : undefined;
    },
  ],
  [
    'APE tag',
    (tail) => {
      if (tail.length < APE_FOOTER_BYTES || text(tail, -APE_FOOTER_BYTES, 8) !== 'APETAGEX') return undefined;
      const footer = viewOf(tail.subarray(-APE_FOOTER_BYTES));
      const hasHeader = footer.getUint32(20, true) >= 0x8000_0000;
      return footer.getUint32(12, true) + (hasHeader ? APE_FOOTER_BYTES : 0);
    },
  ],
  [
    'Lyrics3 tag',
    (tail) => {
      const size = text(tail, -LYRICS_END_BYTES, 6);
      const isTag = text(tail, -9, 9) === 'LYRICS200' && /^\d{6}$/.test(size);
      return isTag ? Number(size) + LYRICS_END_BYTES : undefined;
    },
  ],
  [
    'ID3v2 tag',
    (tail) => {
      const footer = tail.slice(-ID3V2_HEADER_BYTES);
      if (text(footer, 0, 3) !== '3DI') return undefined;
      footer.set([0x49, 0x44, 0x33]);
      return id3v2Bytes(footer);
    },
  ],
];

/** Finds consecutive known chunks, the last of which ends at `end`. */
function* chunksEndingAt(from: number, end: number): ChunkSearch<FoundTag | undefined> {
  const window = yield* lastBytes(from, end, SEARCHED_BYTES);
  const view = viewOf(window);
  const leads = new Uint8Array(window.length + 2);
  leads[window.length] = 1;
  let first: number | undefined;
  for (let at = window.length - CHUNK_HEADER_BYTES; at >= 0; at--) {
    const size = sizeOfKnown(window, view, at);
    if (size === undefined || size > window.length - at) continue;
    // The pad byte of the last chunk may be missing.
    if (leads[at + size] !== 1 && leads[at + size + (size & 1)] !== 1) continue;
    leads[at] = 1;
    first = at;
  }
  if (first === undefined) return undefined;
  const name = fourCc(window, first);
  const called = name.startsWith('ID3') && name !== 'ID3 ' ? 'ID3v2 tag' : `${name.trimEnd()} chunk`;
  return { name: called, position: end - window.length + first, bytes: window.length - first };
}

/** Size of the known chunk, or ID3v2 tag, that begins at `at`, with its header. */
function sizeOfKnown(window: Uint8Array, view: DataView, at: number): number | undefined {
  const id = fourCc(window, at);
  if (id.startsWith('ID3') && id !== 'ID3 ') return id3v2Bytes(window.subarray(at, at + ID3V2_HEADER_BYTES));
  return rankOfName(id) === 2 ? CHUNK_HEADER_BYTES + view.getUint32(at + 4, true) : undefined;
}

function* lastBytes(from: number, end: number, most: number): ChunkSearch<Uint8Array> {
  const position = Math.max(from, end - most);
  return yield { position, length: end - position };
}

function text(bytes: Uint8Array, at: number, length: number): string {
  const start = at < 0 ? bytes.length + at : at;
  return start < 0 ? '' : String.fromCharCode(...bytes.subarray(start, start + length));
}
