import { rename } from 'node:fs/promises';
import { Opening } from '../../base/opening.js';
import { STEREO } from '../../base/pcm.js';
import { fileError, isDiskFull } from '../../files/file-error.js';
import { removeFile } from '../../files/private-file.js';
import type { LegEnds } from '../../stream/align/ledger.js';
import type { AudioStore } from '../file/audio-store.js';
import { STEREO_BYTES } from '../file/stereo-file.js';
import { encrypterTo } from './age.js';
import { newTailKey, SealedTail, type TailKey, tailFiles } from './sealed-tail.js';
import { SealedWav } from './sealed-wav.js';
import { AGE_CHUNK } from './sealed-writer.js';

/** Size at which a tail is rotated, in bytes. The old tail is removed when the age file has caught up. */
const TAIL_BYTES = 4 * 1024 * 1024;

/**
 * A recording that is encrypted before it is written, in the age format (age-encryption.org/v1), to public keys of its
 * recipients: the recorder cannot read it back. Samples that may still change, or that age has not sealed yet, are in a
 * tail file. The tail is encrypted record by record with a key that is itself encrypted with age.
 */
export class SealedFile implements AudioStore {
  readonly #wav: SealedWav;
  readonly #key: TailKey;
  #tail: SealedTail;
  #end = 0;
  #legs: LegEnds = { local: 0, remote: 0 };
  /** Length that the age file must have before the older tail can be removed. */
  #oldTailEnd: number | undefined;

  private constructor(wav: SealedWav, key: TailKey, tail: SealedTail) {
    this.#wav = wav;
    this.#key = key;
    this.#tail = tail;
  }

  /** @throws ERR_INVALID_ARG for an invalid age recipient; ERR_FILE; ERR_UNSUPPORTED without `age-encryption`. */
  static async create(path: string, recipients: readonly string[]): Promise<SealedFile> {
    const key = await newTailKey(await encrypterTo(recipients));
    try {
      await using opening = new Opening();
      const tail = opening.add(await SealedTail.create(tailFiles(path)[1], key), async (it) => {
        await it.close();
        await removeFile(tailFiles(path)[1]);
      });
      const wav = await SealedWav.create(path, recipients, { format: STEREO });
      return opening.done(new SealedFile(wav, key, tail));
    } catch (error) {
      throw fileError('create', path, error);
    }
  }

  get path(): string {
    return this.#wav.path;
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
    await this.#wav.write(samples);
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

  async checkPresence(): Promise<void> {
    await this.#wav.checkPresence();
  }

  async close(): Promise<void> {
    try {
      await this.#tail.close();
      await this.checkPresence();
      await this.#seal();
    } finally {
      await this.#wav.close();
    }
    await this.#removeTails();
  }

  /**
   * Ends the age file. On a full disk the tails are removed to free space: their samples are in the remaining data of
   * the age file.
   */
  async #seal(): Promise<void> {
    try {
      await this.#wav.seal();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await this.#removeTails();
      await this.#wav.seal();
    }
  }

  async #removeTails(): Promise<void> {
    for (const tail of tailFiles(this.path)) await removeFile(tail);
  }

  async #rotate(): Promise<void> {
    const [old, current] = tailFiles(this.path);
    // The last chunk of the age file and its header may be incomplete.
    const safe = (this.#wav.sealedBytes - 2 * AGE_CHUNK) / STEREO_BYTES;
    if (this.#oldTailEnd !== undefined && safe > this.#oldTailEnd) {
      await removeFile(old);
      this.#oldTailEnd = undefined;
    }
    if (this.#tail.bytes < TAIL_BYTES || this.#oldTailEnd !== undefined) return;
    await this.#tail.close();
    await rename(current, old);
    this.#oldTailEnd = this.#end;
    this.#tail = await SealedTail.create(current, this.#key);
  }
}
