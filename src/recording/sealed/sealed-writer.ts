import { JackfieldError } from '../../base/errors.js';
import { fileError } from '../../files/file-error.js';
import { type PositionedFile, positionedFile } from '../../files/positioned-file.js';
import { openPrivate } from '../../files/private-file.js';
import type { AgeEncrypter } from './age.js';

/** age seals 64 KiB at a time: what was written since is not in the file. */
export const AGE_CHUNK = 65_536;

/**
 * A file that is encrypted on its way to the disk, to the public keys of those who may read it: who writes it
 * cannot read it back, and nothing of it is ever on the disk in clear. One that was cut off can be read up to the
 * last chunk that is whole ({@link ageBytes} with `cutOff`).
 */
export class SealedWriter {
  readonly path: string;
  readonly #file: PositionedFile;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #sealing: Promise<void>;
  /** Sealed bytes that the disk has not taken. */
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
    // A failure comes out with the next write, and with the end.
    this.#sealing.catch(() => undefined);
    this.#input.closed.catch(() => undefined);
  }

  /**
   * @param existing What happens to a file of that name. Default `'replace'`.
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
   * Takes a copy of the bytes; resolves when there is room for more. What a disk refuses is kept, and tried again with
   * what follows and at the end.
   * @throws ERR_FILE as long as the disk refuses.
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

  /** Writes the end of the file. May be called again after the disk has refused it. @throws ERR_FILE. */
  async seal(): Promise<void> {
    this.#ended ??= Promise.race([this.#input.close(), this.#sealing]).then(() => this.#sealing);
    await this.#ended;
    await this.#drain();
  }

  /** Seals the file and has it flushed to the medium. Idempotent. @throws ERR_FILE. */
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
