import { StreamTarget, type StreamTargetChunk, type Target } from 'mediabunny';
import { JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { positionedFile } from '../../files/positioned-file.js';
import { openPrivate } from '../../files/private-file.js';

/** Bytes that are kept before they are written: a live encoder must not hold minutes of a call, nor 16 MiB. */
const CHUNK_BYTES = 65_536;

/** A target of mediabunny, and what it holds. */
export interface OpenTarget {
  readonly target: Target;
  /** Lets go of it, after the write that is under way. What is still to be written is refused. Idempotent. */
  close(): Promise<void>;
}

/** Bytes of a file that the library does not write, and that are known at the end alone. */
export interface FileHead {
  /** They are put in at `at`, which is within the first chunk; what follows is moved. */
  begin(first: Uint8Array): { readonly at: number; readonly bytes: Uint8Array };
  /** As many, written over those. @param bytes Of the file, without them. */
  end(bytes: number): { readonly at: number; readonly bytes: Uint8Array } | undefined;
}

/**
 * Opens a file for an encoder. The library's own target takes a write for done of which the system took only a part, as
 * on a disk that becomes full, and can be let go of only when its encoder answers.
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
    // The descriptor may belong to another file by then.
    if (closing) throw new JackfieldError('ERR_CLOSED', `${printable(path)} was given up.`);
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
