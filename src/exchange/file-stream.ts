import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { VOICE_FORMAT } from '../pcm.js';
import { WavReader } from '../voice/wav/wav-reader.js';
import { WavWriter } from '../voice/wav/wav-writer.js';
import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';

/** A `SET_INPUT FILE`: plays a WAV file once, then is silent. */
export class FileSource implements VoiceSource {
  readonly #reader: WavReader;
  readonly #chunks: AsyncIterator<Int16Array>;
  #rest: Int16Array = new Int16Array(0);
  #ended = false;
  #moved = 0;

  private constructor(reader: WavReader) {
    this.#reader = reader;
    this.#chunks = reader[Symbol.asyncIterator]();
  }

  /** @throws Error with the reason when the file lies outside `roots` or is not 16 kHz mono PCM. */
  static async open(path: string, roots: readonly string[]): Promise<FileSource> {
    const reader = await WavReader.open(await confined(path, roots));
    const { sampleRate, channels } = reader.format;
    if (sampleRate !== VOICE_FORMAT.sampleRate || channels !== VOICE_FORMAT.channels) {
      await reader.close();
      throw new Error(`the file is ${sampleRate} Hz with ${channels} channel(s); a call takes 16000 Hz mono`);
    }
    return new FileSource(reader);
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, dropped: 0 };
  }

  async read(frame: Int16Array): Promise<void> {
    let filled = 0;
    while (filled < frame.length && (await this.#refill())) {
      const part = this.#rest.subarray(0, frame.length - filled);
      frame.set(part, filled);
      this.#rest = this.#rest.subarray(part.length);
      filled += part.length;
    }
    frame.fill(0, filled);
    this.#moved += filled;
  }

  close(): Promise<void> {
    this.#ended = true;
    return this.#reader.close();
  }

  async #refill(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const next = await this.#chunks.next();
      if (next.done) this.#ended = true;
      else this.#rest = next.value;
    }
    return this.#rest.length > 0;
  }
}

/** A `SET_OUTPUT FILE` or `SET_CAPTURE_MIC FILE`: writes a WAV file that is valid at every moment. */
export class FileDestination implements VoiceDestination {
  readonly #writer: WavWriter;
  #moved = 0;
  #dropped = 0;

  private constructor(writer: WavWriter) {
    this.#writer = writer;
  }

  /** @throws Error with the reason when the file lies outside `roots` or cannot be written. */
  static async create(path: string, roots: readonly string[]): Promise<FileDestination> {
    return new FileDestination(await WavWriter.create(await confined(path, roots), { format: VOICE_FORMAT }));
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, dropped: this.#dropped };
  }

  async write(frame: Int16Array): Promise<void> {
    try {
      await this.#writer.write(frame);
      this.#moved += frame.length;
    } catch {
      // A full disk ends the file, not the call; what it misses is counted.
      this.#dropped += frame.length;
    }
  }

  async close(): Promise<void> {
    await this.#writer.close();
  }
}

/**
 * The real path of `path`, which has to lie in one of `roots`. Links are resolved, so that none leads outside.
 * A file that does not exist yet is placed by its folder.
 */
async function confined(path: string, roots: readonly string[]): Promise<string> {
  if (roots.length === 0) throw new Error('this endpoint has no folder for FILE');
  const absolute = resolve(roots[0] ?? '', path);
  const real = await realpath(absolute).catch(async () =>
    join(await realpath(dirname(absolute)), basename(absolute)),
  );
  for (const root of roots) {
    if (real.startsWith((await realpath(root)) + sep)) return real;
  }
  throw new Error(`${path} lies outside the folders of this endpoint`);
}
