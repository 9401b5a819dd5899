import { checkArgument, either, object, path, rule, stream } from '../base/check.js';
import { type PcmFormat, type PcmSource, pcmFormat } from '../base/pcm.js';
import { openAudio } from './audio-file.js';
import type { WavReader, WavReadOptions } from './wav/wav-reader.js';

/** A stream of PCM and its format. */
export interface PcmInput {
  readonly source: PcmSource;
  readonly format: PcmFormat;
  /** Samples per channel, if known: progress can then be given as a fraction. */
  readonly sampleCount?: number;
}

/** Rule of an input: a path, or a stream with its format. */
export const PCM_INPUT = either(path, rule('an object with source and format', isPcmInput));

function isPcmInput(value: unknown): boolean {
  return object.accepts(value) && stream.accepts(Reflect.get(value as object, 'source'));
}

/** Progress of long work. */
export interface PcmProgress {
  /** Samples per channel done. */
  readonly position: number;
  /** Total of samples per channel, if known. */
  readonly sampleCount: number | undefined;
}

/** An input that is ready to be read. It must be closed. */
export interface OpenPcm extends AsyncDisposable {
  readonly source: PcmSource;
  readonly format: PcmFormat;
  readonly sampleCount: number | undefined;
  /** Reader of a WAV file. */
  readonly wav?: WavReader | undefined;
}

/**
 * Opens the sound file of `input`, or takes its stream. With `reuse`, the memory of an array is reused once the next
 * but one is asked for, as with {@link WavReadOptions.reuse}.
 *
 * @throws as {@link openAudio} for the file; ERR_INVALID_ARG for a format out of range.
 */
export async function openPcm(
  input: string | PcmInput,
  options: Omit<WavReadOptions, 'start' | 'end'> = {},
): Promise<OpenPcm> {
  checkArgument('input', input, PCM_INPUT);
  if (typeof input === 'string') {
    const file = await openAudio(input);
    const { format, sampleCount, wav } = file;
    const source = file.samples(options);
    return { source, format, sampleCount, wav, [Symbol.asyncDispose]: () => file[Symbol.asyncDispose]() };
  }
  const { source, sampleCount } = input;
  return { source, format: pcmFormat(input.format), sampleCount, [Symbol.asyncDispose]: async () => {} };
}
