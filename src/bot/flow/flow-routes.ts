import type { FlowEdge } from '../drawing/flow-graph.js';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle; `x` and `y` are its centre. */
export type Area = Point & Size;

/** Columns that the layout keeps free for an edge: a point in every row that it passes. */
export interface PlacedEdge {
  readonly edge: FlowEdge;
  readonly columns: readonly Point[];
  /** Area of its label, in one of the columns; absent without a label. */
  readonly label?: Area;
}

/** An edge, as a line from the border of one box to that of another. */
export interface FlowRoute extends Omit<PlacedEdge, 'columns'> {
  /** Points in pairs: straight within a pair, curved from one pair to the next. */
  readonly points: readonly Point[];
}

/** Gap between two lines that end at one side of a box, and their distance from its corners. */
const PORT_GAP = 24;
const CORNER = 18;
/** Straight length at the end of a line, for the head of its arrow. */
const ARROW = 10;

/** One end of an edge at a box. The nearest column of the edge decides the side and the position on it. */
interface Port {
  readonly side: string;
  readonly wanted: number;
  readonly box: Area;
  x: number;
}

/**
 * Routes the edges so that a line touches only the boxes at its ends. A line passes each row straight, in its free
 * column, and bends only between two rows, where there are no boxes.
 */
export function routesOf(
  placed: readonly PlacedEdge[],
  boxes: ReadonlyMap<string, Area>,
): readonly FlowRoute[] {
  const labels = placed.flatMap(({ label }) => (label ? [label] : []));
  const halfHeights = rowsOf([...boxes.values(), ...labels]);
  const half = ({ y }: Point) => halfHeights.get(Math.round(y)) ?? 0;
  const ends = placed.map(({ edge: { from, to }, columns }) => ({
    source: portAt(from, boxes.get(from), columns[0]),
    target: portAt(to, boxes.get(to), columns.at(-1)),
  }));
  spread(ends.flatMap(({ source, target }) => [source, target]));
  return placed.map(({ columns, ...rest }, index) => {
    const { source, target } = ends[index] ?? {};
    if (!source || !target) return { ...rest, points: [] };
    const down = source.box.y < target.box.y;
    const straight = (at: Point) => {
      const [top, bottom] = [
        { x: at.x, y: at.y - half(at) },
        { x: at.x, y: at.y + half(at) },
      ];
      return down ? [top, bottom] : [bottom, top];
    };
    const sign = down ? 1 : -1;
    const leave = { x: source.x, y: source.box.y + (sign * source.box.height) / 2 };
    const arrive = { x: target.x, y: target.box.y - (sign * target.box.height) / 2 };
    return {
      ...rest,
      points: [
        ...[leave, { x: source.x, y: source.box.y + sign * half(source.box) }],
        ...columns.flatMap(straight),
        ...[{ x: target.x, y: target.box.y - sign * (half(target.box) + ARROW) }, arrive],
      ],
    };
  });
}

/** Returns half of the height of each row, by the row's centre. */
function rowsOf(areas: readonly Area[]): ReadonlyMap<number, number> {
  const rows = new Map<number, number>();
  for (const { y, height } of areas) {
    const row = Math.round(y);
    rows.set(row, Math.max(rows.get(row) ?? 0, height / 2));
  }
  return rows;
}

function portAt(name: string, box: Area | undefined, column: Point | undefined): Port | undefined {
  if (!box || !column) return undefined;
  return { side: `${column.y > box.y ? 'below' : 'above'} ${name}`, wanted: column.x, box, x: column.x };
}

/** Moves the ends of lines as near to their columns as the box and the other ends allow. */
function spread(ports: readonly (Port | undefined)[]): void {
  const sides = new Map<string, Port[]>();
  for (const port of ports) if (port) sides.set(port.side, [...(sides.get(port.side) ?? []), port]);
  for (const side of sides.values()) {
    side.sort((a, b) => a.wanted - b.wanted);
    const { x, width } = side[0]?.box ?? { x: 0, width: 0 };
    const room = Math.max(0, width - 2 * CORNER);
    const gap = Math.min(PORT_GAP, room / Math.max(1, side.length - 1));
    for (const [index, port] of side.entries()) {
      const least = x - room / 2 + gap * index;
      const most = x + room / 2 - gap * (side.length - 1 - index);
      const after = (side[index - 1]?.x ?? Number.NEGATIVE_INFINITY) + gap;
      port.x = Math.min(most, Math.max(least, after, port.wanted));
    }
  }
}
