import {
  callback,
  either,
  ending,
  listOf,
  needed,
  type Rules,
  signal,
  text,
  within,
} from '../../base/check.js';
import { abortedError, invalidArgument } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import type { PcmFormat } from '../../base/pcm.js';
import { openPcm, PCM_INPUT, type PcmInput, type PcmProgress } from '../pcm-input.js';

/** Options of all pictures. */
export interface PictureOptions {
  /** One WAV file or stream, or several (the two legs of a call). They are drawn below each other on one time axis. */
  readonly input: string | PcmInput | readonly (string | PcmInput)[];
  /** Path of the picture, which ends with `.png` or `.svg`. */
  readonly output: string;
  /** Names of the lanes, one for each channel of each input, from the top. Default: none. */
  readonly labels?: readonly string[];
  /** Heading. Default: none. */
  readonly title?: string;
  /** Width, in pixels: 200 to 8000. Default 1200. */
  readonly width?: number;
  /** Height, in pixels: 80 to 8000. Default 160 for each lane, and the axis. */
  readonly height?: number;
  readonly signal?: AbortSignal;
  /** Called after each chunk that was read. Several inputs are read one after the other. */
  readonly onProgress?: (progress: PcmProgress) => void;
}

/** The rules of {@link PictureOptions}. */
export const PICTURE_RULES: Rules<PictureOptions> = {
  input: needed(either(PCM_INPUT, listOf(PCM_INPUT, 1, 32))),
  output: needed(ending('.png', '.svg')),
  labels: listOf(text(0, 1000)),
  title: text(0, 1000),
  width: within(200, 8000, 'pixels'),
  height: within(80, 8000, 'pixels'),
  signal,
  onProgress: callback,
};

const LANE_HEIGHT = 160;
const AXIS_HEIGHT = 56;
const MAX_LANES = 32;

/** Reader of an input for a picture, in constant memory. */
export interface PictureReader {
  readonly sampleCount: number;
  push(samples: Int16Array): void;
}

/** One channel of an input that was read. */
export interface ReadLane<Reader> {
  readonly reader: Reader;
  readonly channel: number;
  readonly sampleRate: number;
  readonly label: string;
}

export interface ReadPicture<Reader> {
  readonly lanes: readonly ReadLane<Reader>[];
  readonly width: number;
  readonly height: number;
  readonly title: string;
}

/**
 * Reads all inputs.
 *
 * @throws ERR_INVALID_ARG for options out of range; ERR_FILE and ERR_WAV for the files; ERR_ABORTED.
 */
export async function readPicture<Reader extends PictureReader>(
  options: PictureOptions,
  createReader: (format: PcmFormat) => Reader,
): Promise<ReadPicture<Reader>> {
  const { width = 1200, height, title = '' } = options;
  const lanes: ReadLane<Reader>[] = [];
  for (const input of isList(options.input) ? options.input : [options.input]) {
    lanes.push(...(await readLanes(input, options, createReader)));
  }
  if (lanes.length === 0 || lanes.length > MAX_LANES) {
    throw invalidArgument('input', `1 to ${MAX_LANES} channels in total`, lanes.length);
  }
  const labelled = lanes.map((lane, i) => ({ ...lane, label: options.labels?.[i] ?? '' }));
  return { lanes: labelled, width, height: height ?? LANE_HEIGHT * lanes.length + AXIS_HEIGHT, title };
}

/** Length of the longest lane, in seconds. */
export function secondsOf(lanes: readonly ReadLane<PictureReader>[]): number {
  return lanes.reduce((most, { reader, sampleRate }) => Math.max(most, reader.sampleCount / sampleRate), 0);
}

async function readLanes<Reader extends PictureReader>(
  input: string | PcmInput,
  { signal, onProgress }: PictureOptions,
  createReader: (format: PcmFormat) => Reader,
): Promise<ReadLane<Reader>[]> {
  await using pcm = await openPcm(input, { reuse: true });
  const { channels, sampleRate } = pcm.format;
  const reader = createReader(pcm.format);
  for await (const samples of pcm.source) {
    if (signal?.aborted) throw abortedError('the picture', signal);
    reader.push(samples);
    observe('onProgress', onProgress, { position: reader.sampleCount, sampleCount: pcm.sampleCount });
  }
  return Array.from({ length: channels }, (_, channel) => ({ reader, channel, sampleRate, label: '' }));
}

function isList(
  input: string | PcmInput | readonly (string | PcmInput)[],
): input is readonly (string | PcmInput)[] {
  return Array.isArray(input);
}
