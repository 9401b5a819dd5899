import { escapeXml } from '../../base/xml.js';
import type { Area, FlowRoute, Point, Size } from '../flow/flow-routes.js';
import type { FlowGraph, FlowNode } from './flow-graph.js';
import { type FlowLayout, layOutFlow } from './flow-layout.js';

const INK = '#1f2933';
const LINE = '#5d6b7a';
const BACK_LINE = '#9aa5b1';

type Colours = readonly [frame: string, ground: string];

function of<K extends FlowNode['kind']>(colours: Colours, ...kinds: K[]): Record<K, Colours> {
  return Object.fromEntries(kinds.map((kind) => [kind, colours])) as Record<K, Colours>;
}

/** Frame and background of a box, by the kind of its step: say, ask, decide, record, hand over, end. */
const COLOURS: Readonly<Record<FlowNode['kind'], Colours>> = {
  call: ['#1f2933', '#1f2933'],
  say: ['#2b6cb0', '#edf5fc'],
  menu: ['#b7791f', '#fff8e6'],
  gather: ['#b7791f', '#fff8e6'],
  clearDigits: ['#b7791f', '#fff8e6'],
  ...of(['#6b46c1', '#f5f1fc'], 'branch', 'set', 'count', 'language', 'hook', 'http', 'flow'),
  ...of(['#2f855a', '#ecf8f1'], 'record', 'voicemail', 'recording', 'leaveVoicemail'),
  ...of(['#c05621', '#fdf1e9'], 'transfer', 'enqueue', 'hold', 'message', 'fork'),
  hangup: ['#718096', '#f3f5f7'],
};

/** Width of a character, as a ratio to the font size. It fits the widest of the listed fonts. */
const CHARACTER = { normal: 0.58, bold: 0.64, ideograph: 1.05 } as const;
const TEXT = 12;
const SMALL = 11;
const LEADING = 16;
const PADDING = 12;
const MARGIN = 28;
const TITLE = 44;

/** Draws a flow as a self-contained SVG, without external references. */
export async function flowSvg(graph: FlowGraph): Promise<string> {
  const layout = await layOutFlow(graph, { box: boxSize, label: labelSize });
  const width = Math.ceil(Math.max(layout.width, textWidth(graph.title, 16, 'bold')) + 2 * MARGIN);
  const height = Math.ceil(layout.height + 2 * MARGIN + TITLE);
  const left = (width - layout.width) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="'Helvetica Neue', Arial, 'Liberation Sans', sans-serif" font-size="${TEXT}" fill="${INK}">`,
    `<title>${escapeXml(graph.title)}</title>`,
    `<defs>${arrow('on', LINE)}${arrow('back', BACK_LINE)}</defs>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 14}" font-size="16" font-weight="bold">${escapeXml(graph.title)}</text>`,
    `<g transform="translate(${round(left)} ${MARGIN + TITLE})">`,
    ...layout.routes.map(drawRoute),
    ...layout.loops.map(drawLoop),
    ...drawLabels(layout),
    ...graph.nodes.map((node) => drawBox(node, layout.boxes.get(node.name))),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function boxSize({ name, kind, lines }: FlowNode): Size {
  if (kind === 'call') return { width: textWidth(name, TEXT, 'bold') + 2 * PADDING, height: 28 };
  const head = textWidth(name, TEXT, 'bold') + PADDING + textWidth(kind, SMALL);
  const width = Math.max(110, head, ...lines.map((line) => textWidth(line, TEXT)));
  return { width: Math.ceil(width + 2 * PADDING), height: LEADING * (lines.length + 1) + 2 * PADDING - 4 };
}

function labelSize(lines: readonly string[]): Size {
  const width = Math.max(...lines.map((line) => textWidth(line, SMALL)));
  return { width: Math.ceil(width) + 10, height: lines.length * (LEADING - 2) + 4 };
}

function drawBox({ name, kind, lines }: FlowNode, area: Area | undefined): string {
  if (!area) return '';
  const { width, height } = area;
  const [x, y] = [area.x - width / 2, area.y - height / 2];
  const [frame, ground] = COLOURS[kind];
  const rounded = kind === 'call' || kind === 'hangup' ? Math.min(20, height / 2) : 8;
  const rect =
    `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${rounded}" ` +
    `fill="${ground}" stroke="${frame}" stroke-width="1.3"/>`;
  if (kind === 'call') {
    return `${rect}${textAt(area.x, area.y + 4, name, 'text-anchor="middle" font-weight="bold" fill="#ffffff"')}`;
  }
  const head = y + PADDING + 9;
  return [
    rect,
    textAt(x + PADDING, head, name, 'font-weight="bold"'),
    textAt(x + width - PADDING, head, kind, `text-anchor="end" font-size="${SMALL}" fill="${frame}"`),
    ...lines.map((line, index) => textAt(x + PADDING, head + LEADING * (index + 1), line)),
  ].join('');
}

/** Draws an edge: straight through a row, and curved from row to row, with vertical ends. */
function drawRoute({ points }: FlowRoute): string {
  const [first, ...rest] = points;
  if (!first) return '';
  const parts = rest.map((to, index) => {
    const from = points[index] ?? first;
    if (index % 2 === 0 || from.x === to.x) return from.y === to.y ? '' : `L${at(to)}`;
    const middle = (from.y + to.y) / 2;
    return `C${at({ x: from.x, y: middle })} ${at({ x: to.x, y: middle })} ${at(to)}`;
  });
  return drawLine(`M${at(first)}${parts.join('')}`, isBack(points));
}

/** Draws a loop: out of the right side of the box, around the label, and back. */
function drawLoop({ box, at: label }: FlowLayout['loops'][number]): string {
  const side = box.x + box.width / 2;
  const [top, bottom] = [box.y - box.height / 4, box.y + box.height / 4];
  const far = label.x;
  return drawLine(
    `M${at({ x: side, y: bottom })}C${at({ x: far, y: bottom })} ${at({ x: far, y: bottom })} ${at({ x: far, y: box.y })}` +
      `C${at({ x: far, y: top })} ${at({ x: far, y: top })} ${at({ x: side, y: top })}`,
    true,
  );
}

function drawLine(path: string, back: boolean): string {
  const [colour, marker] = back ? [BACK_LINE, 'back'] : [LINE, 'on'];
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.4" marker-end="url(#${marker})"/>`;
}

/** Draws the labels. They come after all lines, so that no line covers a label. */
function drawLabels({ routes, loops }: FlowLayout): string[] {
  const labels = [...routes.map(({ edge, label }) => ({ edge, at: label })), ...loops];
  return labels.flatMap(({ edge, at: area }) => {
    if (!area || edge.label.length === 0) return [];
    const { width, height } = labelSize(edge.label);
    const [x, y] = [area.x - width / 2, area.y - height / 2];
    const ground = `<rect x="${round(x)}" y="${round(y)}" width="${width}" height="${height}" rx="4" fill="#ffffff"/>`;
    const lines = edge.label.map((line, index) =>
      textAt(area.x, y + 13 + index * (LEADING - 2), line, `text-anchor="middle" font-size="${SMALL}"`),
    );
    return [ground + lines.join('')];
  });
}

function isBack(points: readonly Point[]): boolean {
  return (points[0]?.y ?? 0) > (points.at(-1)?.y ?? 0);
}

function arrow(id: string, colour: string): string {
  return (
    `<marker id="${id}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">` +
    `<path d="M0 1L9 5L0 9z" fill="${colour}"/></marker>`
  );
}

function textAt(x: number, y: number, text: string, attributes = ''): string {
  return `<text x="${round(x)}" y="${round(y)}"${attributes && ` ${attributes}`}>${escapeXml(text)}</text>`;
}

function textWidth(text: string, size: number, weight: 'normal' | 'bold' = 'normal'): number {
  const parts = [...text].map((character) =>
    character >= '\u2e80' ? CHARACTER.ideograph : CHARACTER[weight],
  );
  return parts.reduce((sum, part) => sum + part * size, 0);
}

function at({ x, y }: Point): string {
  return `${round(x)} ${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
