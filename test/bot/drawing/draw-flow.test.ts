import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawFlow } from '../../../src/bot/drawing/draw-flow.js';
import type { FlowGraph } from '../../../src/bot/drawing/flow-graph.js';
import { type FlowLayout, layOutFlow } from '../../../src/bot/drawing/flow-layout.js';
import { parseFlow, readFlow } from '../../../src/bot/flow/flow.js';
import type { Area, Point } from '../../../src/bot/flow/flow-routes.js';

const FLOW = `
name: A "desk" <1>
steps:
  hours:
    do: branch
    cases:
      - when: { weekdays: [fri, mon, tue, wed, thu], from: "09:00", to: "17:30" }
        next: menu
      - when: { weekdays: [wed, sun] }
        next: bye
    otherwise: look-up
  menu: { do: menu, ask: { text: "For sales, press 1 & wait. To hear this again, press the star." }, choices: { "1": sales, "*": menu } }
  look-up: { do: hook, name: lookUp, results: { gold: sales }, next: menu, otherwise: bye }
  sales: { do: transfer, to: [sales.desk, sales.two], otherwise: bye }
  bye: { do: hangup }
`;
const SIZES = {
  box: ({ lines }: { readonly lines: readonly string[] }) => ({ width: 120, height: 30 + 40 * lines.length }),
  label: () => ({ width: 30, height: 16 }),
};

/** Up to 12 steps of different heights, and any ways between them. */
const graphs = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc
    .record({
      heights: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: count, maxLength: count }),
      ways: fc.uniqueArray(fc.tuple(fc.nat(count - 1), fc.nat(count - 1), fc.boolean()), {
        maxLength: 30,
        selector: ([from, to]) => `${from} ${to}`,
      }),
    })
    .map(
      ({ heights, ways }): FlowGraph => ({
        title: 'any',
        nodes: heights.map((lines, index) => ({
          name: `s${index}`,
          kind: 'say',
          lines: Array(lines).fill('x'),
        })),
        edges: ways.map(([from, to, labelled]) => ({
          ...{ from: `s${from}`, to: `s${to}` },
          label: labelled ? ['x'] : [],
        })),
      }),
    ),
);

const inside = ({ x, y }: Point, box: Area) =>
  Math.abs(x - box.x) < box.width / 2 - 0.01 && Math.abs(y - box.y) < box.height / 2 - 0.01;

/** Every few pixels of a route, as it is drawn. */
function pointsOf(points: FlowLayout['routes'][number]['points']): Point[] {
  return points.flatMap((from, index) => {
    const to = points[index + 1];
    if (!to) return [from];
    return Array.from({ length: 40 }, (_, step) => {
      const t = step / 40;
      // A bend that leaves and arrives upright.
      const eased = index % 2 === 0 ? t : t * t * (3 - 2 * t);
      const y = index % 2 === 0 ? t : 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t ** 3;
      return { x: from.x + (to.x - from.x) * eased, y: from.y + (to.y - from.y) * y };
    });
  });
}

describe('the layout of a flow', () => {
  it('has no line through a box, and no two boxes or labels in one place', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const { boxes, routes, loops } = await layOutFlow(graph, SIZES);
        expect(routes.length + loops.length).toBe(graph.edges.length);
        for (const { points } of routes) {
          expect(points.length).toBeGreaterThanOrEqual(4);
          for (const point of pointsOf(points)) {
            expect([...boxes.values()].filter((box) => inside(point, box))).toEqual([]);
          }
        }
        const areas = [...boxes.values(), ...routes.flatMap(({ label }) => (label ? [label] : []))];
        for (const [index, a] of areas.entries()) {
          for (const b of areas.slice(index + 1)) {
            const apart =
              Math.abs(a.x - b.x) >= (a.width + b.width) / 2 ||
              Math.abs(a.y - b.y) >= (a.height + b.height) / 2;
            expect({ a, b, apart }).toMatchObject({ apart: true });
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('leads each way from its step to its target', async () => {
    await fc.assert(
      fc.asyncProperty(graphs, async (graph) => {
        const { boxes, routes } = await layOutFlow(graph, SIZES);
        for (const { edge, points } of routes) {
          for (const [end, name] of [
            [points[0], edge.from],
            [points.at(-1), edge.to],
          ] as const) {
            const box = boxes.get(name)!;
            expect(Math.abs(end!.x - box.x)).toBeLessThanOrEqual(box.width / 2);
            expect(Math.abs(end!.y - box.y)).toBeCloseTo(box.height / 2, 1);
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('the drawing of a flow', () => {
  const flow = parseFlow(FLOW);

  it('has every step and every way, as text for Mermaid and Graphviz', async () => {
    const mermaid = await drawFlow(await flow, 'mermaid');
    expect(mermaid).toContain(
      's_menu["menu #40;menu#41;<br/>“For sales, press 1 #38; wait. To<br/>hear this again',
    );
    expect(mermaid).toContain('s_menu -->|"1"| s_sales');
    expect(mermaid).toContain('|"mon–fri 09:00–17:30"| s_menu');
    const dot = await drawFlow(await flow, 'dot');
    expect(dot).toContain('digraph "A \\"desk\\" <1>"');
    for (const name of Object.keys((await flow).data.steps))
      expect(dot).toContain(`"${name}" [label="${name} (`);
    expect(dot).toContain('"look-up" -> "sales" [label="gold"];');
    expect(dot).toContain('"hours" -> "bye" [label="wed sun"];');
  });

  it('is a well-formed picture', async () => {
    const svg = await drawFlow(await flow);
    expect(svg.match(/<rect [^>]*stroke=/g)).toHaveLength(6);
    expect(svg.match(/marker-end/g)).toHaveLength(10);
    expect(svg).toContain('<title>A &quot;desk&quot; &lt;1&gt;</title>');
    expect(svg).toContain('>sales.desk, sales.two</text>');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is the same each time, and refuses an unknown format', async () => {
    const desk = await readFlow('examples/flows/front-desk.yaml');
    expect(await drawFlow(desk)).toBe(await drawFlow(desk));
    await expect(drawFlow(desk, 'gif' as 'svg')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});
