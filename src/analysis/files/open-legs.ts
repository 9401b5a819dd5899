import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { LedgerSpan } from '../../stream/align/ledger.js';
import { type AudioFile, openAudio } from '../../voice/audio-file.js';
import { toFormat } from '../../voice/convert/to-format.js';
import type { DamagedInput } from '../analysis-report.js';
import type { LegIndex } from '../turns/turn-events.js';

/** Samples of each leg that are read at once. */
const CHUNK = 32_768;

/** Files whose sound is read as the legs of one call. */
export interface OpenLegs extends AsyncDisposable {
  readonly legs: number;
  readonly sampleRate: number;
  readonly sampleCount: number;
  /** Silence that follows a file which is shorter than the other. */
  readonly ended: readonly { readonly leg: LegIndex; readonly span: LedgerSpan }[];
  /** Files that do not hold the sound that their headers give. */
  readonly damaged: readonly DamagedInput[];
  /** Reads the legs in pieces of equal length. */
  samples(): AsyncGenerator<Int16Array[], void, void>;
}

/**
 * Opens a file with a leg in each channel, or two mono files as the legs of one call. Of two files with different
 * rates, the lower one is resampled to the higher rate. The shorter file is continued with silence.
 *
 * @throws ERR_INVALID_ARG for more than two legs; the errors of {@link openAudio}.
 */
export async function openLegs(paths: readonly string[]): Promise<OpenLegs> {
  if (paths.length === 0 || paths.length > 2)
    throw invalidArgument('input', 'one or two files', paths.length);
  const files: AudioFile[] = [];
  const close = async () => {
    for (const file of files) await file[Symbol.asyncDispose]();
  };
  try {
    for (const path of paths) files.push(await openAudio(path));
    const most = paths.length === 2 ? 1 : 2;
    for (const { path, format } of files)
      if (format.channels > most) throw tooMany(path, format.channels, most);
    const [first, second] = files;
    const damaged = files.flatMap(damageOf);
    if (!second && first) return { ...ofOne(first), damaged, [Symbol.asyncDispose]: close };
    return { ...ofTwo(files), damaged, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function tooMany(path: string, channels: number, most: number): JackfieldError {
  const text = `${printable(path)} has ${channels} channels: each channel is a leg, so give ${most === 1 ? 'mono files' : 'a file with one or two channels'}.`;
  return new JackfieldError('ERR_INVALID_ARG', text);
}

function damageOf({ damage }: AudioFile, input: number): DamagedInput[] {
  return damage ? [{ input, ...damage }] : [];
}

function ofOne(file: AudioFile): Omit<OpenLegs, keyof AsyncDisposable | 'damaged'> {
  const { channels, sampleRate } = file.format;
  return {
    ...{ legs: channels, sampleRate, sampleCount: file.sampleCount, ended: [] },
    async *samples() {
      const read = file.wav ? { chunkSamples: CHUNK, reuse: true } : {};
      const lanes = Array.from({ length: channels }, () => new Int16Array(CHUNK));
      for await (const chunk of file.samples(read)) {
        for (let from = 0; from < chunk.length; from += CHUNK * channels)
          yield split(chunk.subarray(from, from + CHUNK * channels), lanes);
      }
    },
  };
}

function takeOut(samples: Int16Array, channel: number, channels: number, lane: Int16Array): void {
  for (let i = 0, at = channel; at < samples.length; i++, at += channels) lane[i] = samples[at] as number;
}

/** Splits interleaved samples into channels. The memory of the channels is used again by the next call. */
function split(samples: Int16Array, lanes: readonly Int16Array[]): Int16Array[] {
  const channels = lanes.length;
  const count = samples.length / channels;
  for (let channel = 0; channel < channels; channel++)
    takeOut(samples, channel, channels, lanes[channel] as Int16Array);
  return lanes.map((lane) => lane.subarray(0, count));
}

function ofTwo(files: readonly AudioFile[]): Omit<OpenLegs, keyof AsyncDisposable | 'damaged'> {
  const sampleRate = Math.max(...files.map(({ format }) => format.sampleRate));
  const format = { sampleRate, channels: 1 };
  const counts = files.map((file) => Math.round((file.sampleCount * sampleRate) / file.format.sampleRate));
  const sampleCount = Math.max(...counts);
  const ended = counts.flatMap((count, leg) => {
    const span = { from: count, samples: sampleCount - count, kind: 'idle', reason: 'ended' } as const;
    return span.samples > 0 ? [{ leg: leg as LegIndex, span }] : [];
  });
  return {
    ...{ legs: 2, sampleRate, sampleCount, ended },
    async *samples() {
      const sources = files.map((file) => new PieceReader(toFormat(file.samples(), file.format, format)));
      for (let at = 0; at < sampleCount; at += CHUNK)
        yield await Promise.all(sources.map((source) => source.next(Math.min(CHUNK, sampleCount - at))));
    },
  };
}

/** Reads a stream in pieces of a given length, with silence after its end. */
class PieceReader {
  readonly #source: AsyncIterator<Int16Array>;
  #rest = new Int16Array();

  constructor(source: AsyncIterable<Int16Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async next(length: number): Promise<Int16Array> {
    const piece = new Int16Array(length);
    for (let filled = 0; filled < length; ) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next();
        if (done) break;
        this.#rest = Int16Array.from(value);
      }
      const part = this.#rest.subarray(0, length - filled);
      piece.set(part, filled);
      filled += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return piece;
  }
}
