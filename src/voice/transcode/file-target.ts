import { StreamTarget, type StreamTargetChunk, type Target } from 'mediabunny';
import { JackfieldError } from '../../base/errors.js';
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

/**
 * Opens a file for an encoder. The library's own target takes a write for done of which the system took only a part, as
 * on a disk that becomes full, and can be let go of only when its encoder answers.
 *
 * Rejects with the system's error.
 */
export async function openFileTarget(path: string): Promise<OpenTarget> {
  const file = positionedFile(await openPrivate(path, 'w'), 'async');
  let writing: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= writing.catch(() => undefined).then(() => file.close());
    return closing;
  };
  const write = ({ data, position }: StreamTargetChunk): Promise<void> => {
    // The descriptor may belong to another file by then.
    if (closing) throw new JackfieldError('ERR_CLOSED', `${path} was given up.`);
    writing = Promise.resolve(file.write(data, position));
    return writing;
  };
  const stream = new WritableStream<StreamTargetChunk>({ write, close, abort: close });
  return { target: new StreamTarget(stream, { chunked: true, chunkSize: CHUNK_BYTES }), close };
}
