import { element, num } from './svg.js';

/** A mark on the time axis. */
export interface Tick {
  readonly seconds: number;
  /** Empty for the small marks between two labelled ones. */
  readonly label: string;
}

/** Steps between labels, in seconds, each with the number of parts into which small marks divide it. */
const STEPS = [
  [0.001, 5],
  [0.002, 4],
  [0.005, 5],
  [0.01, 5],
  [0.02, 4],
  [0.05, 5],
  [0.1, 5],
  [0.2, 4],
  [0.5, 5],
  [1, 5],
  [2, 4],
  [5, 5],
  [10, 5],
  [15, 3],
  [30, 6],
  [60, 6],
  [120, 4],
  [300, 5],
  [600, 5],
  [900, 3],
  [1800, 6],
  [3600, 6],
  [7200, 4],
  [21600, 6],
  [43200, 6],
  [86400, 4],
] as const;

/** Gives the marks from 0 to `durationSeconds`; at most `maxLabels` of them have a label. */
export function timeTicks(durationSeconds: number, maxLabels: number): Tick[] {
  const fits = STEPS.find(([step]) => durationSeconds / step <= maxLabels);
  const [step, parts] = fits ?? [Math.ceil(durationSeconds / maxLabels / 86_400) * 86_400, 4];
  const ticks: Tick[] = [];
  const count = Math.floor((durationSeconds / step) * parts + 1e-9);
  for (let i = 0; i <= count; i++) {
    const seconds = (i * step) / parts;
    ticks.push({ seconds, label: i % parts === 0 ? clockTime(seconds, step) : '' });
  }
  return ticks;
}

/** Formats a time as `m:ss` or `h:mm:ss`, with as many decimals as a step of `step` seconds needs. */
export function clockTime(seconds: number, step: number): string {
  const decimals = step >= 1 ? 0 : Math.ceil(-Math.log10(step) - 1e-9);
  const scale = 10 ** decimals;
  const units = Math.round(seconds * scale);
  const whole = Math.floor(units / scale);
  const fraction = decimals > 0 ? `.${String(units % scale).padStart(decimals, '0')}` : '';
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const clock = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${clock}:${two(whole % 60)}${fraction}`;
}

/** Place of an axis, in pixels: below `bottom`, with lines through the lanes from `top`. */
export interface AxisArea {
  readonly left: number;
  readonly width: number;
  readonly top: number;
  readonly bottom: number;
}

const LABEL_ROOM = 72;
const AXIS_INK = '#2b3440';

/** Draws the axis of a sound of `seconds` as SVG. @param ink Its colour. */
export function timeAxis(
  { left, width, top, bottom }: AxisArea,
  seconds: number,
  ink: string = AXIS_INK,
): string {
  const perSecond = seconds > 0 ? width / seconds : 0;
  const lines: string[] = [`M${left} ${num(bottom + 5)}h${num(width)}`];
  const grid: string[] = [];
  const labels: string[] = [];
  for (const tick of timeTicks(seconds, Math.max(2, Math.floor(width / LABEL_ROOM)))) {
    const x = num(left + tick.seconds * perSecond);
    lines.push(`M${x} ${num(bottom + 5)}v${tick.label ? 6 : 3}`);
    if (!tick.label) continue;
    grid.push(`M${x} ${num(top)}V${num(bottom)}`);
    const style = { 'font-size': 12, fill: ink, 'text-anchor': 'middle' };
    labels.push(element('text', { x, y: bottom + 25, ...style }, tick.label));
  }
  return [
    element('path', { d: grid.join(''), stroke: ink, 'stroke-opacity': 0.08 }),
    element('path', { d: lines.join(''), stroke: ink, 'stroke-opacity': 0.6, fill: 'none' }),
    ...labels,
  ].join('\n');
}
