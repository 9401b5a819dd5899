import { checkOptions, type Rules, within } from '../../base/check.js';
import { INK, LANE_EDGE, type LaneArea, laneLabel, lanePicture, levelLabel } from './lane-picture.js';
import { writePicture } from './picture-file.js';
import {
  PICTURE_RULES,
  type PictureOptions,
  type ReadLane,
  readPicture,
  secondsOf,
} from './picture-options.js';
import { SpectrumColumns } from './spectrum-columns.js';
import { element } from './svg.js';

export interface DrawSpectrogramOptions extends PictureOptions {
  /** Level that is drawn darkest, in dBFS of a sine: -60 to 0. Default -20. */
  readonly maxDbfs?: number;
  /** Distance from the darkest level down to the lightest, in dB: 20 to 120. Default 80. */
  readonly rangeDb?: number;
}

const RULES: Rules<DrawSpectrogramOptions> = {
  ...PICTURE_RULES,
  maxDbfs: within(-60, 0, 'dBFS'),
  rangeDb: within(20, 120, 'dB'),
};

/** Colours from silence to the loudest. */
const COLOURS = [
  [0xf6, 0xf8, 0xfa],
  [0xc9, 0xdf, 0xef],
  [0x7f, 0xb2, 0xdc],
  [0x1f, 0x6f, 0xb2],
  [0x54, 0x27, 0x8f],
  [0x1b, 0x0a, 0x3a],
] as const;

/** Windows of about this length, in milliseconds: 30 Hz wide, and short enough for syllables. */
const WINDOW_MS = 32;

/** Implements `drawSpectrogram`. */
export async function writeSpectrogram(options: DrawSpectrogramOptions): Promise<void> {
  checkOptions(options, RULES);
  const { maxDbfs = -20, rangeDb = 80 } = options;
  const picture = await readPicture(options, ({ channels, sampleRate }) => {
    const size = 2 ** Math.round(Math.log2((WINDOW_MS * sampleRate) / 1000));
    return new SpectrumColumns(channels, size);
  });
  const { encode } = await import('fast-png');
  const { lanes } = picture;
  const seconds = secondsOf(lanes);
  const brush: Brush = {
    colourOf: (power) => colour((10 * Math.log10(power + 1e-20) - maxDbfs) / rangeDb + 1),
    encode: (image) => encode({ ...image, channels: 3, depth: 8 }),
  };
  const svg = lanePicture({ ...picture, laneCount: lanes.length, seconds }, (area, i) => {
    const lane = lanes[i];
    return lane ? drawLane(lane, area, seconds, brush) : '';
  });
  await writePicture(options.output, svg);
}

type Rgb = readonly [number, number, number];

interface Brush {
  /** Colour of a power. */
  readonly colourOf: (power: number) => Rgb;
  /** A PNG of 8-bit RGB pixels. */
  readonly encode: (image: { width: number; height: number; data: Uint8Array }) => Uint8Array;
}

function drawLane(
  lane: ReadLane<SpectrumColumns>,
  area: LaneArea,
  seconds: number,
  { colourOf, encode }: Brush,
): string {
  const { left, top, width, height } = area;
  const pixels = { width: Math.round(width), height: Math.max(1, Math.round(height)) };
  const data = new Uint8Array(pixels.width * pixels.height * 3);
  const perColumn = (seconds * lane.sampleRate) / pixels.width;
  for (let x = 0; x < pixels.width; x++) {
    for (let y = 0; y < pixels.height; y++) {
      const power = powerAt(lane, x * perColumn, (x + 1) * perColumn, 1 - (y + 0.5) / pixels.height);
      data.set(colourOf(power ?? 0), (y * pixels.width + x) * 3);
    }
  }
  const png = encode({ ...pixels, data });
  const href = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  const place = { x: left, y: top, width, height };
  return [
    element('image', { ...place, preserveAspectRatio: 'none', href }),
    element('rect', { ...place, fill: 'none', stroke: LANE_EDGE }),
    ...frequencyMarks(area, lane.sampleRate / 2),
    laneLabel(lane.label, area, INK),
  ].join('\n');
}

/** Power at a height of the picture: 0 is the lowest frequency, 1 the highest. Interpolates between two bins. */
function powerAt(
  { reader, channel }: ReadLane<SpectrumColumns>,
  start: number,
  end: number,
  height: number,
): number | undefined {
  const at = height * (reader.bins - 1);
  const below = Math.floor(at);
  const low = reader.read(channel, below, start, end);
  if (low === undefined) return undefined;
  const high = reader.read(channel, Math.min(reader.bins - 1, below + 1), start, end) ?? low;
  return low + (high - low) * (at - below);
}

function frequencyMarks({ left, top, height }: LaneArea, nyquist: number): string[] {
  const fits = [500, 1000, 2000, 4000, 8000, 16_000].find((hz) => (hz / nyquist) * height >= 24) ?? nyquist;
  const marks: string[] = [];
  for (let hz = 0; hz < nyquist; hz += fits) {
    marks.push(levelLabel(left, top + height * (1 - hz / nyquist), hz === 0 ? '0' : `${hz / 1000} kHz`));
  }
  return marks;
}

/** Colour at a place in the range: 0 is the lightest, 1 the darkest. */
function colour(part: number): Rgb {
  const at = Math.max(0, Math.min(1, part)) * (COLOURS.length - 1);
  const from = COLOURS[Math.floor(at)] ?? COLOURS[0];
  const to = COLOURS[Math.ceil(at)] ?? from;
  const mix = (i: 0 | 1 | 2) => Math.round(from[i] + (to[i] - from[i]) * (at - Math.floor(at)));
  return [mix(0), mix(1), mix(2)];
}
