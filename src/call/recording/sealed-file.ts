import { createCipheriv, randomBytes } from 'node:crypto';
import { open as openFile } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import { fileError } from '../../voice/file-error.js';
import { type PositionedFile, positionedFile } from '../../voice/wav/positioned-file.js';
import { WavHeader } from '../../voice/wav/wav-header.js';
import type { AudioStore, LegEnds } from './audio-store.js';
import { beside } from './sidecar.js';
import { STEREO } from './stereo-file.js';

/** A length that says that it was not known when the header was written; readers go on to the end of the file. */
const OPEN_LENGTH = 0x7fff_fff0;
/** age seals 64 KiB at a time, a second of stereo: until then samples are in the tail only. */
const AGE_CHUNK = 65_536;
/** A tail of this size is put aside, and removed once the age file has caught up with it. */
const TAIL_BYTES = 4 * 1024 * 1024;
/** Bytes in front of the samples in a record of a tail: position, length of the recording, ends of the legs. */
export const TAIL_HEAD = 32;
export const TAIL_CIPHER = 'chacha20-poly1305';

/** Paths of the tails of an encrypted recording, oldest first. */
export function tailFiles(file: string): readonly [string, string] {
  return [beside(file, '.tail-old'), beside(file, '.tail')];
}

async function loadAge() {
  return await import('age-encryption').catch((cause: unknown) => {
    const text = `Encryption needs the package age-encryption, which cannot be loaded here: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
  });
}

/**
 * A recording that is encrypted on its way to the disk, in the age format (age-encryption.org/v1) to the public
 * keys of those who may hear it: the recorder itself cannot read it back. What age has not sealed yet, and what may
 * still change, lies in a tail, sealed record by record with a key that is itself encrypted with age.
 */
export class SealedFile implements AudioStore {
  readonly path: string;
  readonly #fd: PositionedFile;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #sealing: Promise<void>;
  readonly #sealedKey: Uint8Array;
  readonly #key: Uint8Array;
  #tail: Tail;
  #sealed = 0;
  #end = 0;
  #legs: LegEnds = { local: 0, remote: 0 };
  /** How far the age file must have come before the older tail can go. */
  #oldTailEnd: number | undefined;

  private constructor(path: string, fd: PositionedFile, parts: SealedParts) {
    this.path = path;
    this.#fd = fd;
    this.#writer = parts.input.getWriter();
    this.#sealedKey = parts.sealedKey;
    this.#key = parts.key;
    this.#tail = parts.tail;
    this.#sealing = this.#pump(parts.output);
    // A failure comes out with the next write, and with the end.
    this.#sealing.catch(() => undefined);
  }

  /** @throws ERR_INVALID_ARG for what is no age recipient; ERR_FILE; ERR_UNSUPPORTED without `age-encryption`. */
  static async create(path: string, recipients: readonly string[]): Promise<SealedFile> {
    const { Encrypter } = await loadAge();
    const encrypter = new Encrypter();
    for (const recipient of recipients) addRecipient(encrypter, recipient);
    const key = randomBytes(32);
    const sealedKey = await encrypter.encrypt(key);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const output = await encrypter.encrypt(readable);
    try {
      const fd = positionedFile(await promisify(openFile)(path, 'w', 0o600), 'async');
      const tail = await Tail.create(tailFiles(path)[1], sealedKey, key);
      const file = new SealedFile(path, fd, { input: writable, output, sealedKey, key, tail });
      const header = new WavHeader({ format: STEREO, encoding: 's16', metadata: {} });
      await file.#writer.write(header.sized(OPEN_LENGTH).slice());
      return file;
    } catch (error) {
      throw fileError('create', path, error);
    }
  }

  async write(samples: Int16Array, position: number): Promise<void> {
    this.#end = Math.max(this.#end, position + samples.length / 2);
    try {
      await this.#tail.add(position, this.#end, this.#legs, samples);
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  async final(samples: Int16Array): Promise<void> {
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength).slice();
    await Promise.race([this.#writer.write(bytes), this.#sealing]);
  }

  async commit(sampleCount: number, legs: LegEnds): Promise<void> {
    this.#legs = legs;
    try {
      await this.#tail.add(sampleCount, sampleCount, legs, new Int16Array());
      await this.#rotate();
    } catch (error) {
      throw fileError('write', this.path, error);
    }
  }

  async close(): Promise<void> {
    try {
      await Promise.race([this.#writer.close(), this.#sealing]);
      await this.#sealing;
      await this.#fd.sync();
    } catch (error) {
      throw fileError('write', this.path, error);
    } finally {
      await this.#fd.close();
      await this.#tail.close();
    }
    for (const tail of tailFiles(this.path)) await rm(tail, { force: true });
  }

  async #pump(output: ReadableStream<Uint8Array>): Promise<void> {
    for await (const bytes of output) {
      await this.#fd.write(bytes, this.#sealed);
      this.#sealed += bytes.length;
    }
  }

  async #rotate(): Promise<void> {
    const [old, current] = tailFiles(this.path);
    // Of what was written to the age file, a chunk and its header may not be whole.
    const safe = (this.#sealed - 2 * AGE_CHUNK) / 4;
    if (this.#oldTailEnd !== undefined && safe > this.#oldTailEnd) {
      await rm(old, { force: true });
      this.#oldTailEnd = undefined;
    }
    if (this.#tail.bytes < TAIL_BYTES || this.#oldTailEnd !== undefined) return;
    await this.#tail.close();
    await rename(current, old);
    this.#oldTailEnd = this.#end;
    this.#tail = await Tail.create(current, this.#sealedKey, this.#key);
  }
}

interface SealedParts {
  readonly input: WritableStream<Uint8Array>;
  readonly output: ReadableStream<Uint8Array>;
  readonly sealedKey: Uint8Array;
  readonly key: Uint8Array;
  readonly tail: Tail;
}

function addRecipient(encrypter: { addRecipient(text: string): void }, recipient: string): void {
  try {
    encrypter.addRecipient(recipient);
  } catch {
    throw invalidArgument('encryptTo', 'age recipients, such as age1...', recipient);
  }
}

/** A file of sealed records: its key, encrypted with age, then length, nonce and sealed samples of each. */
class Tail {
  readonly #file: PositionedFile;
  readonly #key: Uint8Array;
  bytes = 0;

  private constructor(file: PositionedFile, key: Uint8Array) {
    this.#file = file;
    this.#key = key;
  }

  static async create(path: string, sealedKey: Uint8Array, key: Uint8Array): Promise<Tail> {
    const tail = new Tail(positionedFile(await promisify(openFile)(path, 'w', 0o600), 'async'), key);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(sealedKey.length);
    await tail.#append(Buffer.concat([length, sealedKey]));
    return tail;
  }

  async add(position: number, end: number, legs: LegEnds, samples: Int16Array): Promise<void> {
    const head = Buffer.alloc(TAIL_HEAD);
    for (const [index, value] of [position, end, legs.local, legs.remote].entries()) {
      head.writeBigUInt64LE(BigInt(value), index * 8);
    }
    // A random nonce: two tails share the key, and at this many records none comes twice.
    const nonce = randomBytes(12);
    const cipher = createCipheriv(TAIL_CIPHER, this.#key, nonce, { authTagLength: 16 });
    const audio = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const sealed = Buffer.concat([
      cipher.update(head),
      cipher.update(audio),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(sealed.length);
    await this.#append(Buffer.concat([length, nonce, sealed]));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const at = this.bytes;
    this.bytes += bytes.length;
    await this.#file.write(bytes, at);
  }
}
