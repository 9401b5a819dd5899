import { path as aPath, checkArgument } from '../base/check.js';
import type { PcmFormat } from '../base/pcm.js';
import type { CompressedFile } from './transcode/compressed-file.js';
import { WavError } from './wav/wav-error.js';
import type { WavLayout } from './wav/wav-layout.js';
import { WavReader, type WavReadOptions } from './wav/wav-reader.js';

/** An open sound file: WAV, FLAC, MP3 or Ogg Opus. */
export interface AudioFile extends AsyncDisposable {
  readonly path: string;
  readonly encoding: string;
  readonly format: PcmFormat;
  /** Bits of one sample in the file; 16 for a codec without such a number. */
  readonly bitsPerSample: number;
  /** Samples per channel. */
  readonly sampleCount: number;
  /** Difference between a WAV file and its header; absent when there is none, and for other files. */
  readonly damage?: SoundDamage;
  /** Reader of a WAV file, which gives more details. */
  readonly wav?: WavReader;
  /** Gives interleaved samples. A compressed file is decoded from its beginning each time. */
  samples(part?: WavReadOptions): AsyncGenerator<Int16Array, void, void>;
}

/** Damage of a WAV file: its header does not give the sound that it holds. It is read as far as it goes. */
export interface SoundDamage {
  /** As `WavLayout.state`. */
  readonly state: Exclude<WavLayout['state'], 'ok'>;
  /** Message for people. */
  readonly message: string;
}

const DAMAGE: Readonly<Record<SoundDamage['state'], string>> = {
  truncated: 'The file is cut off: its header gives more samples than it holds.',
  unfinished: 'The file was never finished: its header has no length.',
  longer: 'The file holds more than its header says; the rest is not read.',
};

/**
 * Opens a sound file for reading, in constant memory: WAV of any encoding, and the FLAC, MP3 and Opus that `transcode`
 * writes. The kind of file is found by its content, not by its name. The encoder delay and padding of an MP3 are
 * removed when its first frame gives them, as in files that `transcode` writes. Otherwise it begins with 25 to 80 ms of
 * silence.
 *
 * ```ts
 * await using file = await openAudio('call.flac');
 * for await (const samples of file.samples()) meter.push(samples);
 * ```
 *
 * @throws ERR_FILE when it cannot be opened; ERR_WAV for another kind of file; ERR_UNSUPPORTED for another codec in an
 *   Ogg file; ERR_ENCODER for a damaged compressed file, also while it is read.
 */
export async function openAudio(path: string): Promise<AudioFile> {
  checkArgument('path', path, aPath);
  try {
    return ofWav(await WavReader.open(path));
  } catch (error) {
    if (!(error instanceof WavError) || error.reason !== 'not-wav') throw error;
    // Loaded on first use: the library of containers is large.
    const { openCompressed } = await import('./transcode/compressed-file.js');
    const file = await openCompressed(path);
    if (!file) throw error;
    return ofCompressed(path, file);
  }
}

function ofWav(wav: WavReader): AudioFile {
  const { path, encoding, format, bitsPerSample, sampleCount, state } = wav;
  const damage = state === 'ok' ? {} : { damage: { state, message: DAMAGE[state] } };
  return {
    ...{ path, encoding, format, bitsPerSample, sampleCount, wav },
    ...damage,
    samples: (part = {}) => wav.samples(part),
    [Symbol.asyncDispose]: () => wav.close(),
  };
}

function ofCompressed(path: string, file: CompressedFile): AudioFile {
  const { codec: encoding, format, bitsPerSample, sampleCount } = file;
  return {
    ...{ path, encoding, format, bitsPerSample, sampleCount },
    samples: ({ start = 0, end = sampleCount } = {}) =>
      partOf(file.samples(), start * format.channels, end * format.channels),
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** Gives the samples from one position to another. */
async function* partOf(
  source: AsyncIterable<Int16Array>,
  start: number,
  end: number,
): AsyncGenerator<Int16Array, void, void> {
  let at = 0;
  for await (const samples of source) {
    const part = samples.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += samples.length;
    if (part.length > 0) yield part;
    if (at >= end) return;
  }
}
