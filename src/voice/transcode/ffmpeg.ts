import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { path as aPath, checkArgument, checkOptions, object, type Rules, signal } from '../../base/check.js';
import { pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import type { PcmInput } from '../pcm-input.js';
import { bytesOfSamples, samplesOfBytes } from '../process/pcm-bytes.js';
import { ToolProcess } from '../process/tool-process.js';
import {
  type AudioTags,
  BackedEncoder,
  type EncoderOptions,
  type EncoderTarget,
  type PcmEncoder,
} from './encoder.js';

const INSTALL =
  'Install ffmpeg (on Debian: apt-get install ffmpeg), or choose a format that does not need it: wav, flac, mp3, opus.';

/** Arguments of ffmpeg for each format: the encoder, and the container. */
const FFMPEG_FORMATS = {
  wav: ['-c:a', 'pcm_s16le', '-f', 'wav'],
  flac: ['-c:a', 'flac', '-f', 'flac'],
  mp3: ['-c:a', 'libmp3lame', '-f', 'mp3'],
  opus: ['-c:a', 'libopus', '-f', 'opus'],
  // Without fragments the container could not be written to a stream.
  m4a: ['-c:a', 'aac', '-f', 'ipod', '-movflags', '+frag_keyframe+empty_moov'],
  aac: ['-c:a', 'aac', '-f', 'adts'],
  g722: ['-ar', '16000', '-ac', '1', '-c:a', 'g722', '-f', 'g722'],
  amr: ['-ar', '8000', '-ac', '1', '-c:a', 'libopencore_amrnb', '-f', 'amr'],
} as const;

export type FfmpegFormat = keyof typeof FFMPEG_FORMATS;

export function isFfmpegFormat(format: string): format is FfmpegFormat {
  return Object.hasOwn(FFMPEG_FORMATS, format);
}

export interface FfmpegOptions {
  /** The program. Default `'ffmpeg'`, from the PATH. */
  readonly ffmpeg?: string;
  readonly signal?: AbortSignal;
}

/**
 * Opens an output that ffmpeg encodes.
 *
 * @throws ERR_TOOL when there is no ffmpeg. When it fails, each write and the end reject with its own text.
 */
export async function createFfmpegEncoder(
  target: EncoderTarget,
  kind: FfmpegFormat,
  options: EncoderOptions & FfmpegOptions,
): Promise<PcmEncoder> {
  const { format, tags, bitrate, ffmpeg = 'ffmpeg', signal } = options;
  const { sampleRate, channels } = pcmFormat(format);
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y'],
    ...['-f', 's16le', '-ar', String(sampleRate), '-ac', String(channels), '-i', 'pipe:0'],
    ...tagArguments(tags),
    ...(bitrate === undefined ? [] : ['-b:a', String(bitrate)]),
    ...FFMPEG_FORMATS[kind],
    typeof target === 'string' ? fileUrl(target) : 'pipe:1',
  ];
  const process = await ToolProcess.start(ffmpeg, args, { install: INSTALL, ...(signal && { signal }) });
  const delivered = typeof target === 'string' ? process.ignoreOutput() : deliver(process, target);
  return new BackedEncoder(kind, format, {
    encode: (samples) => process.write(bytesOfSamples(samples)),
    async finish() {
      process.endInput();
      await process.exit();
      await delivered;
    },
    abort: () => process.stop(),
  });
}

export interface DecodeOptions extends FfmpegOptions {
  /** Format to decode to: ffmpeg mixes and resamples. Default {@link VOICE_FORMAT}. */
  readonly format?: PcmInput['format'];
}

const RULES: Rules<DecodeOptions> = { format: object, ffmpeg: aPath, signal };

/**
 * Decodes any file that ffmpeg reads, as a {@link PcmInput}. The process starts when reading begins and is stopped when
 * reading ends.
 *
 * @throws ERR_TOOL while reading, when there is no ffmpeg or it cannot read the file, with its own text.
 */
export function decodeWithFfmpeg(path: string, options: DecodeOptions = {}): PcmInput {
  checkArgument('path', path, aPath);
  checkOptions(options, RULES);
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  return { format, source: decoded(path, format, options) };
}

async function* decoded(
  path: string,
  format: PcmInput['format'],
  { ffmpeg = 'ffmpeg', signal }: DecodeOptions,
): AsyncGenerator<Int16Array, void, undefined> {
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-i', fileUrl(path), '-vn', '-f', 's16le'],
    ...['-ar', String(format.sampleRate), '-ac', String(format.channels), 'pipe:1'],
  ];
  const process = await ToolProcess.start(ffmpeg, args, { install: INSTALL, ...(signal && { signal }) });
  try {
    process.endInput();
    yield* samplesOfBytes(process.output(), format.channels);
    await process.exit();
  } finally {
    await process.stop();
  }
}

async function deliver(process: ToolProcess, target: Exclude<EncoderTarget, string>): Promise<void> {
  for await (const bytes of process.output()) if (!target.write(bytes)) await once(target, 'drain');
  target.end();
  await finished(target, { readable: false });
}

/** Adds the protocol, so that ffmpeg does not read a path such as `concat:x` or `http://x` as something else. */
function fileUrl(path: string): string {
  return `file:${path}`;
}

function tagArguments(tags: AudioTags = {}): string[] {
  return Object.entries(tags).flatMap(([name, value]) => [
    '-metadata',
    `${name}=${value instanceof Date ? value.toISOString() : value}`,
  ]);
}
