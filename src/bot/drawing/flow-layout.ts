import {
  type Area,
  type FlowRoute,
  type PlacedEdge,
  type Point,
  routesOf,
  type Size,
} from '../flow/flow-routes.js';
import type { FlowEdge, FlowGraph, FlowNode } from './flow-graph.js';

/** Sizes of the boxes and labels to lay out. */
export interface FlowSizes {
  box(node: FlowNode): Size;
  /** Size of a label that has lines. */
  label(lines: readonly string[]): Size;
}

/** Positions of all boxes, labels and edges. */
export interface FlowLayout extends Size {
  readonly boxes: ReadonlyMap<string, Area>;
  readonly routes: readonly FlowRoute[];
  /** Edges that lead back to their own step, drawn beside its box. */
  readonly loops: readonly { readonly edge: FlowEdge; readonly box: Area; readonly at: Area }[];
}

/** Gaps between two boxes of a row, between two rows, and between two lines; in pixels. */
const GAPS = { nodesep: 40, ranksep: 64, edgesep: 30 } as const;
/** Distance between a box and an edge that leads back to it, in pixels. */
const LOOP = 14;
const NO_LABEL: Size = { width: 0, height: 0 };

/** Lays a flow out in rows, from the call downwards, with few crossings. */
export async function layOutFlow(graph: FlowGraph, sizes: FlowSizes): Promise<FlowLayout> {
  const { Graph, layout } = await import('@dagrejs/dagre');
  const plan = new Graph();
  plan.setGraph({ ...GAPS });
  for (const node of graph.nodes) plan.setNode(node.name, { ...sizes.box(node) });
  for (const { from, to, label } of graph.edges) {
    plan.setEdge(from, to, { ...(label.length > 0 ? sizes.label(label) : NO_LABEL), labelpos: 'c' });
  }
  layout(plan);
  const boxes = new Map(graph.nodes.map(({ name }): [string, Area] => [name, plan.node(name) as Area]));
  const placed = ({ from, to }: FlowEdge) =>
    plan.edge(from, to) as Area & { readonly points: readonly Point[] };
  const loops = graph.edges.filter(isLoop).flatMap((edge) => {
    const box = boxes.get(edge.from);
    if (!box) return [];
    const { y, width, height, x: far } = placed(edge);
    // The area that the layout keeps free for the edge reaches to the box, so the edge can move closer to it.
    const near = box.x + box.width / 2 + LOOP + width / 2;
    return [{ edge, box, at: { x: Math.min(far, near), y, width, height } }];
  });
  const columns = graph.edges
    .filter((edge) => !isLoop(edge))
    .map((edge): PlacedEdge => {
      const { points, ...label } = placed(edge);
      // The first and the last point lie on the border of a box.
      const through = { edge, columns: points.slice(1, -1) };
      return edge.label.length > 0 ? { ...through, label } : through;
    });
  const routes = routesOf(columns, boxes);
  const { width, height } = plan.graph() as Size;
  return { width, height, boxes, routes, loops };
}

function isLoop({ from, to }: FlowEdge): boolean {
  return from === to;
}
