import { Writable } from 'node:stream';
import { registerFlacEncoder } from '@mediabunny/flac-encoder';
import { registerMp3Encoder } from '@mediabunny/mp3-encoder';
import {
  AppendOnlyStreamTarget,
  type AudioCodec,
  AudioSample,
  AudioSampleSource,
  EncodedAudioPacketSource,
  EncodedPacket,
  FlacOutputFormat,
  Mp3OutputFormat,
  NullTarget,
  OggOutputFormat,
  Output,
  type OutputFormat,
} from 'mediabunny';
import type { PcmFormat } from '../../base/pcm.js';
import { OpusEncoder } from '../codec/opus.js';
import { FrameCutter } from '../frame-cutter.js';
import { bytesOfSamples } from '../process/pcm-bytes.js';
import {
  type AudioTags,
  BackedEncoder,
  type EncoderOptions,
  type EncoderTarget,
  encoderError,
  type PcmEncoder,
} from './encoder.js';
import { type FileHead, type OpenTarget, openFileTarget } from './file-target.js';
import { Mp3Head } from './mp3-info.js';
import { WorkerFence } from './worker-fence.js';

interface Coding {
  readonly codec: AudioCodec;
  readonly container: () => OutputFormat;
  /** Registers the encoder with mediabunny, for the whole process. */
  readonly register: () => void;
  /** For lossy codecs, in bits per second. */
  readonly bitrate?: number;
}

const CODINGS = {
  flac: { codec: 'flac', container: () => new FlacOutputFormat(), register: registerFlacEncoder },
  mp3: {
    codec: 'mp3',
    // The library's first frame has no delay and padding. Mp3Head writes ours to a file; a stream cannot be rewritten.
    container: () => new Mp3OutputFormat({ xingHeader: false }),
    register: registerMp3Encoder,
    bitrate: 64_000,
  },
} satisfies Record<string, Coding>;

const registered = new Set<string>();

/**
 * Opens a FLAC or MP3 output; without a target its bytes are dropped. Each output encodes in a worker thread of its
 * own. When the thread cannot be made, or dies, the writes and the end reject.
 *
 * @throws ERR_ENCODER when it is refused.
 */
export async function createMediabunnyEncoder(
  target: EncoderTarget | undefined,
  kind: keyof typeof CODINGS,
  options: EncoderOptions,
): Promise<PcmEncoder> {
  const coding: Coding = CODINGS[kind];
  if (!registered.has(kind)) coding.register();
  registered.add(kind);
  const bitrate = options.bitrate ?? coding.bitrate;
  let position = 0;
  const head = kind === 'mp3' ? new Mp3Head(() => position) : undefined;
  const source = new AudioSampleSource({
    codec: coding.codec,
    ...(bitrate !== undefined && { bitrate }),
    onEncodedPacket: () => {
      if (head) head.frames++;
    },
  });
  const output = await OutputUnderWay.start(target, coding.container(), source, { tags: options.tags, head });
  const { channels, sampleRate } = options.format;
  return new BackedEncoder(kind, options.format, {
    async encode(samples) {
      const sample = new AudioSample({
        data: bytesOfSamples(samples.slice()),
        format: 's16',
        numberOfChannels: channels,
        sampleRate,
        timestamp: position / sampleRate,
      });
      position += samples.length / channels;
      try {
        await output.run(() => source.add(sample));
      } finally {
        sample.close();
      }
    },
    finish: () => output.finish(),
    abort: () => output.abort(),
  });
}

/** Opens an Ogg Opus output (RFC 7845). @throws ERR_INVALID_ARG for a format that Opus does not have. */
export async function createOpusEncoder(
  target: EncoderTarget | undefined,
  options: EncoderOptions,
): Promise<PcmEncoder> {
  const { format, bitrate, tags } = options;
  // 'voip' removes low frequencies and changes the sound: right for a live call, wrong for its recording.
  const opus = await OpusEncoder.create({
    format,
    application: 'audio',
    ...(bitrate !== undefined && { bitrate }),
  });
  const source = new EncodedAudioPacketSource('opus');
  const output = await OutputUnderWay.start(target, new OggOutputFormat(), source, { tags });
  const stream = new OpusStream(opus, source);
  return new BackedEncoder('opus', format, {
    encode: (samples) => stream.push(samples),
    async finish() {
      await stream.finish();
      await output.finish();
    },
    abort: () => output.abort(),
  });
}

const OPUS_FRAME_MS = 20;
/** Clock rate of Ogg Opus, in Hz, whatever the rate of the input. */
const OPUS_CLOCK = 48_000;

/** Packets of 20 ms on the time line of Ogg Opus. Pre-skip comes first; the last packet is cut to the exact length. */
class OpusStream {
  readonly #opus: OpusEncoder;
  readonly #source: EncodedAudioPacketSource;
  readonly #frames: FrameCutter;
  readonly #frameLength: number;
  readonly #preSkip: number;
  #sampleCount = 0;
  #packets = 0;

  constructor(opus: OpusEncoder, source: EncodedAudioPacketSource) {
    const { sampleRate, channels } = opus.format;
    this.#opus = opus;
    this.#source = source;
    this.#frameLength = ((OPUS_FRAME_MS * sampleRate) / 1000) * channels;
    this.#frames = new FrameCutter(this.#frameLength);
    this.#preSkip = (opus.lookahead * OPUS_CLOCK) / sampleRate;
  }

  async push(samples: Int16Array): Promise<void> {
    this.#sampleCount += samples.length / this.#opus.format.channels;
    for (const frame of this.#frames.push(samples)) await this.#add(frame, OPUS_FRAME_MS / 1000);
  }

  async finish(): Promise<void> {
    const { sampleRate } = this.#opus.format;
    const seconds = this.#sampleCount / sampleRate + this.#preSkip / OPUS_CLOCK;
    const rest = this.#frames.rest();
    for (let left = seconds - this.#seconds(); left > 1e-9; left = seconds - this.#seconds()) {
      const frame = new Int16Array(this.#frameLength);
      if (this.#packets * this.#frameLength < this.#sampleCount * this.#opus.format.channels) frame.set(rest);
      await this.#add(frame, Math.min(left, OPUS_FRAME_MS / 1000));
    }
  }

  #seconds(): number {
    return (this.#packets * OPUS_FRAME_MS) / 1000;
  }

  async #add(frame: Int16Array, duration: number): Promise<void> {
    const packet = new EncodedPacket(this.#opus.encode(frame), 'key', this.#seconds(), duration);
    const { format } = this.#opus;
    const isFirst = this.#packets++ === 0;
    await this.#source.add(
      packet,
      isFirst ? { decoderConfig: decoderConfig(format, this.#preSkip) } : undefined,
    );
  }
}

/** Identification header of Ogg Opus (RFC 7845, section 5.1). */
function decoderConfig({ sampleRate, channels }: PcmFormat, preSkip: number) {
  const description = new Uint8Array(19);
  const view = new DataView(description.buffer);
  description.set(new TextEncoder().encode('OpusHead'));
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint16(10, preSkip, true);
  view.setUint32(12, sampleRate, true);
  return { codec: 'opus', numberOfChannels: channels, sampleRate: OPUS_CLOCK, description };
}

/** An output that was started: mediabunny's part, the file, and the worker threads of the encoder. */
class OutputUnderWay {
  readonly #output: Output;
  readonly #close: () => Promise<void>;
  readonly #fence = new WorkerFence();

  private constructor(output: Output, close: () => Promise<void>) {
    this.#output = output;
    this.#close = close;
  }

  static async start(
    into: EncoderTarget | undefined,
    container: OutputFormat,
    source: AudioSampleSource | EncodedAudioPacketSource,
    { tags, head }: { readonly tags: AudioTags | undefined; readonly head?: FileHead | undefined },
  ): Promise<OutputUnderWay> {
    const { target, close } = await openTarget(into, head);
    try {
      const output = new Output({ format: container, target });
      output.addAudioTrack(source);
      if (tags) output.setMetadataTags({ ...tags });
      await output.start();
      return new OutputUnderWay(output, close);
    } catch (error) {
      await close();
      throw encoderError(container.constructor.name, error);
    }
  }

  /** Runs work of the encoder. Rejects when its worker thread fails. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#fence.run(work);
  }

  finish(): Promise<void> {
    return this.#closing(() => this.#output.finalize());
  }

  abort(): Promise<void> {
    return this.#closing(() => this.#output.cancel());
  }

  /** Closes the file too: mediabunny does not when the output has failed or the encoder's thread is gone. */
  async #closing(work: () => Promise<void>): Promise<void> {
    try {
      await this.run(work);
    } finally {
      await this.#close();
    }
  }
}

async function openTarget(into: EncoderTarget | undefined, head: FileHead | undefined): Promise<OpenTarget> {
  if (typeof into === 'string') return await openFileTarget(into, head);
  const target = into ? new AppendOnlyStreamTarget(Writable.toWeb(into)) : new NullTarget();
  return { target, close: async () => undefined };
}
