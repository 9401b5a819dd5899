import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { VOICE_FORMAT } from '../../pcm.js';
import { toFormat } from '../../voice/convert/to-format.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';

/** A `SET_INPUT FILE`: plays a WAV file of any rate and number of channels once, then is silent. */
export class FileSource implements VoiceSource {
  readonly #reader: WavReader;
  readonly #chunks: AsyncIterator<Int16Array>;
  #rest: Int16Array = new Int16Array(0);
  #ended = false;
  #failure: unknown;
  #moved = 0;

  private constructor(reader: WavReader) {
    this.#reader = reader;
    this.#chunks = toFormat(reader, reader.format, VOICE_FORMAT)[Symbol.asyncIterator]();
  }

  /** @throws Error with the reason when the file lies outside `roots` or is no WAV that can be read. */
  static async open(path: string, roots: readonly string[]): Promise<FileSource> {
    return FileSource.at(await confined(path, roots));
  }

  /** As {@link open}, for a path that is the exchange's own. */
  static async at(path: string): Promise<FileSource> {
    return new FileSource(await WavReader.open(path));
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, dropped: 0 };
  }

  /** What could not be read, if the file is damaged or its disk fails. */
  get failure(): unknown {
    return this.#failure;
  }

  get active(): boolean {
    return !this.#ended || this.#rest.length > 0;
  }

  read(frame: Int16Array): void | Promise<void> {
    if (this.#rest.length < frame.length && !this.#ended) return this.#readSlowly(frame);
    const part = this.#rest.subarray(0, frame.length);
    frame.set(part);
    frame.fill(0, part.length);
    this.#rest = this.#rest.subarray(part.length);
    this.#moved += part.length;
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#rest = this.#rest.subarray(this.#rest.length);
    return this.#reader.close();
  }

  async #readSlowly(frame: Int16Array): Promise<void> {
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

  async #refill(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      try {
        const next = await this.#chunks.next();
        if (next.done) this.#ended = true;
        else this.#rest = next.value;
      } catch (error) {
        // A disk that fails in mid-call ends the file: the call goes on in silence.
        this.#failure = error;
        this.#ended = true;
      }
    }
    return this.#rest.length > 0;
  }
}

/** Frames that may wait for the disk: five seconds. */
const MAX_WAITING_FRAMES = 250;

/**
 * A `SET_OUTPUT FILE` or `SET_CAPTURE_MIC FILE`: writes a WAV file that is valid at every moment. A slow disk does
 * not hold up the call: frames wait, and those that find the queue full become silence in their place.
 */
export class FileDestination implements VoiceDestination {
  readonly #writer: WavWriter;
  readonly #patient: boolean;
  #position = 0;
  #waiting = 0;
  #written: Promise<void> = Promise.resolve();
  #failure: unknown;
  #moved = 0;
  #dropped = 0;

  private constructor(writer: WavWriter, patient: boolean) {
    this.#writer = writer;
    this.#patient = patient;
  }

  /**
   * @param patient whether a tick waits for a disk that is behind, instead of dropping.
   * @throws Error with the reason when the file lies outside `roots` or cannot be written.
   */
  static async create(path: string, roots: readonly string[], patient = false): Promise<FileDestination> {
    return FileDestination.at(await confined(path, roots), patient);
  }

  /** As {@link create}, for a path that is the exchange's own. */
  static async at(path: string, patient = false): Promise<FileDestination> {
    return new FileDestination(await WavWriter.create(path, { format: VOICE_FORMAT }), patient);
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, dropped: this.#dropped };
  }

  /** What the disk has refused, if it has. */
  get failure(): unknown {
    return this.#failure;
  }

  write(frame: Int16Array): void | Promise<void> {
    const position = this.#position;
    this.#position += frame.length;
    const full = this.#waiting >= MAX_WAITING_FRAMES;
    if (this.#failure !== undefined || (full && !this.#patient)) {
      this.#dropped += frame.length;
      return;
    }
    this.#waiting++;
    const samples = frame.slice();
    this.#written = this.#written.then(() => this.#store(samples, position));
    if (full) return this.#written;
  }

  async close(): Promise<void> {
    await this.#written;
    // What could not be written was counted by write().
    await this.#writer.close().catch(() => undefined);
  }

  async #store(samples: Int16Array, position: number): Promise<void> {
    try {
      await this.#writer.write(samples, position);
      this.#moved += samples.length;
    } catch (error) {
      // A full disk ends the file, not the call; what it misses is counted.
      this.#failure = error;
      this.#dropped += samples.length;
    }
    this.#waiting--;
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
