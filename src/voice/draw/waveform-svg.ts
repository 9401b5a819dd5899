import type { Envelope, EnvelopeBin } from './envelope.js';
import { FONT_FAMILY } from './picture-file.js';
import { element, escapeText, num } from './svg.js';
import { timeAxis } from './time-axis.js';

/** One channel to draw. */
export interface WaveformLane {
  readonly envelope: Envelope;
  readonly channel: number;
  readonly sampleRate: number;
  readonly label: string;
}

export interface WaveformLayout {
  readonly width: number;
  readonly height: number;
  readonly title: string;
}

/** Colours of lanes in turn: the outline of the extremes, and the RMS inside it. */
const PALETTE = [
  { extremes: '#7fb2dc', rms: '#1f6fb2' },
  { extremes: '#f0b27a', rms: '#c4661f' },
  { extremes: '#8fcf9f', rms: '#2e8b4a' },
  { extremes: '#c3a6dd', rms: '#7a4fae' },
] as const;

const INK = '#2b3440';
const FAINT_INK = '#6b7785';
const LANE_FILL = '#f6f8fa';
const LANE_EDGE = '#d5dbe1';
const CLIP_COLOUR = '#d62839';
const LEFT = 44;
const RIGHT = 18;
const AXIS_HEIGHT = 38;
const LANE_GAP = 8;
/** Amplitudes that are marked at the left, in dBFS, where there is room. */
const LEVEL_MARKS = [0, -6, -12] as const;

/** The picture as SVG text. */
export function waveformSvg(lanes: readonly WaveformLane[], layout: WaveformLayout): string {
  const { width, height, title } = layout;
  const top = title ? 40 : 12;
  const plot = { left: LEFT, width: width - LEFT - RIGHT };
  const lanesHeight = height - top - AXIS_HEIGHT;
  const laneHeight = (lanesHeight - LANE_GAP * (lanes.length - 1)) / lanes.length;
  const seconds = lanes.reduce((most, lane) => Math.max(most, durationOf(lane)), 0);
  const parts = [element('rect', { width, height, fill: '#ffffff' })];
  if (title) {
    const style = { 'font-size': 16, 'font-weight': 700, fill: INK };
    parts.push(element('text', { x: LEFT, y: 26, ...style }, escapeText(title)));
  }
  lanes.forEach((lane, i) => {
    const area = { ...plot, top: top + i * (laneHeight + LANE_GAP), height: laneHeight };
    parts.push(drawLane(lane, area, seconds, i));
  });
  parts.push(timeAxis({ ...plot, top, bottom: height - AXIS_HEIGHT }, seconds));
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'font-family': `${FONT_FAMILY}, sans-serif`,
  };
  return `${element('svg', root, parts.join('\n'))}\n`;
}

interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function drawLane(lane: WaveformLane, area: Area, seconds: number, index: number): string {
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
    ...(lane.label ? [laneLabel(lane.label, area, colours.rms)] : []),
  ].join('\n');
}

function durationOf({ envelope, sampleRate }: WaveformLane): number {
  return envelope.sampleCount / sampleRate;
}

function binsOf(lane: WaveformLane, seconds: number, columns: number): (EnvelopeBin | undefined)[] {
  const perColumn = (seconds * lane.sampleRate) / columns;
  return Array.from({ length: columns }, (_, i) =>
    lane.envelope.read(lane.channel, i * perColumn, (i + 1) * perColumn),
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

/** A closed shape along the upper edge to the right and back along the lower; at least a hair thick. */
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

function levelMarks({ left, width, height }: Area, middle: number, scale: number): string[] {
  if (height < 70) return [];
  const marks: string[] = [];
  for (const dbfs of LEVEL_MARKS) {
    const offset = 10 ** (dbfs / 20) * scale;
    const style = { 'font-size': 10, fill: FAINT_INK, 'text-anchor': 'end' };
    const y = middle - offset;
    marks.push(element('text', { x: left - 6, y: y + 3.5, ...style }, dbfs === 0 ? '0 dB' : String(dbfs)));
    for (const line of dbfs === 0 ? [] : [y, middle + offset]) {
      const dashed = { stroke: LANE_EDGE, 'stroke-width': 1, 'stroke-dasharray': '2 3' };
      marks.push(element('path', { d: `M${left} ${num(line)}h${num(width)}`, ...dashed }));
    }
  }
  return marks;
}

function laneLabel(label: string, { left, top }: Area, fill: string): string {
  const text = label.length > 60 ? `${label.slice(0, 59)}…` : label;
  const style = { 'font-size': 13, 'font-weight': 700, fill };
  const halo = { stroke: LANE_FILL, 'stroke-width': 4, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };
  return element('text', { x: left + 10, y: top + 20, ...style, ...halo }, escapeText(text));
}
