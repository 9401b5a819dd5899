import { checkOptions } from '../../base/check.js';
import { Envelope, type EnvelopeBin } from './envelope.js';
import { LANE_EDGE, LANE_FILL, type LaneArea, laneLabel, lanePicture, levelLabel } from './lane-picture.js';
import { writePicture } from './picture-file.js';
import {
  PICTURE_RULES,
  type PictureOptions,
  type ReadLane,
  type ReadPicture,
  readPicture,
  secondsOf,
} from './picture-options.js';
import { element, num } from './svg.js';

/** Colours that the lanes use in turn: the outline of the extremes, and the RMS inside it. */
const PALETTE = [
  { extremes: '#7fb2dc', rms: '#1f6fb2' },
  { extremes: '#f0b27a', rms: '#c4661f' },
  { extremes: '#8fcf9f', rms: '#2e8b4a' },
  { extremes: '#c3a6dd', rms: '#7a4fae' },
] as const;

const CLIP_COLOUR = '#d62839';
/** Amplitudes that are marked at the left, in dBFS, where there is room. */
const LEVEL_MARKS = [0, -6, -12] as const;

/** Implements `drawWaveform`. */
export async function writeWaveform(options: PictureOptions): Promise<void> {
  checkOptions(options, PICTURE_RULES);
  const picture = await readPicture(options, ({ channels }) => new Envelope(channels));
  await writePicture(options.output, waveformSvg(picture));
}

function waveformSvg(picture: ReadPicture<Envelope>): string {
  const seconds = secondsOf(picture.lanes);
  return lanePicture({ ...picture, laneCount: picture.lanes.length, seconds }, (area, i) => {
    const lane = picture.lanes[i];
    return lane ? drawLane(lane, area, seconds, i) : '';
  });
}

function drawLane(lane: ReadLane<Envelope>, area: LaneArea, seconds: number, index: number): string {
  const { left, top, width, height } = area;
  const colours = PALETTE[index % PALETTE.length] ?? PALETTE[0];
  const middle = top + height / 2;
  const scale = height / 2 - 4;
  const bins = binsOf(lane, seconds, Math.round(width));
  const step = width / Math.round(width);
  const frame = { x: left, y: top, width, height, rx: 3, fill: LANE_FILL, stroke: LANE_EDGE };
  const outline = (upper: (bin: EnvelopeBin) => number, lower: (bin: EnvelopeBin) => number, fill: string) =>
    element('path', { d: outlinePath(bins, { left, step, middle, scale, upper, lower }), fill });
  const clips = bins.flatMap((bin, i) =>
    bin?.isClipped
      ? [`M${num(left + i * step)} ${num(top + 1)}h${num(Math.max(step, 2))}v5h-${num(Math.max(step, 2))}z`]
      : [],
  );
  return [
    element('rect', frame),
    ...levelMarks(area, middle, scale),
    outline(
      (bin) => bin.max,
      (bin) => bin.min,
      colours.extremes,
    ),
    outline(
      (bin) => Math.min(bin.rms, bin.max),
      (bin) => Math.max(-bin.rms, bin.min),
      colours.rms,
    ),
    element('path', { d: `M${left} ${num(middle)}h${num(width)}`, stroke: colours.rms, 'stroke-width': 0.6 }),
    ...(clips.length > 0 ? [element('path', { d: clips.join(''), fill: CLIP_COLOUR })] : []),
    laneLabel(lane.label, area, colours.rms),
  ].join('\n');
}

function binsOf(lane: ReadLane<Envelope>, seconds: number, columns: number): (EnvelopeBin | undefined)[] {
  const perColumn = (seconds * lane.sampleRate) / columns;
  return Array.from({ length: columns }, (_, i) =>
    lane.reader.read(lane.channel, i * perColumn, (i + 1) * perColumn),
  );
}

interface Outline {
  readonly left: number;
  readonly step: number;
  readonly middle: number;
  readonly scale: number;
  readonly upper: (bin: EnvelopeBin) => number;
  readonly lower: (bin: EnvelopeBin) => number;
}

/** Draws a closed shape: to the right along the upper edge, back along the lower edge, never thinner than a hair. */
function outlinePath(bins: readonly (EnvelopeBin | undefined)[], shape: Outline): string {
  const { left, step, middle, scale } = shape;
  const there: string[] = [];
  const back: string[] = [];
  bins.forEach((bin, i) => {
    if (!bin) return;
    const x = num(left + (i + 0.5) * step);
    const high = middle - shape.upper(bin) * scale;
    const low = middle - shape.lower(bin) * scale;
    const thin = Math.max(0, 0.5 - (low - high)) / 2;
    there.push(`${x} ${num(high - thin)}`);
    back.push(`${x} ${num(low + thin)}`);
  });
  return there.length === 0 ? 'M0 0' : `M${there.join('L')}L${back.reverse().join('L')}Z`;
}

function levelMarks({ left, width, height }: LaneArea, middle: number, scale: number): string[] {
  if (height < 70) return [];
  const marks: string[] = [];
  for (const dbfs of LEVEL_MARKS) {
    const offset = 10 ** (dbfs / 20) * scale;
    const y = middle - offset;
    marks.push(levelLabel(left, y, dbfs === 0 ? '0 dB' : String(dbfs)));
    for (const line of dbfs === 0 ? [] : [y, middle + offset]) {
      const dashed = { stroke: LANE_EDGE, 'stroke-width': 1, 'stroke-dasharray': '2 3' };
      marks.push(element('path', { d: `M${left} ${num(line)}h${num(width)}`, ...dashed }));
    }
  }
  return marks;
}
