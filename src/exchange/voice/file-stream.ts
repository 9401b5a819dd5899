import { VOICE_FORMAT } from '../../base/pcm.js';
import type { ReadableFile, WritableFile } from '../../files/file-roots.js';
import { removeFile } from '../../files/private-file.js';
import { toFormat } from '../../voice/convert/to-format.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';

/** Called once with a read or write error. The call goes on. */
export type FailureListener = (error: unknown) => void;

/** Options of a file that is read. */
export interface SourceOptions {
  /** Called when the file is damaged or its disk fails. */
  readonly failed?: FailureListener;
  /** Called when the file is closed. */
  readonly closed?: () => void;
}

/** A `SET_INPUT FILE`. It plays a WAV file of any sample rate and number of channels once, then silence. */
export class FileSource implements VoiceSource {
  readonly #reader: WavReader;
  readonly #options: SourceOptions;
  readonly #chunks: AsyncIterator<Int16Array>;
  #rest: Int16Array = new Int16Array(0);
  #ended = false;
  #failure: unknown;
  #moved = 0;

  private constructor(reader: WavReader, options: SourceOptions) {
    this.#reader = reader;
    this.#options = options;
    this.#chunks = toFormat(reader, reader.format, VOICE_FORMAT)[Symbol.asyncIterator]();
  }

  /** Opens a file. @throws ERR_FILE, ERR_WAV when it is not a readable WAV file. */
  static async at(file: string | ReadableFile, options: SourceOptions = {}): Promise<FileSource> {
    const reader = await (typeof file === 'string'
      ? WavReader.open(file)
      : WavReader.of(file.handle, file.path));
    return new FileSource(reader, options);
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, late: 0, dropped: 0 };
  }

  /** The error, if the file is damaged or its disk has failed. */
  get failure(): unknown {
    return this.#failure;
  }

  get active(): boolean {
    return !this.#ended || this.#rest.length > 0;
  }

  get over(): boolean {
    return !this.active;
  }

  read(frame: Int16Array): void | Promise<void> {
    if (this.#rest.length < frame.length && !this.#ended) return this.#readSlowly(frame);
    const part = this.#rest.subarray(0, frame.length);
    frame.set(part);
    frame.fill(0, part.length);
    this.#rest = this.#rest.subarray(part.length);
    this.#moved += part.length;
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#rest = this.#rest.subarray(this.#rest.length);
    await this.#reader.close();
    this.#options.closed?.();
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
        // A disk error during a call ends the file. The call goes on with silence.
        this.#failure = error;
        this.#ended = true;
        this.#options.failed?.(error);
      }
    }
    return this.#rest.length > 0;
  }
}

/** Options of a file that is written. */
export interface FileOptions {
  /** True when a tick waits for a slow disk instead of dropping frames. Default false. */
  readonly patient?: boolean;
  readonly failed?: FailureListener;
  /** Called when the file is closed. */
  readonly closed?: () => void;
}

/** Most frames that wait for the disk: five seconds. */
const MAX_WAITING_FRAMES = 250;

/**
 * A `SET_OUTPUT FILE` or `SET_CAPTURE_MIC FILE`. It writes a WAV file that is valid at every moment. A slow disk does
 * not delay the call: frames are queued. Frames that do not fit in the queue are replaced by silence.
 */
export class FileDestination implements VoiceDestination {
  readonly #writer: WavWriter;
  readonly #options: FileOptions;
  #position = 0;
  #waiting = 0;
  #written: Promise<void> = Promise.resolve();
  #failure: unknown;
  #isClosed = false;
  #moved = 0;
  #dropped = 0;

  private constructor(writer: WavWriter, options: FileOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  /**
   * Creates a new file. An existing file of this name is replaced; programs that have it open keep the old one.
   *
   * @param file path, or a file that is already created.
   * @throws ERR_FILE when it cannot be written.
   */
  static async at(file: string | WritableFile, options: FileOptions = {}): Promise<FileDestination> {
    if (typeof file !== 'string') {
      return new FileDestination(await WavWriter.of(file.fd, file.path, { format: VOICE_FORMAT }), options);
    }
    await removeFile(file);
    const writer = await WavWriter.create(file, { format: VOICE_FORMAT, existing: 'refuse' });
    return new FileDestination(writer, options);
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, late: 0, dropped: this.#dropped };
  }

  /** The disk error, if there was one. */
  get failure(): unknown {
    return this.#failure;
  }

  /** True once nothing more is written: the disk has failed or the stream was closed. */
  get over(): boolean {
    return this.#failure !== undefined || this.#isClosed;
  }

  write(frame: Int16Array): void | Promise<void> {
    const position = this.#position;
    this.#position += frame.length;
    const full = this.#waiting >= MAX_WAITING_FRAMES;
    if (this.#failure !== undefined || (full && !this.#options.patient)) {
      this.#dropped += frame.length;
      return;
    }
    this.#waiting++;
    const samples = frame.slice();
    this.#written = this.#written.then(() => this.#store(samples, position));
    if (full) return this.#written;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#written;
    // Buffered samples are written to disk now.
    await this.#writer.close().catch((error) => this.#fail(error));
    this.#options.closed?.();
  }

  async #store(samples: Int16Array, position: number): Promise<void> {
    try {
      await this.#writer.write(samples, position);
      this.#moved += samples.length;
    } catch (error) {
      // A full disk ends the file but not the call. The missing samples are counted.
      this.#dropped += samples.length;
      this.#fail(error);
    }
    this.#waiting--;
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#options.failed?.(error);
  }
}
