import type { FlowGraph, FlowNode } from './flow-graph.js';

const CHARACTER = 7.2;
const PADDING = 14;
const HEIGHT = 46;
const GAP_X = 36;
const GAP_Y = 64;
const MARGIN = 24;
const TITLE = 40;

interface Box {
  readonly node: FlowNode;
  readonly row: number;
  readonly width: number;
  x: number;
  readonly y: number;
}

const FILL: Readonly<Record<FlowNode['kind'], string>> = {
  say: '#e8f1fb',
  menu: '#fff3d6',
  gather: '#fff3d6',
  branch: '#f1ecfb',
  record: '#e7f6ea',
  voicemail: '#e7f6ea',
  transfer: '#fde9e3',
  hook: '#eeeeee',
  hangup: '#f6f6f6',
};

/** A drawing of its own: steps in rows, ways as curves, ways back round the side. */
export function flowSvg(graph: FlowGraph): string {
  const boxes = layOut(graph);
  const all = [...boxes.values()];
  const right = Math.max(...all.map(({ x, width }) => x + width));
  const bottom = Math.max(...all.map(({ y }) => y + HEIGHT));
  const backs = graph.edges.filter(({ from, to }) => isBack(boxes.get(from), boxes.get(to))).length;
  const width = Math.ceil(right + MARGIN + backs * 14 + 60);
  const height = Math.ceil(bottom + MARGIN);
  let back = 0;
  const edges = graph.edges.map(({ from, to, label }) => {
    const [source, target] = [boxes.get(from), boxes.get(to)];
    if (!source || !target) return { line: '', text: '' };
    if (source === target) return backEdge(source, target, label, source.x + source.width + 18);
    if (!isBack(source, target)) return forwardEdge(source, target, label);
    return backEdge(source, target, label, right + 30 + 14 * back++);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      'font-family="sans-serif" font-size="12">',
    `<title>${escapeXml(graph.title)}</title>`,
    '<defs><marker id="to" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">' +
      '<path d="M0 0L8 4L0 8z" fill="#556"/></marker></defs>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 4}" font-size="16" font-weight="bold">${escapeXml(graph.title)}</text>`,
    ...edges.map(({ line }) => line),
    ...all.map((box) => drawBox(box, box.node.name === graph.start)),
    ...edges.map(({ text }) => text),
    '</svg>',
  ]
    .filter((element) => element !== '')
    .concat('')
    .join('\n');
}

/** Rows by the longest way from the start; within a row in the order in which they are found. */
function layOut(graph: FlowGraph): Map<string, Box> {
  const order = inOrder(graph);
  const rows = new Map(order.map((name) => [name, 0]));
  for (const name of order) {
    for (const { from, to } of graph.edges) {
      if (from !== name || order.indexOf(to) <= order.indexOf(from)) continue;
      rows.set(to, Math.max(rows.get(to) ?? 0, (rows.get(name) ?? 0) + 1));
    }
  }
  const boxes = new Map<string, Box>();
  const ends: number[] = [];
  for (const name of order) {
    const node = graph.nodes.find((each) => each.name === name);
    const row = rows.get(name) ?? 0;
    if (!node) continue;
    const width = Math.max(...node.lines.map(({ length }) => length)) * CHARACTER + 2 * PADDING;
    const x = ends[row] ?? MARGIN;
    ends[row] = x + width + GAP_X;
    boxes.set(name, { node, row, width, x, y: MARGIN + TITLE + row * (HEIGHT + GAP_Y) });
  }
  centre(boxes, ends);
  return boxes;
}

/** Every step after those that lead to it, but for ways back; steps that nothing leads to come first. */
function inOrder(graph: FlowGraph): readonly string[] {
  const seen = new Set<string>();
  const done: string[] = [];
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    // The last visited comes first in the end: so the ways of a step stay in their order, from left to right.
    for (const { from, to } of graph.edges.toReversed()) if (from === name) visit(to);
    done.unshift(name);
  };
  visit(graph.start);
  for (const { name } of graph.nodes) visit(name);
  return done;
}

function centre(boxes: ReadonlyMap<string, Box>, ends: readonly number[]): void {
  const widest = Math.max(...ends);
  for (const box of boxes.values()) box.x += (widest - (ends[box.row] ?? 0)) / 2;
}

function isBack(source: Box | undefined, target: Box | undefined): boolean {
  return source !== undefined && target !== undefined && target.row <= source.row;
}

function drawBox({ node, x, y, width }: Box, isStart: boolean): string {
  const middle = round(x + width / 2);
  const [name = '', what = ''] = node.lines;
  return (
    `<rect x="${round(x)}" y="${y}" width="${round(width)}" height="${HEIGHT}" rx="8" fill="${FILL[node.kind]}" ` +
    `stroke="#556" stroke-width="${isStart ? 2.5 : 1}"/>` +
    `<text x="${middle}" y="${y + 19}" text-anchor="middle" font-weight="bold">${escapeXml(name)}</text>` +
    `<text x="${middle}" y="${y + 36}" text-anchor="middle" fill="#445">${escapeXml(what)}</text>`
  );
}

function forwardEdge(source: Box, target: Box, label: string): Edge {
  const [x1, y1] = [source.x + source.width / 2, source.y + HEIGHT];
  const [x2, y2] = [target.x + target.width / 2, target.y];
  const bend = (y2 - y1) / 2;
  const path = `M${round(x1)} ${y1}C${round(x1)} ${y1 + bend} ${round(x2)} ${y2 - bend} ${round(x2)} ${y2}`;
  // Near its target, where the curves of one source have parted.
  return edge(path, label, x1 + (x2 - x1) * 0.75, y1 + (y2 - y1) * 0.7);
}

function backEdge(source: Box, target: Box, label: string, lane: number): Edge {
  const [x1, y1] = [source.x + source.width, source.y + HEIGHT / 2];
  const [x2, y2] = [target.x + target.width, target.y + HEIGHT / 2 + 8];
  const path =
    `M${round(x1)} ${y1}C${round(lane)} ${y1} ${round(lane)} ${y1} ${round(lane)} ${(y1 + y2) / 2}` +
    `S${round(lane)} ${y2} ${round(x2)} ${y2}`;
  return edge(path, label, lane, (y1 + y2) / 2);
}

/** A way and its label, which is drawn after the boxes. */
interface Edge {
  readonly line: string;
  readonly text: string;
}

function edge(path: string, label: string, x: number, y: number): Edge {
  const line = `<path d="${path}" fill="none" stroke="#556" marker-end="url(#to)"/>`;
  const text =
    `<text x="${round(x)}" y="${round(y)}" text-anchor="middle" font-size="11" fill="#223" ` +
    `stroke="#ffffff" stroke-width="4" paint-order="stroke">${escapeXml(label)}</text>`;
  return { line, text: label === '' ? '' : text };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.codePointAt(0)};`);
}
