import type { Stats } from 'node:fs';
import { printable } from '../base/printable.js';
import { fileIdentity } from '../files/being-read.js';
import { FileRoots, type WritableFile } from '../files/file-roots.js';
import { positionedFile } from '../files/positioned-file.js';
import { FileDestination, type FileOptions, FileSource } from './voice/file-stream.js';

/**
 * Existing files that clients may replace: only files written by this exchange since it started, files owned by the
 * account that it runs under, or any.
 */
export type OverwritePolicy = 'written' | 'owned' | 'any';

/** Decides which files clients may name. */
export interface FileAccess {
  readonly roots: readonly string[];
  readonly overwrite: OverwritePolicy;
}

/** A file that is being written. Its identity is known once the file exists. */
interface Writer {
  readonly stream: string;
  identity?: string;
  destination?: FileDestination;
}

/** A file that is being read. */
interface Reader {
  readonly path: string;
  readonly identity: string;
}

/** Most files that the exchange remembers as its own. Beyond that the oldest are forgotten. */
const MAX_OWN = 10_000;

/** Opens the files that clients name: stream targets and pictures. All lie in the folders for FILE. */
export class ClientFiles {
  readonly #roots: FileRoots;
  readonly #overwrite: OverwritePolicy;
  /** The stream that is writing each file, by path. */
  readonly #writers = new Map<string, Writer>();
  /** The files that are being read. */
  readonly #readers = new Set<Reader>();
  /** Identities of the files that have been written, by path. */
  readonly #own = new Map<string, string>();

  constructor({ roots, overwrite }: FileAccess) {
    this.#roots = new FileRoots(roots);
    this.#overwrite = overwrite;
  }

  /** Gives a path in one spelling, by which it is recognised. Links are not resolved. */
  spelling(path: string): string {
    return this.#roots.resolve(path) ?? path;
  }

  /**
   * Opens a WAV file as the source of a stream. Any number of streams may play one file. A file that is being played is
   * not written, and a file that is being written is not played, under any of its names. Playing and writing one file
   * would destroy its content.
   *
   * @throws Error with the reason when it is being written; ERR_FILE, ERR_WAV.
   */
  async source(path: string, failed: FileOptions['failed']): Promise<FileSource> {
    const file = await this.#roots.read(path);
    const reader: Reader = { path: file.path, identity: fileIdentity(file.is) };
    for (const [real, { stream, identity }] of this.#writers) {
      if (real !== reader.path && identity !== reader.identity) continue;
      await file.handle.close();
      throw new Error(`${stream} is being written to ${printable(path)}`);
    }
    this.#readers.add(reader);
    const closed = () => this.#readers.delete(reader);
    try {
      return await FileSource.at(file, { ...(failed && { failed }), closed });
    } catch (error) {
      closed();
      throw error;
    }
  }

  /**
   * Opens a WAV file as the destination of a stream. One stream writes a file at a time, since two would garble it. A
   * stream that has left its file, or whose disk has failed, starts the file again. A file that a stream is still
   * writing is refused.
   *
   * @throws Error with the reason when it may not be written; ERR_FILE.
   */
  async destination(path: string, stream: string, options: FileOptions): Promise<FileDestination> {
    const entry: Writer = { stream };
    let claimed: string | undefined;
    const closed = () => {
      if (claimed !== undefined && this.#writers.get(claimed) === entry) this.#writers.delete(claimed);
    };
    try {
      const file = await this.#create(path, stream, (real) => {
        claimed = real;
        this.#writers.set(real, entry);
      });
      entry.identity = fileIdentity(file.is);
      entry.destination = await FileDestination.at(file, { ...options, closed });
      return entry.destination;
    } catch (error) {
      closed();
      throw error;
    }
  }

  /** Resolves when there is a regular file of this name. Rejects with the reason. */
  async look(path: string): Promise<void> {
    const { handle } = await this.#roots.read(path);
    await handle.close();
  }

  /** Resolves when there is a folder of this name. Rejects with the reason. */
  lookForFolder(path: string): Promise<void> {
    return this.#roots.folder(path);
  }

  /** Reads a whole file of at most `maxBytes`. Rejects with the reason. */
  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    const { handle } = await this.#roots.read(path);
    await using file = handle;
    const { size } = await file.stat();
    if (size > maxBytes) throw new Error(`${printable(path)} is longer than ${maxBytes} bytes`);
    return await file.readFile();
  }

  /** Writes a new file that only its owner can read. Rejects with the reason. */
  async write(path: string, data: Uint8Array): Promise<void> {
    const file = positionedFile((await this.#create(path)).fd, 'async');
    try {
      await file.write(data, 0);
    } finally {
      await file.close();
    }
  }

  async #create(path: string, stream?: string, claimed?: (real: string) => void): Promise<WritableFile> {
    const file = await this.#roots.create(path, (real, existing) => {
      const writer = this.#writers.get(real);
      if (writer && !(writer.stream === stream && writer.destination?.over)) {
        throw new Error(`${writer.stream} is being written to ${printable(path)}`);
      }
      if (this.#isRead(real, existing))
        throw new Error(`${printable(path)} is being read and must not be overwritten`);
      if (existing && !this.#mayReplace(real, existing)) {
        throw new Error(`${printable(path)} already exists and must not be overwritten`);
      }
      claimed?.(real);
    });
    this.#remember(file);
    return file;
  }

  #isRead(path: string, existing: Stats | undefined): boolean {
    const identity = existing && fileIdentity(existing);
    return [...this.#readers].some((reader) => reader.path === path || reader.identity === identity);
  }

  #mayReplace(path: string, existing: Stats): boolean {
    if (this.#overwrite === 'any' || this.#own.get(path) === fileIdentity(existing)) return true;
    // Windows has no user ids.
    return this.#overwrite === 'owned' && existing.uid === (process.geteuid?.() ?? existing.uid);
  }

  #remember({ path, is }: WritableFile): void {
    this.#own.delete(path);
    this.#own.set(path, fileIdentity(is));
    const [oldest] = this.#own.keys();
    if (this.#own.size > MAX_OWN && oldest !== undefined) this.#own.delete(oldest);
  }
}
