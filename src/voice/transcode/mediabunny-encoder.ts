import { registerFlacEncoder } from '@mediabunny/flac-encoder';
import {
  type AudioCodec,
  AudioSample,
  AudioSampleSource,
  FilePathTarget,
  FlacOutputFormat,
  type MetadataTags,
  Output,
  type OutputFormat,
} from 'mediabunny';
import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import { type PcmFormat, pcmFormat } from '../../pcm.js';
import { type AudioTags, type EncoderOptions, type PcmEncoder, silenceBetween } from './encoder.js';

/** The formats that need nothing but npm packages: mediabunny's containers and WebAssembly encoders. */
export type MediabunnyFormat = 'flac';

interface Coding {
  readonly codec: AudioCodec;
  readonly container: () => OutputFormat;
  /** Makes the encoder known to mediabunny, which keeps it for the process. */
  readonly register: () => void;
}

const CODINGS: Readonly<Record<MediabunnyFormat, Coding>> = {
  flac: { codec: 'flac', container: () => new FlacOutputFormat(), register: registerFlacEncoder },
};

const registered = new Set<MediabunnyFormat>();

/**
 * Opens a file in one of mediabunny's formats.
 *
 * @throws ERR_INVALID_ARG for options out of range; ERR_FILE when the file cannot be created.
 */
export async function createMediabunnyEncoder(
  path: string,
  kind: MediabunnyFormat,
  options: EncoderOptions,
): Promise<PcmEncoder> {
  const format = pcmFormat(options.format);
  const coding = CODINGS[kind];
  if (!registered.has(kind)) coding.register();
  registered.add(kind);
  const source = new AudioSampleSource({ codec: coding.codec, ...bitrateOf(options) });
  const output = new Output({ format: coding.container(), target: new FilePathTarget(path) });
  output.addAudioTrack(source);
  if (options.tags) output.setMetadataTags(mediabunnyTags(options.tags));
  try {
    await output.start();
  } catch (error) {
    throw encoderError(kind, error);
  }
  return new MediabunnyEncoder(kind, format, output, source);
}

class MediabunnyEncoder implements PcmEncoder {
  readonly #kind: MediabunnyFormat;
  readonly #format: PcmFormat;
  readonly #output: Output;
  readonly #source: AudioSampleSource;
  #sampleCount = 0;

  constructor(kind: MediabunnyFormat, format: PcmFormat, output: Output, source: AudioSampleSource) {
    this.#kind = kind;
    this.#format = format;
    this.#output = output;
    this.#source = source;
  }

  get sampleCount(): number {
    return this.#sampleCount;
  }

  async write(samples: Int16Array, position: number = this.#sampleCount): Promise<void> {
    const { channels } = this.#format;
    if (samples.length % channels !== 0) {
      throw invalidArgument('samples', `a multiple of ${channels} channels long`, samples.length);
    }
    for (const silence of silenceBetween(this.#sampleCount, position, channels)) await this.#add(silence);
    if (samples.length > 0) await this.#add(samples.slice());
  }

  async end(error?: Error): Promise<void> {
    if (error) return this.abort();
    try {
      await this.#output.finalize();
    } catch (cause) {
      throw encoderError(this.#kind, cause);
    }
  }

  async abort(): Promise<void> {
    if (this.#output.state !== 'finalized') await this.#output.cancel();
  }

  async #add(samples: Int16Array): Promise<void> {
    const { channels, sampleRate } = this.#format;
    const timestamp = this.#sampleCount / sampleRate;
    const data = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const sample = new AudioSample({
      data,
      format: 's16',
      numberOfChannels: channels,
      sampleRate,
      timestamp,
    });
    try {
      await this.#source.add(sample);
    } catch (error) {
      throw encoderError(this.#kind, error);
    } finally {
      sample.close();
    }
    this.#sampleCount += samples.length / channels;
  }
}

function bitrateOf({ bitrate }: EncoderOptions): { bitrate?: number } {
  return bitrate === undefined ? {} : { bitrate };
}

function mediabunnyTags(tags: AudioTags): MetadataTags {
  return { ...tags };
}

function encoderError(kind: MediabunnyFormat, cause: unknown): JackfieldError {
  return new JackfieldError('ERR_ENCODER', `Cannot write ${kind}: ${messageOf(cause)}`, { cause });
}
