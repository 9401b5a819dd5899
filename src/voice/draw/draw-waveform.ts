import { abortedError, invalidArgument } from '../../errors.js';
import { openPcm, type PcmInput, type PcmProgress } from '../pcm-input.js';
import { Envelope } from './envelope.js';
import { pictureKind, writePicture } from './picture-file.js';
import { type WaveformLane, waveformSvg } from './waveform-svg.js';

export interface DrawWaveformOptions {
  /** A WAV file or a stream; or several (the two legs of a call), drawn below each other on one time axis. */
  readonly input: string | PcmInput | readonly (string | PcmInput)[];
  /** Where the picture goes: a path that ends with `.png` or `.svg`. */
  readonly output: string;
  /** Names of the lanes, one for each channel of each input, from the top. Default: none for a single lane. */
  readonly labels?: readonly string[];
  /** Heading. Default: none. */
  readonly title?: string;
  /** Width, in pixels: 200 to 8000. Default 1200. */
  readonly width?: number;
  /** Height, in pixels: 80 to 8000. Default 160 for each lane, and the axis. */
  readonly height?: number;
  readonly signal?: AbortSignal;
  /** Called after each chunk that was read; with several inputs they follow one another. */
  readonly onProgress?: (progress: PcmProgress) => void;
}

const LANE_HEIGHT = 160;
const AXIS_HEIGHT = 56;
const MAX_LANES = 32;

/**
 * Draws the waveform of a recording: for each channel its extremes and, darker, its RMS, with clipping marked in
 * red, above a time axis. Memory is constant however long the sound is.
 *
 * @throws ERR_INVALID_ARG for options out of range; ERR_FILE and ERR_WAV for the files; ERR_ABORTED.
 */
export async function drawWaveform(options: DrawWaveformOptions): Promise<void> {
  const { output, width = 1200, title = '', signal } = options;
  pictureKind(output);
  const inputs = isList(options.input) ? options.input : [options.input];
  if (!(width >= 200 && width <= 8000)) throw invalidArgument('width', 'from 200 to 8000', width);
  const { height } = options;
  if (height !== undefined && !(height >= 80 && height <= 8000)) {
    throw invalidArgument('height', 'from 80 to 8000', height);
  }
  const lanes: WaveformLane[] = [];
  for (const input of inputs) lanes.push(...(await readLanes(input, signal, options.onProgress)));
  if (lanes.length === 0 || lanes.length > MAX_LANES) {
    throw invalidArgument('input', `1 to ${MAX_LANES} channels in all`, lanes.length);
  }
  const labelled = lanes.map((lane, i) => ({ ...lane, label: options.labels?.[i] ?? lane.label }));
  const pixels = { width, height: height ?? LANE_HEIGHT * lanes.length + AXIS_HEIGHT };
  await writePicture(output, waveformSvg(labelled, { ...pixels, title }));
}

async function readLanes(
  input: string | PcmInput,
  signal: AbortSignal | undefined,
  onProgress: ((progress: PcmProgress) => void) | undefined,
): Promise<WaveformLane[]> {
  await using pcm = await openPcm(input);
  const { channels, sampleRate } = pcm.format;
  const envelope = new Envelope(channels);
  for await (const samples of pcm.source) {
    if (signal?.aborted) throw abortedError('the picture', signal);
    envelope.push(samples);
    onProgress?.({ position: envelope.sampleCount, sampleCount: pcm.sampleCount });
  }
  return Array.from({ length: channels }, (_, channel) => ({ envelope, channel, sampleRate, label: '' }));
}

function isList(
  input: string | PcmInput | readonly (string | PcmInput)[],
): input is readonly (string | PcmInput)[] {
  return Array.isArray(input);
}
