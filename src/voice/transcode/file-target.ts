import { StreamTarget, type StreamTargetChunk, type Target } from 'mediabunny';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { positionedFile } from '../../files/positioned-file.js';
import { openPrivate } from '../../files/private-file.js';

/** Bytes that are collected before a write. The library's 16 MiB would hold minutes of a live call. */
const CHUNK_BYTES = 65_536;

/** A target of mediabunny, and the file behind it. */
export interface OpenTarget {
  readonly target: Target;
  /** Closes the file after the current write. Later writes are refused. Idempotent. */
  close(): Promise<void>;
}

/** Bytes of a file that the library does not write and that are final only at the end. */
export interface FileHead {
  /** Gives bytes to insert at `at`, which lies within the first chunk. The bytes behind are moved. */
  begin(first: Uint8Array): { readonly at: number; readonly bytes: Uint8Array };
  /** Gives the final bytes, as many, to overwrite those. @param bytes Size of the file without them. */
  end(bytes: number): { readonly at: number; readonly bytes: Uint8Array } | undefined;
}

/**
 * Opens a file for an encoder. The library's own target has two faults. It takes a partial write for a complete one, as
 * on a disk that becomes full. And it can be closed only when its encoder answers.
 *
 * Rejects with the system's error.
 */
export async function openFileTarget(path: string, head?: FileHead): Promise<OpenTarget> {
  const file = positionedFile(await openPrivate(path, 'w'), 'async');
  let writing: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= writing.catch(() => undefined).then(() => file.close());
    return closing;
  };
  let size = 0;
  let put: ReturnType<FileHead['begin']> | undefined;
  const writeAll = async ({ data, position }: StreamTargetChunk): Promise<void> => {
    size = Math.max(size, position + data.length);
    put ??= head?.begin(data);
    const { at, bytes } = put ?? { at: 0, bytes: new Uint8Array() };
    if (position > at || bytes.length === 0) return await file.write(data, position + bytes.length);
    await file.write(data.subarray(0, at), 0);
    await file.write(bytes, at);
    await file.write(data.subarray(at), at + bytes.length);
  };
  const write = (chunk: StreamTargetChunk): Promise<void> => {
    // By now the descriptor may belong to another file.
    if (closing) throw new JackfieldError('ERR_CLOSED', `Writing ${printable(path)} was cancelled.`);
    writing = writeAll(chunk);
    return writing;
  };
  const complete = async () => {
    const last = head?.end(size);
    if (last && !closing) await file.write(last.bytes, last.at);
    await close();
  };
  const stream = new WritableStream<StreamTargetChunk>({ write, close: complete, abort: close });
  return { target: new StreamTarget(stream, { chunked: true, chunkSize: CHUNK_BYTES }), close };
}
