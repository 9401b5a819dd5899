import { JackfieldError } from '../../base/errors.js';
import { fileError } from '../../files/file-error.js';
import { type PositionedFile, positionedFile } from '../../files/positioned-file.js';
import { openPrivate } from '../../files/private-file.js';
import type { AgeEncrypter } from './age.js';

/** Chunk size of age, in bytes. Data of an incomplete chunk is not in the file yet. */
export const AGE_CHUNK = 65_536;

/**
 * A file that is encrypted to public keys before it is written: the writer cannot read it back, and plain data is never
 * on disk. A truncated file can be read up to the last complete chunk ({@link ageBytes} with `cutOff`).
 */
export class SealedWriter {
  readonly path: string;
  readonly #file: PositionedFile;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #sealing: Promise<void>;
  /** Encrypted bytes that are not written yet. */
  readonly #unwritten: Uint8Array[] = [];
  #refused: Error | undefined;
  #ended: Promise<void> | undefined;
  #sealed = 0;
  #closed: Promise<void> | undefined;

  private constructor(
    path: string,
    file: PositionedFile,
    input: WritableStream<Uint8Array>,
    output: ReadableStream<Uint8Array>,
  ) {
    this.path = path;
    this.#file = file;
    this.#input = input.getWriter();
    this.#sealing = this.#pump(output);
    // The next write and the end report a failure.
    this.#sealing.catch(() => undefined);
    this.#input.closed.catch(() => undefined);
  }

  /**
   * @param existing Behaviour when the file exists. Default `'replace'`.
   * @throws ERR_FILE when the file cannot be created.
   */
  static async create(
    path: string,
    encrypter: AgeEncrypter,
    existing: 'replace' | 'refuse' = 'replace',
  ): Promise<SealedWriter> {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const output = await encrypter.encrypt(readable);
    try {
      const fd = await openPrivate(path, existing === 'refuse' ? 'wx' : 'w');
      return new SealedWriter(path, positionedFile(fd, 'async'), writable, output);
    } catch (error) {
      throw fileError('create', path, error);
    }
  }

  /** Bytes of the encrypted file so far. */
  get sealedBytes(): number {
    return this.#sealed;
  }

  /**
   * Takes a copy of the bytes. Resolves when there is room for more. Bytes that could not be written are kept, and
   * tried again with the next write and at the end.
   * @throws ERR_FILE while writing fails.
   */
  async write(bytes: Uint8Array): Promise<void> {
    await Promise.race([this.#input.write(bytes.slice()), this.#sealing]);
    if (this.#refused) throw this.#refused;
  }

  /** @throws ERR_FILE when the file was deleted meanwhile. */
  async checkPresence(): Promise<void> {
    try {
      await this.#file.checkLinked();
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  /** Writes the end of the file. May be called again after a failure. @throws ERR_FILE. */
  async seal(): Promise<void> {
    this.#ended ??= Promise.race([this.#input.close(), this.#sealing]).then(() => this.#sealing);
    await this.#ended;
    await this.#drain();
  }

  /** Seals the file and flushes it to the medium. Idempotent. @throws ERR_FILE. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.seal();
      await this.#file.sync();
    } catch (error) {
      throw error instanceof JackfieldError ? error : fileError('write', this.path, error);
    } finally {
      await this.#file.close();
    }
  }

  async #pump(output: ReadableStream<Uint8Array>): Promise<void> {
    try {
      for await (const bytes of output) {
        this.#unwritten.push(bytes);
        await this.#drain().catch(() => undefined);
      }
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  async #drain(): Promise<void> {
    try {
      for (let bytes = this.#unwritten[0]; bytes; bytes = this.#unwritten[0]) {
        await this.#file.write(bytes, this.#sealed);
        this.#sealed += bytes.length;
        this.#unwritten.shift();
      }
      this.#refused = undefined;
    } catch (error) {
      this.#refused = fileError('write', this.path, error);
      throw this.#refused;
    }
  }
}
