import { closeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Writable } from 'node:stream';
import {
  callback,
  checkOptions,
  either,
  instance,
  needed,
  object,
  oneOf,
  path,
  type Rules,
  signal,
  whole,
} from '../../base/check.js';
import { abortedError, invalidArgument, JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import type { PcmFormat } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { fileError } from '../../files/file-error.js';
import { checkReplaceable, moveInto, openPrivate, removeFile } from '../../files/private-file.js';
import { isSameFile } from '../../files/whole-file.js';
import { OPUS_RATES } from '../codec/opus.js';
import { toFormat } from '../convert/to-format.js';
import { type OpenPcm, openPcm, PCM_INPUT, type PcmInput, type PcmProgress } from '../pcm-input.js';
import { type WavWriteEncoding, WRITE_ENCODINGS } from '../wav/wav-encoding.js';
import { WavWriter } from '../wav/wav-writer.js';
import type { AudioTags, EncoderOptions, EncoderTarget, PcmEncoder } from './encoder.js';
import { createFfmpegEncoder, type FfmpegFormat, isFfmpegFormat } from './ffmpeg.js';

/** Formats that {@link transcode} writes without an installed program. */
export type BuiltinFormat = 'wav' | 'flac' | 'mp3' | 'opus';

/** Formats that {@link transcode} writes. Those that are not built in need ffmpeg. */
export type TranscodeFormat = BuiltinFormat | FfmpegFormat;

export interface TranscodeOptions {
  /** A WAV, FLAC, MP3 or Ogg Opus file, or a stream of PCM. For other files see `decodeWithFfmpeg`. */
  readonly input: string | PcmInput;
  /**
   * A path, or a stream. A file is called `<output>.part` until it is complete. A stream gets the bytes in order, and
   * is ended.
   */
  readonly output: string | Writable;
  /** Default: by the ending of `output`. */
  readonly format?: TranscodeFormat;
  /**
   * Encoder: a library of this package, or the system's ffmpeg. Default `'builtin'` for built-in formats, `'ffmpeg'`
   * for the others.
   */
  readonly encoder?: 'builtin' | 'ffmpeg';
  /** The program for `encoder: 'ffmpeg'`. Default `'ffmpeg'`, from the PATH. */
  readonly ffmpeg?: string;
  readonly tags?: AudioTags;
  /** For lossy formats, in bits per second: 1 to 10,000,000. */
  readonly bitrate?: number;
  /** For WAV, the encoding of the samples. Default `'s16'`. */
  readonly wavEncoding?: WavWriteEncoding;
  /** Aborts the work; the unfinished file is removed. */
  readonly signal?: AbortSignal;
  /** Called after each chunk. */
  readonly onProgress?: (progress: PcmProgress) => void;
}

export interface TranscodeResult {
  readonly format: TranscodeFormat;
  /** Samples per channel that were encoded, at the rate of the output. */
  readonly sampleCount: number;
  /** Size of the file, in bytes; undefined for a stream. */
  readonly bytes: number | undefined;
}

interface Builtin {
  /** Sample rates that the codec supports, in Hz; undefined when it supports all. */
  readonly rates?: readonly number[];
  /** True when the encoder completes the header at the end, which is not possible in a stream. */
  readonly needsFile?: boolean;
  readonly create: (target: EncoderTarget, options: EncoderOptions) => Promise<PcmEncoder>;
}

/** Samples that fill at least one frame of each codec. */
const WARM_UP_SAMPLES = 4800;

const FLAC_RATES = [8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
const MP3_RATES = [8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];

// Loaded on first use: the encoders are large, and most programs need one of them or none.
const mediabunny = () => import('./mediabunny-encoder.js');

const BUILTINS: Readonly<Record<BuiltinFormat, Builtin>> = {
  wav: { create: createWavEncoder, needsFile: true },
  flac: {
    rates: FLAC_RATES,
    needsFile: true,
    create: async (target, options) => (await mediabunny()).createMediabunnyEncoder(target, 'flac', options),
  },
  mp3: {
    rates: MP3_RATES,
    create: async (target, options) => (await mediabunny()).createMediabunnyEncoder(target, 'mp3', options),
  },
  opus: {
    rates: OPUS_RATES,
    create: async (target, options) => (await mediabunny()).createOpusEncoder(target, options),
  },
};

const RULES: Rules<TranscodeOptions> = {
  input: needed(PCM_INPUT),
  output: needed(either(path, instance(Writable))),
  format: oneOf(...Object.keys(BUILTINS), 'm4a', 'aac', 'g722', 'amr'),
  encoder: oneOf('builtin', 'ffmpeg'),
  ffmpeg: path,
  tags: object,
  bitrate: whole(1, 10_000_000, 'bit/s'),
  wavEncoding: oneOf(...WRITE_ENCODINGS),
  signal,
  onProgress: callback,
};

/**
 * Writes PCM, or a sound file, in another format. A rate that the codec does not support is resampled to the next one.
 *
 * ```ts
 * await transcode({ input: 'call.wav', output: 'call.flac', tags: { title: 'Call with echo123' } });
 * await transcode({ input: 'call.wav', output: 'call.m4a' }); // needs ffmpeg
 * ```
 *
 * @throws ERR_INVALID_ARG for an unknown format; ERR_FILE and ERR_WAV for the files; ERR_ENCODER and ERR_TOOL with
 *   the encoder's own text; ERR_ABORTED when the signal fires.
 */
export async function transcode(options: TranscodeOptions): Promise<TranscodeResult> {
  checkOptions(options, RULES);
  const { input, output, signal } = options;
  const format = chosenFormat(options);
  await using pcm = await openPcm(input, { reuse: true });
  if (typeof output !== 'string') {
    const sampleCount = await encodeInto(output, format, pcm, options);
    return { format, sampleCount, bytes: undefined };
  }
  const part = `${output}.part`;
  if (typeof input === 'string' && (await isSameFile(input, part))) {
    throw invalidArgument(
      'output',
      `a file other than ${printable(output)}, because the samples are written to the input first`,
      output,
    );
  }
  try {
    await checkReplaceable(output);
    const sampleCount = await encodeInto(part, format, pcm, options);
    if (signal?.aborted) throw abortedError(`${printable(output)} to be written`, signal);
    await moveInto(part, output);
    const { size } = await stat(output);
    return { format, sampleCount, bytes: size };
  } catch (error) {
    await removeFile(part);
    throw systemError(error, output);
  }
}

/** Encoders that were loaded in this process. */
const loaded = new Set<string>();

/** Loads a compressing encoder and uses it once, so that the first output in real time does not wait for it. */
export async function loadEncoder(kind: 'flac' | 'mp3' | 'opus', format: PcmFormat): Promise<void> {
  if (loaded.has(kind)) return;
  const { createMediabunnyEncoder, createOpusEncoder } = await mediabunny();
  const encoder = await (kind === 'opus'
    ? createOpusEncoder(undefined, { format })
    : createMediabunnyEncoder(undefined, kind, { format }));
  await encoder.write(new Int16Array(WARM_UP_SAMPLES * format.channels), 0);
  await encoder.end();
  loaded.add(kind);
}

/** Finds a file system error, also in the causes of an encoder's error, and adds the name of the file to it. */
function systemError(error: unknown, path: string): unknown {
  const cause = error instanceof JackfieldError && error.code === 'ERR_ENCODER' ? error.cause : error;
  return cause instanceof Error && 'syscall' in cause ? fileError('write', path, cause) : error;
}

async function encodeInto(
  target: EncoderTarget,
  format: TranscodeFormat,
  pcm: OpenPcm,
  options: TranscodeOptions,
): Promise<number> {
  const { signal, onProgress } = options;
  const { encoder, encoded } = await createEncoder(target, format, pcm.format, options);
  let position = 0;
  try {
    // Nothing plays a file while it is written.
    const latency = typeof target === 'string' ? 'block' : 'low';
    for await (const samples of toFormat(counted(), pcm.format, encoded, { latency })) {
      if (signal?.aborted) throw abortedError('the output to be written', signal);
      await encoder.write(samples, encoder.sampleCount);
      observe('onProgress', onProgress, { position, sampleCount: pcm.sampleCount });
    }
    if (signal?.aborted) throw abortedError('the output to be written', signal);
    if (encoder.sampleCount === 0 && (format === 'flac' || format === 'mp3')) {
      throw new JackfieldError(
        'ERR_ENCODER',
        `The input has no samples, and a ${format} file needs at least one.`,
      );
    }
    await encoder.end();
  } catch (error) {
    // The first error is reported. The abort may fail for the same reason.
    await encoder.abort().catch(() => {});
    throw error;
  }
  return encoder.sampleCount;

  async function* counted() {
    for await (const samples of pcm.source) {
      position += samples.length / pcm.format.channels;
      yield samples;
    }
  }
}

/** Makes the encoder, and gives the format of the samples that it takes. */
async function createEncoder(
  target: EncoderTarget,
  format: TranscodeFormat,
  from: PcmFormat,
  options: TranscodeOptions,
): Promise<{ encoder: PcmEncoder; encoded: PcmFormat }> {
  // Encoders make their files readable for all, but do not change the mode of an existing file.
  if (typeof target === 'string') closeSync(await openPrivate(target, 'w'));
  const { tags, bitrate, wavEncoding, ffmpeg, signal } = options;
  const common = {
    ...(tags && { tags }),
    ...(bitrate !== undefined && { bitrate }),
    ...(wavEncoding && { wavEncoding }),
  };
  if (isBuiltin(format) && options.encoder !== 'ffmpeg') {
    const { rates, create, needsFile } = BUILTINS[format];
    if (needsFile && typeof target !== 'string') {
      throw new JackfieldError(
        'ERR_UNSUPPORTED',
        `The header of ${format} is completed at the end, which is impossible in a stream: ` +
          "give a path, or encoder: 'ffmpeg', which leaves the length unknown.",
      );
    }
    const encoded = { ...from, sampleRate: nextRate(from.sampleRate, rates) };
    return { encoder: await create(target, { format: encoded, ...common }), encoded };
  }
  if (!isFfmpegFormat(format)) throw unknownFormat(format);
  const tool = { ...(ffmpeg !== undefined && { ffmpeg }), ...(signal && { signal }) };
  return {
    encoder: await createFfmpegEncoder(target, format, { format: from, ...common, ...tool }),
    encoded: from,
  };
}

async function createWavEncoder(
  target: EncoderTarget,
  { format, tags, wavEncoding = 's16' }: EncoderOptions,
): Promise<PcmEncoder> {
  const { title, artist, genre, comment, date } = tags ?? {};
  const info = {
    ...(title && { title }),
    ...(artist && { artist }),
    ...(genre && { genre }),
    ...(comment && { comment }),
    ...(date && { date: date.toISOString().slice(0, 10) }),
  };
  const writer = await WavWriter.create(String(target), {
    format,
    encoding: wavEncoding,
    metadata: { info },
  });
  return Object.assign(writer, { abort: () => writer.close() });
}

/** Gives the rate itself if the codec has it; otherwise the next higher one, or else its highest. */
function nextRate(sampleRate: number, rates: readonly number[] = [sampleRate]): number {
  return rates.find((rate) => rate >= sampleRate) ?? rates.at(-1) ?? sampleRate;
}

function chosenFormat({ output, format, encoder }: TranscodeOptions): TranscodeFormat {
  const ending = typeof output === 'string' ? output.slice(output.lastIndexOf('.') + 1).toLowerCase() : '';
  const chosen: string = format ?? ending;
  if (isBuiltin(chosen) || (isFfmpegFormat(chosen) && encoder !== 'builtin')) return chosen;
  throw unknownFormat(chosen);
}

function unknownFormat(format: string): JackfieldError {
  const known = `${Object.keys(BUILTINS).join(', ')}, or with ffmpeg m4a, aac, g722, amr`;
  return invalidArgument('format (or the ending of output)', `one of ${known}`, format);
}

function isBuiltin(format: string): format is BuiltinFormat {
  return Object.hasOwn(BUILTINS, format);
}
