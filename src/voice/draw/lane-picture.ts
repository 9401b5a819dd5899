import { escapeXml } from '../../base/xml.js';
import { FONT_FAMILY } from './picture-file.js';
import { element } from './svg.js';
import { timeAxis } from './time-axis.js';

export const INK = '#2b3440';
export const FAINT_INK = '#6b7785';
export const LANE_FILL = '#f6f8fa';
export const LANE_EDGE = '#d5dbe1';

/** Place and size of a lane, in pixels. */
export interface LaneArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface LanePicture {
  readonly width: number;
  readonly height: number;
  /** Empty for no title. */
  readonly title: string;
  readonly laneCount: number;
  /** Length of the time axis. */
  readonly seconds: number;
}

const LEFT = 44;
const RIGHT = 18;
const AXIS_HEIGHT = 38;
const LANE_GAP = 8;

/** Draws lanes below each other on one time axis, as SVG; `drawLane` gives the content of each. */
export function lanePicture(
  { width, height, title, laneCount, seconds }: LanePicture,
  drawLane: (area: LaneArea, lane: number) => string,
): string {
  const top = title ? 40 : 12;
  const plot = { left: LEFT, width: width - LEFT - RIGHT };
  const laneHeight = (height - top - AXIS_HEIGHT - LANE_GAP * (laneCount - 1)) / laneCount;
  const parts = [element('rect', { width, height, fill: '#ffffff' })];
  if (title) {
    const style = { 'font-size': 16, 'font-weight': 700, fill: INK };
    parts.push(element('text', { x: LEFT, y: 26, ...style }, escapeXml(title)));
  }
  for (let lane = 0; lane < laneCount; lane++) {
    parts.push(drawLane({ ...plot, top: top + lane * (laneHeight + LANE_GAP), height: laneHeight }, lane));
  }
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

/** Draws the name of a lane in its upper left corner, readable on any background. */
export function laneLabel(label: string, { left, top }: LaneArea, fill: string): string {
  if (!label) return '';
  const text = label.length > 60 ? `${label.slice(0, 59)}…` : label;
  const style = { 'font-size': 13, 'font-weight': 700, fill };
  const halo = { stroke: LANE_FILL, 'stroke-width': 4, 'stroke-linejoin': 'round', 'paint-order': 'stroke' };
  return element('text', { x: left + 10, y: top + 20, ...style, ...halo }, escapeXml(text));
}

/** Draws a mark at the left of a lane. */
export function levelLabel(x: number, y: number, text: string): string {
  const style = { 'font-size': 10, fill: FAINT_INK, 'text-anchor': 'end' };
  return element('text', { x: x - 6, y: y + 3.5, ...style }, text);
}
