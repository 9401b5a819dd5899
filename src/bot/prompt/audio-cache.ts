import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { BYTES_PER_SAMPLE, VOICE_FORMAT } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { makePrivateFolder } from '../../files/private-file.js';
import { openAudio } from '../../voice/audio-file.js';
import { toFormat } from '../../voice/convert/to-format.js';
import { isInstalled } from '../../voice/process/require-program.js';
import { collectSamples, concatSamples } from '../../voice/stage.js';
import { decodeWithFfmpeg } from '../../voice/transcode/ffmpeg.js';
import { WavReader } from '../../voice/wav/wav-reader.js';
import { WavWriter } from '../../voice/wav/wav-writer.js';
import type { Speech, SpeechStream } from './speech-engine.js';

export interface AudioCacheOptions {
  /** Folder in which converted audio is kept between runs. Default: it is not kept. */
  readonly folder?: string;
  /**
   * Most converted audio in memory, in bytes: 1 MiB or more. The least recently used audio is dropped first. Default 64
   * MiB.
   */
  readonly maxBytes?: number;
}

/** Caches audio in the format of calls, by a hash of its source. */
export class AudioCache {
  readonly #folder: string | undefined;
  readonly #maxBytes: number;
  readonly #kept = new Map<string, Promise<Int16Array>>();
  #bytes = 0;
  #conversions = 0;

  constructor(options: AudioCacheOptions = {}) {
    const { folder, maxBytes = 2 ** 26 } = options;
    if (!(maxBytes >= 2 ** 20)) throw invalidArgument('maxBytes', '1 MiB or more', maxBytes);
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** Number of times that audio was converted, because it was in neither memory nor the folder. */
  get conversions(): number {
    return this.#conversions;
  }

  /**
   * Resolves to the samples of an audio file. WAV, FLAC, MP3 and Opus are read here; other formats are decoded by the
   * command `ffmpeg`.
   */
  async file(path: string): Promise<Int16Array> {
    const content = await readFile(path).catch((error: unknown) => {
      throw new JackfieldError(
        'ERR_FILE',
        printable(`The prompt ${path} cannot be read: ${messageOf(error)}`),
        {
          cause: error,
        },
      );
    });
    return this.keep(content, () => decode(path));
  }

  /** Resolves to the result of `make`, which is called once for each `key`. */
  keep(key: string | Uint8Array, make: () => Promise<Speech>): Promise<Int16Array> {
    const hash = hashOf(key);
    return this.#known(hash) ?? this.#add(hash, this.#load(hash, make));
  }

  /**
   * Yields the result of `make` as it comes, or at once when it is cached. It is cached when it was read to its end.
   */
  async *stream(key: string, make: () => Promise<SpeechStream>): AsyncGenerator<Int16Array, void, undefined> {
    const hash = hashOf(key);
    const stored = this.#known(hash) ?? (await this.#fromFolder(hash));
    if (stored) {
      yield await (this.#known(hash) ?? this.#add(hash, Promise.resolve(stored)));
      return;
    }
    this.#conversions++;
    const { samples, format } = await make();
    const parts: Int16Array[] = [];
    for await (const part of toFormat(samples, format, VOICE_FORMAT)) {
      parts.push(part);
      yield part;
    }
    // When several calls read it at once, only one of them caches it.
    if (this.#known(hash)) return;
    const whole = concatSamples(parts);
    this.#add(hash, Promise.resolve(whole));
    await this.#store(hash, whole);
  }

  /** Returns samples from memory, and marks them as used last. */
  #known(hash: string): Promise<Int16Array> | undefined {
    const samples = this.#kept.get(hash);
    // A map is in the order of insertion: the one used last goes to its end.
    if (samples && this.#kept.delete(hash)) this.#kept.set(hash, samples);
    return samples;
  }

  #add(hash: string, samples: Promise<Int16Array>): Promise<Int16Array> {
    this.#kept.set(hash, samples);
    samples.then(
      ({ length }) => this.#account(length * BYTES_PER_SAMPLE),
      () => this.#kept.delete(hash),
    );
    return samples;
  }

  async #load(hash: string, make: () => Promise<Speech>): Promise<Int16Array> {
    return (await this.#fromFolder(hash)) ?? (await this.#convert(hash, make));
  }

  async #convert(hash: string, make: () => Promise<Speech>): Promise<Int16Array> {
    this.#conversions++;
    const made = await make();
    const samples = await collectSamples(toFormat(once(made.samples), made.format, VOICE_FORMAT));
    await this.#store(hash, samples);
    return samples;
  }

  async #fromFolder(hash: string): Promise<Int16Array | undefined> {
    if (this.#folder === undefined) return undefined;
    try {
      await using reader = await WavReader.open(join(this.#folder, `${hash}.wav`));
      if (reader.state === 'ok') return await collectSamples(reader);
    } catch (error) {
      if (!(error instanceof JackfieldError)) throw error;
    }
    return undefined;
  }

  async #store(hash: string, samples: Int16Array): Promise<void> {
    if (this.#folder === undefined) return;
    await makePrivateFolder(this.#folder);
    const part = join(this.#folder, `${hash}.${process.pid}.part`);
    try {
      await using writer = await WavWriter.create(part, { format: VOICE_FORMAT });
      await writer.write(samples);
      await writer.close();
      await rename(part, join(this.#folder, `${hash}.wav`));
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  #account(bytes: number): void {
    this.#bytes += bytes;
    for (const [hash, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes || this.#kept.size === 1) return;
      this.#kept.delete(hash);
      kept.then(
        (samples) => {
          this.#bytes -= samples.length * BYTES_PER_SAMPLE;
        },
        // Audio that could not be made was never counted.
        () => undefined,
      );
    }
  }
}

/** Codes of the errors after which ffmpeg may still read the file. */
const FOR_FFMPEG: ReadonlySet<string> = new Set(['ERR_WAV', 'ERR_UNSUPPORTED', 'ERR_ENCODER']);

async function decode(path: string): Promise<Speech> {
  try {
    await using file = await openAudio(path);
    return { samples: await collectSamples(file.samples()), format: file.format };
  } catch (error) {
    // ffmpeg reads more: GSM and MP3 in WAV, AAC, Vorbis and so on.
    const isWanting = error instanceof JackfieldError && FOR_FFMPEG.has(error.code);
    const isWav = extname(path).toLowerCase() === '.wav';
    if (!isWanting || (isWav && !(await isInstalled('ffmpeg')))) throw error;
  }
  const samples = await collectSamples(decodeWithFfmpeg(path).source);
  return { samples, format: VOICE_FORMAT };
}

function hashOf(key: string | Uint8Array): string {
  return createHash('sha256').update(key).digest('hex');
}

async function* once(samples: Int16Array): AsyncGenerator<Int16Array> {
  yield samples;
}
