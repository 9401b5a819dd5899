import type { Writable } from 'node:stream';
import { invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import type { PcmFormat, PcmSink } from '../../base/pcm.js';
import type { WavWriteEncoding } from '../wav/wav-encoding.js';

/** Metadata of a file. It is written in every format that has fields for it. */
export interface AudioTags {
  readonly title?: string;
  readonly artist?: string;
  readonly album?: string;
  readonly genre?: string;
  readonly comment?: string;
  /** Time of the recording. */
  readonly date?: Date;
}

/** A path, or a stream that the bytes are written to in order. */
export type EncoderTarget = string | Writable;

export interface EncoderOptions {
  /** Layout of the samples that are written. */
  readonly format: PcmFormat;
  readonly tags?: AudioTags;
  /** For lossy formats, in bits per second. Default: chosen by the encoder. */
  readonly bitrate?: number;
  /** For WAV, the encoding of the samples. Default `'s16'`. */
  readonly wavEncoding?: WavWriteEncoding;
}

/** Compressed audio that is being written. Call `end` to finish it, `abort` to discard it. */
export interface PcmEncoder extends PcmSink {
  /** Samples per channel written so far, including silence in gaps. */
  readonly sampleCount: number;
  /** Aborts the output and releases its resources. An unfinished file is not removed. */
  abort(): Promise<void>;
}

/** The part of an encoder that each format implements. */
export interface EncoderBackend {
  /** Encodes samples. It must not keep the array. */
  encode(samples: Int16Array): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

const SILENCE_SAMPLES = 8192;

/** A {@link PcmEncoder} around a backend: handles positions, gaps, checks and the text of errors. */
export class BackedEncoder implements PcmEncoder {
  readonly #name: string;
  readonly #channels: number;
  readonly #backend: EncoderBackend;
  #sampleCount = 0;
  #isOver = false;

  constructor(name: string, { channels }: PcmFormat, backend: EncoderBackend) {
    this.#name = name;
    this.#channels = channels;
    this.#backend = backend;
  }

  get sampleCount(): number {
    return this.#sampleCount;
  }

  async write(samples: Int16Array, position: number = this.#sampleCount): Promise<void> {
    const channels = this.#channels;
    if (this.#isOver) throw new JackfieldError('ERR_CLOSED', `The ${this.#name} output was already ended.`);
    if (samples.length % channels !== 0) {
      throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
    }
    if (!Number.isSafeInteger(position) || position < this.#sampleCount) {
      throw invalidArgument('position', `a whole number of at least ${this.#sampleCount}`, position);
    }
    const silence = new Int16Array(Math.min(position - this.#sampleCount, SILENCE_SAMPLES) * channels);
    while (this.#sampleCount < position) {
      const count = Math.min(position - this.#sampleCount, SILENCE_SAMPLES);
      await this.#encode(silence.subarray(0, count * channels));
    }
    if (samples.length > 0) await this.#encode(samples);
  }

  async end(error?: Error): Promise<void> {
    if (error) return this.abort();
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#reworded(this.#backend.finish());
  }

  async abort(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#backend.abort();
  }

  async #encode(samples: Int16Array): Promise<void> {
    await this.#reworded(this.#backend.encode(samples));
    this.#sampleCount += samples.length / this.#channels;
  }

  async #reworded(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      throw encoderError(this.#name, error);
    }
  }
}

/** Wraps a failure of an encoder as ERR_ENCODER, with its own text. Our own errors stay as they are. */
export function encoderError(name: string, cause: unknown): JackfieldError {
  if (cause instanceof JackfieldError) return cause;
  return new JackfieldError('ERR_ENCODER', `Cannot write ${name}: ${messageOf(cause)}`, { cause });
}
