import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  path as aPath,
  checkArgument,
  checkOptions,
  flag,
  having,
  oneOf,
  type Rules,
  whole,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import type { PcmFormat } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { noteReading } from '../../files/being-read.js';
import { fileError } from '../../files/file-error.js';
import { decodeSamples, isAsInMemory, type WavEncoding } from './wav-encoding.js';
import { WavError } from './wav-error.js';
import { locateWav, type WavLayout } from './wav-layout.js';
import type { WavMetadata } from './wav-metadata.js';

export interface WavReadOptions {
  /** First sample to read, per channel. Default 0. */
  readonly start?: number;
  /** Sample to stop before, per channel. Default: the end of the file. */
  readonly end?: number;
  /** Samples per channel in each array, 1 to 1,048,576. ADPCM files give whole blocks. Default 65,536. */
  readonly chunkSamples?: number;
  /**
   * True to reuse the memory of an array when the next but one is asked for. It saves more than half of the time of
   * reading, since the system takes long to give out fresh memory. A consumer that keeps samples must copy them.
   * Default false: each array belongs to the consumer.
   */
  readonly reuse?: boolean;
  /**
   * `'async'`: reads go through the thread pool, so a slow disk delays nothing else. `'sync'`: reads block, and take
   * less processor time; meant for programs that do nothing else. Default `'async'`.
   */
  readonly io?: 'async' | 'sync';
}

const POSITION = whole(0, Number.MAX_SAFE_INTEGER);
const RULES: Rules<WavReadOptions> = {
  start: POSITION,
  end: POSITION,
  chunkSamples: whole(1, 1 << 20),
  reuse: flag,
  io: oneOf('async', 'sync'),
};
const HANDLE = having('stat', 'read', 'close');

/**
 * Reads a WAV file as s16, whatever its encoding, in constant memory and from any position. Truncated and unfinished
 * files are read as far as they go; {@link WavReader.state} tells. While the reader is open, nothing in this process
 * overwrites the file.
 *
 * ```ts
 * await using wav = await WavReader.open('call.wav');
 * console.log(wav.format, wav.sampleCount);
 * for await (const samples of wav) meter.push(samples);
 * ```
 */
export class WavReader implements AsyncIterable<Int16Array>, AsyncDisposable {
  readonly path: string;
  /** Layout of the file: place, format and count of its samples. */
  readonly layout: WavLayout;
  readonly #handle: FileHandle;
  readonly #endReading: () => void;
  #isClosed = false;

  private constructor(path: string, handle: FileHandle, layout: WavLayout, endReading: () => void) {
    this.path = path;
    this.layout = layout;
    this.#handle = handle;
    this.#endReading = endReading;
  }

  /** @throws ERR_FILE when the file cannot be opened; ERR_WAV ({@link WavError}) when it cannot be read as WAV. */
  static async open(path: string): Promise<WavReader> {
    checkArgument('path', path, aPath);
    const handle = await open(path, 'r').catch((error: unknown) => {
      throw fileError('read', path, error);
    });
    return await WavReader.of(handle, path);
  }

  /**
   * Reads a file that is open already. The reader closes it, also when it cannot be read as WAV.
   *
   * @param path Its name in errors.
   * @throws as {@link open}.
   */
  static async of(handle: FileHandle, path: string): Promise<WavReader> {
    checkArgument('handle', handle, HANDLE);
    checkArgument('path', path, aPath);
    let endReading = () => {};
    try {
      const is = await handle.stat();
      endReading = noteReading(is);
      const search = locateWav(is.size);
      let step = search.next();
      while (!step.done) {
        const { position, length } = step.value;
        step = search.next(await readAt(handle, position, new Uint8Array(length)));
      }
      return new WavReader(path, handle, step.value, endReading);
    } catch (error) {
      endReading();
      await handle.close();
      throw error instanceof WavError ? error.in(path) : fileError('read', path, error);
    }
  }

  get format(): PcmFormat {
    return this.layout.format;
  }

  /** Samples per channel. */
  get sampleCount(): number {
    return this.layout.sampleCount;
  }

  get encoding(): WavEncoding {
    return this.layout.encoding;
  }

  /** Bits of one sample in the file, before the conversion to 16. */
  get bitsPerSample(): number {
    return this.layout.bitsPerSample;
  }

  get metadata(): WavMetadata {
    return this.layout.metadata;
  }

  /** Result of comparing the header's size with the file; see {@link WavLayout.state}. */
  get state(): WavLayout['state'] {
    return this.layout.state;
  }

  [Symbol.asyncIterator](): AsyncIterator<Int16Array> {
    return this.samples();
  }

  /**
   * Interleaved samples of a part of the file. Several can run at once.
   *
   * @throws ERR_INVALID_ARG for a range outside the file; ERR_FILE when reading fails; ERR_CLOSED after close.
   */
  async *samples(options: WavReadOptions = {}): AsyncGenerator<Int16Array, void, undefined> {
    checkOptions(options, RULES);
    const { start = 0, end = this.sampleCount, chunkSamples = 65_536, reuse = false, io = 'async' } = options;
    checkArgument('end', end, whole(0, this.sampleCount));
    checkArgument('start', start, whole(0, end));
    const { blockAlign, samplesPerBlock, dataOffset, format, encoding } = this.layout;
    const blocksAtOnce = Math.max(1, Math.floor(chunkSamples / samplesPerBlock));
    const endBlock = Math.ceil(end / samplesPerBlock);
    // Three buffers: one is being read into, one is in use, and the consumer may still hold the one before it.
    const size =
      Math.min(blocksAtOnce, Math.max(0, endBlock - Math.floor(start / samplesPerBlock))) * blockAlign;
    const buffers = reuse ? [0, 1, 2].map(() => new Uint8Array(size)) : [];
    const readFrom = (first: number) => {
      const length = Math.min(blocksAtOnce, endBlock - first) * blockAlign;
      const buffer =
        buffers[Math.floor(first / blocksAtOnce) % 3]?.subarray(0, length) ?? new Uint8Array(length);
      const position = dataOffset + first * blockAlign;
      if (io === 'sync') return this.#readNow(position, buffer);
      const read = this.#read(position, buffer);
      // A failure is thrown when the part is asked for. Until then nothing may be waiting for it.
      read.catch(() => {});
      return read;
    };
    let block = Math.floor(start / samplesPerBlock);
    let next = start < end ? readFrom(block) : undefined;
    for (let at = start; next; ) {
      const bytes: Uint8Array = await next;
      const first = block * samplesPerBlock;
      block += blocksAtOnce;
      // The next part is read from disk while this one is used.
      next = block < endBlock ? readFrom(block) : undefined;
      const samples = decodeSamples({
        bytes,
        encoding,
        channels: format.channels,
        blockAlign,
        samplesPerBlock,
      });
      const last = Math.min(end, block * samplesPerBlock);
      yield samples.subarray((at - first) * format.channels, (last - first) * format.channels);
      at = last;
    }
  }

  /** True when the samples are in the file as they are in memory. @internal */
  get isAsInMemory(): boolean {
    return isAsInMemory(this.encoding) && this.layout.blockAlign === 2 * this.format.channels;
  }

  /**
   * Fills `target` with samples of a file that {@link isAsInMemory}, from sample `first` on (per channel). It blocks.
   *
   * @throws ERR_FILE when reading fails; ERR_CLOSED after close.
   * @internal
   */
  readNow(first: number, target: Int16Array): void {
    const { dataOffset, blockAlign } = this.layout;
    const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    this.#readNow(dataOffset + first * blockAlign, bytes);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endReading();
    await this.#handle.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #read(position: number, buffer: Uint8Array): Promise<Uint8Array> {
    this.#checkOpen();
    const bytes = await readAt(this.#handle, position, buffer).catch((error: unknown) => {
      throw fileError('read', this.path, error);
    });
    return this.#whole(bytes, buffer);
  }

  #readNow(position: number, buffer: Uint8Array): Uint8Array {
    this.#checkOpen();
    let filled = 0;
    try {
      while (filled < buffer.length) {
        const count = readSync(this.#handle.fd, buffer, filled, buffer.length - filled, position + filled);
        if (count === 0) break;
        filled += count;
      }
    } catch (error) {
      throw fileError('read', this.path, error);
    }
    return this.#whole(buffer.subarray(0, filled), buffer);
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new JackfieldError('ERR_CLOSED', `${printable(this.path)} was closed.`);
  }

  #whole(bytes: Uint8Array, buffer: Uint8Array): Uint8Array {
    if (bytes.length === buffer.length) return bytes;
    throw new JackfieldError('ERR_FILE', `${printable(this.path)} was shortened during reading.`);
  }
}

/** Fills `buffer` and returns the part that was read. It is shorter only at the end of the file. */
async function readAt(handle: FileHandle, position: number, buffer: Uint8Array): Promise<Uint8Array> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
