import { close } from 'node:fs';
import { promisify } from 'node:util';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  number,
  object,
  oneOf,
  type Rules,
  whole,
  within,
} from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { Opening } from '../../base/opening.js';
import { type PcmFormat, type PcmSink, pcmFormat, SAMPLES, VOICE_FORMAT } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { fileError } from '../../files/file-error.js';
import { type PositionedFile, positionedFile } from '../../files/positioned-file.js';
import { openPrivate } from '../../files/private-file.js';
import { encodeSamples, type WavWriteEncoding, WRITE_ENCODINGS } from './wav-encoding.js';
import { WavHeader } from './wav-header.js';
import type { WavMetadata } from './wav-metadata.js';

export interface WavWriterOptions {
  /** Layout of the samples that are written. Default {@link VOICE_FORMAT}: 16 kHz mono. */
  readonly format?: PcmFormat;
  /** Encoding of the samples in the file. Default `'s16'`. */
  readonly encoding?: WavWriteEncoding;
  /** `LIST/INFO` and `bext` fields. They are written in front of the samples. */
  readonly metadata?: WavMetadata;
  /**
   * Audio that is collected before it is written to disk, in milliseconds: 20 to 500. A header that counts it is
   * written with it. A process that is killed can lose this much. Default 250.
   */
  readonly flushMs?: number;
  /**
   * Times at which the system is told to write the file to the medium: never, once at the end, or with each flush. It
   * protects against a crash of the machine and costs milliseconds. Default `'never'`.
   */
  readonly fsync?: 'never' | 'end' | 'flush';
  /**
   * `'async'`: writes go through the thread pool, so a slow disk delays nothing else. `'sync'`: writes block, and take
   * about a fifth of the processor time; meant for hundreds of recordings on a local disk. Default `'async'`.
   */
  readonly io?: 'async' | 'sync';
  /** Treatment of an existing file: it is replaced, or refused with ERR_FILE. Default `'replace'`. */
  readonly existing?: 'replace' | 'refuse';
}

const RULES: Rules<WavWriterOptions> = {
  format: object,
  encoding: oneOf(...WRITE_ENCODINGS),
  metadata: object,
  flushMs: within(20, 500, 'ms'),
  fsync: oneOf('never', 'end', 'flush'),
  io: oneOf('async', 'sync'),
  existing: oneOf('replace', 'refuse'),
};
const DESCRIPTOR = whole(0, 2 ** 31 - 1);

type State =
  | { readonly name: 'open' }
  | { readonly name: 'failed'; readonly error: JackfieldError }
  | { readonly name: 'closed' };

/** Largest number of samples in one write to disk. */
const MAX_PIECE = 1 << 16;

/**
 * Writes PCM into a WAV file that is valid at every moment. When the process is killed, the file still plays and holds
 * all audio except at most the last `flushMs`. Memory is constant. A file that passes 4 GiB becomes RF64 in place.
 *
 * ```ts
 * await using wav = await WavWriter.create('call.wav', { format: { sampleRate: 16_000, channels: 1 } });
 * for await (const samples of source) await wav.write(samples);
 * ```
 */
export class WavWriter implements PcmSink, AsyncDisposable {
  readonly path: string;
  readonly format: PcmFormat;
  readonly encoding: WavWriteEncoding;
  readonly #header: WavHeader;
  readonly #file: PositionedFile;
  readonly #fsync: 'never' | 'end' | 'flush';
  readonly #buffered: Int16Array;
  #bufferedLength = 0;
  #flushedSamples = 0;
  #state: State = { name: 'open' };

  private constructor(path: string, file: PositionedFile, options: ResolvedOptions) {
    this.path = path;
    this.format = options.format;
    this.encoding = options.encoding;
    this.#file = file;
    this.#fsync = options.fsync;
    this.#header = options.header;
    const { channels, sampleRate } = options.format;
    const flushed = Math.max(1, Math.round((options.flushMs * sampleRate) / 1000)) * channels;
    this.#buffered = new Int16Array(Math.min(flushed, wholeFrames(MAX_PIECE, channels)));
  }

  /**
   * Creates the file with a valid header. Only its owner can read it (0600).
   *
   * @throws ERR_INVALID_ARG for an option out of range; ERR_FILE when the file cannot be created, or when a `WavReader`
   *   of this process is reading it.
   */
  static async create(path: string, options: WavWriterOptions = {}): Promise<WavWriter> {
    checkArgument('path', path, aPath);
    const flags = resolveOptions(options).existing === 'refuse' ? 'wx' : 'w';
    const fd = await openPrivate(path, flags).catch((error: unknown) => {
      throw fileError('create', path, error);
    });
    return await WavWriter.of(fd, path, options);
  }

  /**
   * Writes to an empty file that is open already. The writer closes it, also when it cannot begin.
   *
   * @param fd Its descriptor.
   * @param path Its name in errors.
   * @throws as {@link create}.
   */
  static async of(fd: number, path: string, options: WavWriterOptions = {}): Promise<WavWriter> {
    checkArgument('fd', fd, DESCRIPTOR);
    checkArgument('path', path, aPath);
    await using opening = new Opening();
    opening.add(fd, promisify(close));
    const resolved = resolveOptions(options);
    const writer = new WavWriter(path, positionedFile(fd, resolved.io), resolved);
    await writer.#flush();
    return opening.done(writer);
  }

  /** Samples per channel written so far, including silence in gaps. */
  get sampleCount(): number {
    return (this.#flushedSamples + this.#bufferedLength) / this.format.channels;
  }

  /**
   * Appends interleaved samples. When `position` (samples per channel from the start) lies behind the end of the file,
   * the gap becomes silence of exactly that length.
   *
   * @throws ERR_INVALID_ARG when the samples are not whole frames or `position` lies before the end of the file;
   *   ERR_FILE when the disk refuses them, and at each later write; ERR_CLOSED after the end.
   */
  async write(samples: Int16Array, position: number = this.sampleCount): Promise<void> {
    checkArgument('samples', samples, SAMPLES);
    this.#assertOpen();
    const { channels } = this.format;
    if (samples.length % channels !== 0) {
      throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
    }
    checkArgument('position', position, number);
    const gap = position - this.sampleCount;
    if (!Number.isSafeInteger(gap) || gap < 0) {
      throw invalidArgument('position', `a whole number of at least ${this.sampleCount}`, position);
    }
    for (let left = gap * channels; left > 0; ) left -= await this.#writePart(left);
    for (let at = 0; at < samples.length; ) at += await this.#writePart(samples.length - at, samples, at);
  }

  /** Writes what is buffered to the file now. Like writes, only one call at a time. */
  async flush(): Promise<void> {
    this.#assertOpen();
    if (this.#bufferedLength > 0) await this.#flush();
  }

  /**
   * Finishes the file with the samples so far, also after an error of the stream. Does nothing when it is closed
   * already.
   * @throws ERR_FILE when the last samples could not be written.
   */
  async end(_error?: Error): Promise<void> {
    if (this.#state.name === 'closed') return;
    const { error } = { error: undefined, ...this.#state };
    try {
      if (!error) {
        await this.#flush();
        await this.#pad();
        if (this.#fsync !== 'never') await this.#sync();
      }
    } finally {
      this.#state = { name: 'closed' };
      await this.#file.close();
    }
    if (error) throw error;
  }

  /** The same as {@link end}. */
  close(): Promise<void> {
    return this.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  /** Buffers as much of `wanted` samples as fits, as silence when no array is given. Returns the number of samples. */
  async #writePart(wanted: number, samples?: Int16Array, from = 0): Promise<number> {
    if (samples && this.#bufferedLength === 0 && wanted >= this.#buffered.length) {
      const piece = samples.subarray(
        from,
        from + wholeFrames(Math.min(wanted, MAX_PIECE), this.format.channels),
      );
      await this.#store(piece);
      return piece.length;
    }
    const taken = Math.min(wanted, this.#buffered.length - this.#bufferedLength);
    const target = this.#bufferedLength;
    if (samples) this.#buffered.set(samples.subarray(from, from + taken), target);
    else this.#buffered.fill(0, target, target + taken);
    this.#bufferedLength += taken;
    if (this.#bufferedLength === this.#buffered.length) await this.#flush();
    return taken;
  }

  async #flush(): Promise<void> {
    const length = this.#bufferedLength;
    this.#bufferedLength = 0;
    await this.#store(this.#buffered.subarray(0, length));
  }

  // Samples are written before the header, so that the header never counts samples that are missing in the file.
  async #store(samples: Int16Array): Promise<void> {
    const dataBytes = (this.#flushedSamples / this.format.channels) * this.#header.blockAlign;
    const bytes = encodeSamples(samples, this.encoding);
    this.#flushedSamples += samples.length;
    try {
      if (bytes.length > 0) await this.#file.write(bytes, this.#header.length + dataBytes);
      await this.#file.write(this.#header.sized(dataBytes + bytes.length), 0);
    } catch (error) {
      throw this.#fail(error);
    }
    if (this.#fsync === 'flush') await this.#sync();
  }

  async #pad(): Promise<void> {
    const dataBytes = this.sampleCount * this.#header.blockAlign;
    if (dataBytes % 2 === 0) return;
    try {
      await this.#file.write(new Uint8Array(1), this.#header.length + dataBytes);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  async #sync(): Promise<void> {
    try {
      await this.#file.sync();
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #fail(cause: unknown): JackfieldError {
    const error = fileError('write', this.path, cause);
    this.#state = { name: 'failed', error };
    return error;
  }

  #assertOpen(): void {
    if (this.#state.name === 'failed') throw this.#state.error;
    if (this.#state.name === 'closed')
      throw new JackfieldError('ERR_CLOSED', `${printable(this.path)} is already finished.`);
  }
}

function wholeFrames(samples: number, channels: number): number {
  return samples - (samples % channels);
}

interface ResolvedOptions {
  readonly format: PcmFormat;
  readonly encoding: WavWriteEncoding;
  readonly header: WavHeader;
  readonly flushMs: number;
  readonly fsync: 'never' | 'end' | 'flush';
  readonly io: 'async' | 'sync';
  readonly existing: 'replace' | 'refuse';
}

function resolveOptions(options: WavWriterOptions): ResolvedOptions {
  checkOptions(options, RULES);
  const { encoding = 's16', metadata = {}, flushMs = 250 } = options;
  const { fsync: sync = 'never', io = 'async', existing = 'replace' } = options;
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  const header = new WavHeader({ format, encoding, metadata });
  return { format, encoding, header, flushMs, fsync: sync, io, existing };
}
