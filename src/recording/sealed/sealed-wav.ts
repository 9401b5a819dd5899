import { Opening } from '../../base/opening.js';
import type { PcmFormat } from '../../base/pcm.js';
import { OPEN_LENGTH, WavHeader } from '../../voice/wav/wav-header.js';
import { locateWav, type WavLayout } from '../../voice/wav/wav-layout.js';
import type { WavMetadata } from '../../voice/wav/wav-metadata.js';
import { ageBytes, encrypterTo } from './age.js';
import { SealedWriter } from './sealed-writer.js';

/** Bytes of the decrypted file that are searched for the start of the samples. */
const HEADER_BYTES = 4096;

/** A WAV file (16 bit) that is encrypted in the age format before it is written. */
export class SealedWav {
  readonly #writer: SealedWriter;
  readonly #channels: number;
  #sampleCount = 0;

  private constructor(writer: SealedWriter, channels: number) {
    this.#writer = writer;
    this.#channels = channels;
  }

  /** @throws ERR_INVALID_ARG for an invalid age recipient; ERR_FILE; ERR_UNSUPPORTED without `age-encryption`. */
  static async create(
    path: string,
    recipients: readonly string[],
    options: {
      readonly format: PcmFormat;
      readonly metadata?: WavMetadata;
      readonly existing?: 'replace' | 'refuse';
    },
  ): Promise<SealedWav> {
    const { format, metadata = {}, existing } = options;
    const encrypter = await encrypterTo(recipients);
    await using opening = new Opening();
    const writer = opening.add(await SealedWriter.create(path, encrypter, existing), (it) => it.close());
    const header = new WavHeader({ format, encoding: 's16', metadata });
    await writer.write(header.sized(OPEN_LENGTH));
    return opening.done(new SealedWav(writer, format.channels));
  }

  get path(): string {
    return this.#writer.path;
  }

  /** Number of written samples per channel. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Bytes of the encrypted file so far. */
  get sealedBytes(): number {
    return this.#writer.sealedBytes;
  }

  /** Takes interleaved samples. @throws ERR_FILE. */
  async write(samples: Int16Array): Promise<void> {
    await this.#writer.write(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    this.#sampleCount += samples.length / this.#channels;
  }

  /** @throws ERR_FILE when the file was deleted meanwhile. */
  checkPresence(): Promise<void> {
    return this.#writer.checkPresence();
  }

  /** Writes the end of the file; see {@link SealedWriter.seal}. @throws ERR_FILE. */
  seal(): Promise<void> {
    return this.#writer.seal();
  }

  end(): Promise<void> {
    return this.close();
  }

  /** Seals the file and flushes it to the medium. Idempotent. @throws ERR_FILE. */
  close(): Promise<void> {
    return this.#writer.close();
  }
}

/**
 * Yields the interleaved samples of an encrypted WAV file (16 bit), in complete blocks.
 *
 * @param identity An age secret key (`AGE-SECRET-KEY-1...`).
 * @param cutOff See {@link ageBytes}.
 * @throws as {@link ageBytes}; ERR_WAV when the decrypted file is not a WAV file.
 */
export async function* sealedWavSamples(
  file: string,
  identity: string,
  cutOff = false,
): AsyncGenerator<Int16Array> {
  let kept: Buffer = Buffer.alloc(0);
  let layout: WavLayout | undefined;
  for await (const chunk of ageBytes(file, identity, cutOff)) {
    kept = Buffer.concat([kept, chunk]);
    if (!layout && kept.length < HEADER_BYTES) continue;
    if (!layout) {
      layout = layoutOf(kept);
      kept = kept.subarray(layout.dataOffset);
    }
    const whole = kept.length - (kept.length % layout.blockAlign);
    if (whole > 0) yield samplesOf(kept.subarray(0, whole));
    kept = kept.subarray(whole);
  }
  if (layout || kept.length === 0) return;
  const { dataOffset, blockAlign } = layoutOf(kept);
  const whole = kept.length - ((kept.length - dataOffset) % blockAlign);
  if (whole > dataOffset) yield samplesOf(kept.subarray(dataOffset, whole));
}

/** Copies bytes to samples; any alignment is allowed. */
export function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(Uint8Array.from(bytes).buffer);
}

function layoutOf(bytes: Buffer): WavLayout {
  const search = locateWav(bytes.length);
  let step = search.next();
  while (!step.done) {
    const { position, length } = step.value;
    step = search.next(bytes.subarray(position, position + length));
  }
  return step.value;
}
