/** A range of the file that a search asks for. At the end of the file it may get fewer bytes. */
export interface ReadRequest {
  readonly position: number;
  readonly length: number;
}

/** A search in a file that does no I/O itself: it yields the ranges that it needs to read. */
export type ChunkSearch<T> = Generator<ReadRequest, T, Uint8Array>;

export const CHUNK_HEADER_BYTES = 8;

/** Ids of the chunks that are known in WAV files. */
const KNOWN: ReadonlySet<string> = new Set([
  ...['fmt ', 'data', 'fact', 'LIST', 'bext', 'JUNK', 'junk', 'ds64', 'PAD ', 'FLLR', 'cue ', 'smpl'],
  ...['inst', 'plst', 'note', 'labl', 'adtl', 'iXML', 'axml', 'chna', 'id3 ', 'ID3 ', 'PEAK', 'DISP'],
  ...['cart', 'afsp', '_PMX', 'acid', 'strc', 'umid', 'minf', 'elm1', 'regn', 'levl', 'aXML', 'XMP '],
]);

/** Ranks the id of a chunk: 2 for a known one, 1 for a possible one, 0 for anything else. */
export function rankOfName(id: string): 0 | 1 | 2 {
  if (KNOWN.has(id)) return 2;
  return /^[A-Za-z_][ -~]{3}$/.test(id) ? 1 : 0;
}

/** Ranks the likelihood that a chunk, or a tag of music programs, begins here: 2 for a known name. */
function rankAt(bytes: Uint8Array, at: number): 0 | 1 | 2 {
  const id = fourCc(bytes, at);
  return TAG_STARTS.some((start) => id.startsWith(start)) ? 2 : rankOfName(id);
}

/** Beginnings of ID3v1, APEv2, ID3v2 and Lyrics3 tags. */
const TAG_STARTS = ['TAG', 'APET', 'ID3', 'LYRI'] as const;

/** Offset of the next chunk; `padMissing` when the pad byte before it is missing. */
export interface NextChunk {
  readonly position: number;
  readonly padMissing: boolean;
}

/**
 * Finds the chunk behind one whose body ends at `end`. A body of odd length is followed by a pad byte. When a chunk or
 * a tag begins in its place, the writer forgot it.
 */
export function* nextChunk(size: number, end: number, fileBytes: number): ChunkSearch<NextChunk> {
  if (size % 2 === 0 || end > fileBytes) return { position: end + (size % 2), padMissing: false };
  if (end === fileBytes) return { position: end, padMissing: true };
  const bytes = yield { position: end, length: 5 };
  const padMissing = bytes.length === 5 && rankAt(bytes, 0) > rankAt(bytes, 1);
  return { position: padMissing ? end : end + 1, padMissing };
}

export function fourCc(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
