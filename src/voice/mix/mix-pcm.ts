import {
  checkArgument,
  checkOptions,
  listOf,
  needed,
  object,
  oneOf,
  type Rules,
  whole,
} from '../../base/check.js';
import { type PcmFormat, type PcmSource, pcmFormat, VOICE_FORMAT } from '../../base/pcm.js';
import { toFormat } from '../convert/to-format.js';
import { type OpenPcm, openPcm, PCM_INPUT, type PcmInput } from '../pcm-input.js';
import type { WavReadOptions } from '../wav/wav-reader.js';
import { GAIN_DB } from './gain-ramp.js';
import { mixWavFiles, type PlacedFile } from './mix-wav-files.js';
import { Mixer } from './mixer.js';
import type { MixerSource } from './mixer-source.js';
import { hardClip, softLimit } from './soft-limit.js';

/** One input of {@link mixPcm}: a WAV file or a stream, with its place in the mix and its gain. */
export interface MixInput {
  readonly input: string | PcmInput;
  /** Gain, in dB. Default 0. */
  readonly gainDb?: number;
  /** Position in the mix at which it begins, in samples of the mix per channel. Default 0. */
  readonly position?: number;
}

export interface MixPcmOptions {
  /** Format of the mix; inputs in another one are converted. Default {@link VOICE_FORMAT}. */
  readonly format?: PcmFormat;
  /** See {@link Mixer}. Default `'soft'`. */
  readonly limiter?: 'soft' | 'clip';
  /** Way in which WAV files are read; see {@link WavReadOptions.io}. Default `'async'`. */
  readonly io?: WavReadOptions['io'];
}

const RULES: Rules<MixPcmOptions> = {
  format: object,
  limiter: oneOf('soft', 'clip'),
  io: oneOf('async', 'sync'),
};
const INPUT_RULES: Rules<MixInput> = {
  input: needed(PCM_INPUT),
  gainDb: GAIN_DB,
  position: whole(0, Number.MAX_SAFE_INTEGER),
};
const INPUTS = listOf(object);

/** Samples per channel that are mixed at once: fewer than one array of a file. */
const BLOCK = 8192;

/**
 * Mixes files and streams into one stream, as long as the longest of them. Each input is read at most one block ahead,
 * so memory does not depend on the length.
 *
 * @throws ERR_INVALID_ARG for an option out of range; ERR_FILE and ERR_WAV for the files.
 */
export async function* mixPcm(
  inputs: readonly MixInput[],
  options: MixPcmOptions = {},
): AsyncGenerator<Int16Array, void, undefined> {
  checkArgument('inputs', inputs, INPUTS);
  for (const [at, input] of inputs.entries()) checkOptions(input, INPUT_RULES, `inputs[${at}].`);
  checkOptions(options, RULES);
  const format = pcmFormat(options.format ?? VOICE_FORMAT);
  const { limiter = 'soft', io = 'async' } = options;
  const reading = { reuse: true, io, chunkSamples: io === 'sync' ? 2 * BLOCK : 65_536 } as const;
  const opened: OpenPcm[] = [];
  try {
    // `reuse` is safe: an array is longer than a block, so it is mixed before the next but one is asked for.
    for (const { input } of inputs) opened.push(await openPcm(input, reading));
    const files = io === 'sync' ? plainFiles(inputs, opened, format) : undefined;
    if (files) {
      yield* mixWavFiles(files, format, limiter === 'soft' ? softLimit : hardClip);
      return;
    }
    const mixer = new Mixer({ format, limiter });
    const feeds: Feed[] = [];
    for (const [at, { input, ...place }] of inputs.entries()) {
      const pcm = opened[at] as OpenPcm;
      const source = mixer.addSource({ ...place, maxBufferedMs: 60_000, whenFull: 'wait' });
      const latency = typeof input === 'string' ? 'block' : 'low';
      const samples = toFormat(pcm.source, pcm.format, format, { latency });
      feeds.push(new Feed(source, samples, place.position ?? 0, format));
    }
    for (let left = feeds; left.length > 0; ) {
      await Promise.all(left.map((feed) => feed.fillUntil(mixer.position + BLOCK)));
      left = left.filter((feed) => !feed.isOver);
      const ends = feeds.map((feed) => feed.position);
      const count = left.length > 0 ? BLOCK : Math.max(...ends) - mixer.position;
      if (count > 0) yield mixer.read(count);
    }
  } finally {
    for (const pcm of opened) await pcm[Symbol.asyncDispose]();
  }
}

/** Returns the inputs as files that can be mixed straight from the disk; undefined when one of them cannot. */
function plainFiles(
  inputs: readonly MixInput[],
  opened: readonly OpenPcm[],
  { sampleRate, channels }: PcmFormat,
): PlacedFile[] | undefined {
  const files: PlacedFile[] = [];
  for (const [at, { input: _, ...place }] of inputs.entries()) {
    const wav = opened[at]?.wav;
    const isPlain =
      wav?.isAsInMemory && wav.format.sampleRate === sampleRate && wav.format.channels === channels;
    if (!isPlain) return undefined;
    files.push({ ...place, wav });
  }
  return files;
}

/** Moves one input into its place in the mixer, as far as needed. */
class Feed {
  readonly #source: MixerSource;
  readonly #samples: AsyncIterator<Int16Array>;
  readonly #channels: number;
  /** Position in the mix behind the samples that this input has given. */
  position: number;
  isOver = false;

  constructor(source: MixerSource, samples: PcmSource, position: number, format: PcmFormat) {
    this.#source = source;
    this.#samples = samples[Symbol.asyncIterator]();
    this.#channels = format.channels;
    this.position = position;
  }

  async fillUntil(position: number): Promise<void> {
    while (!this.isOver && this.position < position) {
      const { done, value } = await this.#samples.next();
      if (done) {
        this.isOver = true;
        this.#source.end();
      } else {
        // It never becomes full: at most one block and one chunk of the input wait at a time.
        void this.#source.take(value, this.position);
        this.position += value.length / this.#channels;
      }
    }
  }
}
