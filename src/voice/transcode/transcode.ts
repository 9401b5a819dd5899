import { rename, rm, stat } from 'node:fs/promises';
import { abortedError, invalidArgument } from '../../errors.js';
import { fileError } from '../file-error.js';
import { type OpenPcm, openPcm, type PcmInput, type PcmProgress } from '../pcm-input.js';
import type { AudioTags, EncoderOptions, PcmEncoder } from './encoder.js';

/** What {@link transcode} writes. */
export type TranscodeFormat = 'flac';

export interface TranscodeOptions {
  /** A WAV file, or a stream of PCM. */
  readonly input: string | PcmInput;
  /** Where the file goes. It appears there when it is complete; until then it is called `<output>.part`. */
  readonly output: string;
  /** Default: told from the ending of `output`. */
  readonly format?: TranscodeFormat;
  readonly tags?: AudioTags;
  /** For lossy formats, in bits per second. */
  readonly bitrate?: number;
  /** Gives the work up; the half-written file is removed. */
  readonly signal?: AbortSignal;
  /** Called after each chunk. */
  readonly onProgress?: (progress: PcmProgress) => void;
}

export interface TranscodeResult {
  readonly path: string;
  readonly format: TranscodeFormat;
  /** Samples per channel. */
  readonly sampleCount: number;
  /** Size of the file. */
  readonly bytes: number;
}

type CreateEncoder = (path: string, options: EncoderOptions) => Promise<PcmEncoder>;

// Loaded when first used: the encoders are large, and most programs need one of them or none.
const ENCODERS: Readonly<Record<TranscodeFormat, CreateEncoder>> = {
  flac: async (path, options) =>
    (await import('./mediabunny-encoder.js')).createMediabunnyEncoder(path, 'flac', options),
};

/**
 * Writes PCM, or a WAV file, into a compressed file.
 *
 * ```ts
 * await transcode({ input: 'call.wav', output: 'call.flac', tags: { title: 'Call with echo123' } });
 * ```
 *
 * @throws ERR_INVALID_ARG for an unknown format; ERR_FILE and ERR_WAV for the files; ERR_ENCODER with the
 *   encoder's own text; ERR_ABORTED when the signal fires.
 */
export async function transcode(options: TranscodeOptions): Promise<TranscodeResult> {
  const { input, output, signal } = options;
  const kind = options.format ?? formatOf(output);
  if (!(kind in ENCODERS)) {
    throw invalidArgument('format', `one of ${Object.keys(ENCODERS).join(', ')}`, kind);
  }
  const pcm = await openPcm(input);
  const part = `${output}.part`;
  try {
    const sampleCount = await encodeInto(part, kind, pcm, options);
    if (signal?.aborted) throw abortedError(`${output} to be written`, signal);
    await rename(part, output);
    const { size } = await stat(output);
    return { path: output, format: kind, sampleCount, bytes: size };
  } catch (error) {
    await rm(part, { force: true });
    throw error instanceof Error && 'syscall' in error ? fileError('write', output, error) : error;
  } finally {
    await pcm[Symbol.asyncDispose]();
  }
}

async function encodeInto(
  path: string,
  kind: TranscodeFormat,
  pcm: OpenPcm,
  options: TranscodeOptions,
): Promise<number> {
  const { output, signal, onProgress, tags, bitrate } = options;
  const { format } = pcm;
  const encoder = await ENCODERS[kind](path, {
    format,
    ...(tags && { tags }),
    ...(bitrate !== undefined && { bitrate }),
  });
  try {
    for await (const samples of pcm.source) {
      if (signal?.aborted) throw abortedError(`${output} to be written`, signal);
      await encoder.write(samples, encoder.sampleCount);
      onProgress?.({ position: encoder.sampleCount, sampleCount: pcm.sampleCount });
    }
    await encoder.end();
  } catch (error) {
    await encoder.abort();
    throw error;
  }
  return encoder.sampleCount;
}

function formatOf(path: string): TranscodeFormat {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase() as TranscodeFormat;
}
