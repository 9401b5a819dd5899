import type { FileHandle } from 'node:fs/promises';
import { printable } from '../../base/printable.js';
import { FileRoots } from '../../files/file-roots.js';

/** The sender's file. It is in the folder of that user. */
export class OutgoingFile {
  /** Real path, with symbolic links resolved. */
  readonly path: string;
  /** Size in bytes when it was opened. */
  readonly size: number;
  readonly #handle: FileHandle;

  private constructor(path: string, size: number, handle: FileHandle) {
    this.path = path;
    this.size = size;
    this.#handle = handle;
  }

  /** Opens a regular file in a folder. @throws ERR_FILE */
  static async open(folder: string, path: string): Promise<OutgoingFile> {
    const file = await new FileRoots([folder]).read(path);
    return new OutgoingFile(file.path, file.is.size, file.handle);
  }

  /** Reads exactly `length` bytes. Rejects when the file has become shorter, and with errors of the system. */
  async read(position: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; ) {
      const { bytesRead } = await this.#handle.read(bytes, at, length - at, position + at);
      if (bytesRead === 0) throw new Error(`${printable(this.path)} became shorter while it was being sent`);
      at += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
