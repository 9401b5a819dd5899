import { close, closeSync, fstat, fstatSync, fsync, fsyncSync, type Stats, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';

/** A file that is written at given positions, either at once or through the thread pool. */
export interface PositionedFile {
  write(bytes: Uint8Array, position: number): void | Promise<void>;
  /** Rejects when the file was deleted meanwhile, so that further writes would be lost. */
  checkLinked(): Promise<void>;
  sync(): void | Promise<void>;
  close(): void | Promise<void>;
}

// Plain callbacks, not FileHandle: two thirds of the processor time for each write.
const closeAsync = promisify(close);
const fsyncAsync = promisify(fsync);
const writeAsync = promisify(write);
const fstatAsync = promisify(fstat);

function checkLinks({ nlink }: Stats): void {
  if (nlink > 0) return;
  throw Object.assign(new Error('The file was deleted while it was open.'), { code: 'ENOENT' });
}

/** Wraps an open descriptor. A short write is continued until everything is written or the system refuses. */
export function positionedFile(fd: number, io: 'async' | 'sync'): PositionedFile {
  if (io === 'async') {
    return {
      async write(bytes, position) {
        for (let at = 0; at < bytes.length; ) {
          at += (await writeAsync(fd, bytes, at, bytes.length - at, position + at)).bytesWritten;
        }
      },
      checkLinked: async () => checkLinks(await fstatAsync(fd)),
      sync: () => fsyncAsync(fd),
      close: () => closeAsync(fd),
    };
  }
  return {
    write(bytes, position) {
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(fd, bytes, at, bytes.length - at, position + at);
      }
    },
    // Of an open file the system has it in memory.
    checkLinked: async () => checkLinks(fstatSync(fd)),
    sync: () => fsyncSync(fd),
    close: () => closeSync(fd),
  };
}
