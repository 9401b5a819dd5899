import { open } from 'node:fs/promises';
import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import { type PcmSink, VOICE_FORMAT } from '../../pcm.js';
import { fileError } from '../../voice/file-error.js';
import { OPEN_LENGTH, WavHeader } from '../../voice/wav/wav-header.js';
import type { WavMetadata } from '../../voice/wav/wav-metadata.js';

/**
 * A WAV file that is encrypted on its way to the disk, in the age format (age-encryption.org/v1), to the public keys
 * of those who may hear it: who writes it cannot read it back, and nothing of it is ever on the disk in clear. One
 * that was cut off cannot be used.
 */
export class SealedWav implements PcmSink {
  readonly path: string;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #sealing: Promise<void>;
  #sampleCount = 0;
  #closed: Promise<void> | undefined;

  private constructor(path: string, input: WritableStream<Uint8Array>, sealing: Promise<void>) {
    this.path = path;
    this.#input = input.getWriter();
    this.#sealing = sealing;
    // A failure comes out with the next write, and with the end.
    sealing.catch(() => undefined);
    this.#input.closed.catch(() => undefined);
  }

  /** @throws ERR_INVALID_ARG for what is no age recipient; ERR_FILE; ERR_UNSUPPORTED without `age-encryption`. */
  static async create(
    path: string,
    recipients: readonly string[],
    metadata: WavMetadata,
  ): Promise<SealedWav> {
    const encrypter = await encrypterTo(recipients);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const output = await encrypter.encrypt(readable);
    const sealed = new SealedWav(path, writable, pump(output, path));
    const header = new WavHeader({ format: VOICE_FORMAT, encoding: 's16', metadata });
    await sealed.#put(header.sized(OPEN_LENGTH).slice());
    return sealed;
  }

  get sampleCount(): number {
    return this.#sampleCount;
  }

  async write(samples: Int16Array): Promise<void> {
    await this.#put(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength).slice());
    this.#sampleCount += samples.length;
  }

  end(): Promise<void> {
    return this.close();
  }

  /** Seals the file and has it flushed to the medium. Idempotent. @throws ERR_FILE */
  close(): Promise<void> {
    this.#closed ??= Promise.race([this.#input.close(), this.#sealing]).then(() => this.#sealing);
    return this.#closed;
  }

  async #put(bytes: Uint8Array): Promise<void> {
    await Promise.race([this.#input.write(bytes), this.#sealing]);
  }
}

/** What encrypts; in our own words, since the package's declarations need those of a browser. */
export interface StreamEncrypter {
  encrypt(input: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>>;
}

/** Checks recipients before anything is written to them. @throws ERR_INVALID_ARG, ERR_UNSUPPORTED */
export async function encrypterTo(recipients: readonly string[]): Promise<StreamEncrypter> {
  const { Encrypter } = await import('age-encryption').catch((cause: unknown) => {
    const text = `Encryption needs the package age-encryption, which cannot be loaded here: ${messageOf(cause)}`;
    throw new JackfieldError('ERR_UNSUPPORTED', text, { cause });
  });
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw invalidArgument('encryptTo', 'age recipients, such as age1...', recipient);
    }
  }
  return encrypter;
}

async function pump(output: ReadableStream<Uint8Array>, path: string): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o600);
    for await (const bytes of output) await file.write(bytes);
    await file.sync();
  } catch (error) {
    throw fileError('write', path, error);
  }
}
