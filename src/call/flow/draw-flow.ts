import { invalidArgument } from '../../errors.js';
import type { Flow } from './flow.js';
import { type FlowGraph, flowGraph } from './flow-graph.js';
import { flowSvg } from './flow-svg.js';

/** `svg`: a picture. `mermaid`, `dot`: text for Mermaid and Graphviz. */
export type FlowDrawing = 'svg' | 'mermaid' | 'dot';

const DRAW: Readonly<Record<FlowDrawing, (graph: FlowGraph) => string>> = { svg: flowSvg, mermaid, dot };

/** Draws a flow as a diagram. @throws ERR_INVALID_ARG */
export function drawFlow(flow: Flow, format: FlowDrawing = 'svg'): string {
  if (!Object.hasOwn(DRAW, format)) throw invalidArgument('format', Object.keys(DRAW).join(', '), format);
  return DRAW[format](flowGraph(flow));
}

function mermaid({ start, nodes, edges }: FlowGraph): string {
  const id = (name: string) => `s_${name.replace(/-/g, '__')}`;
  const text = (value: string) =>
    value.replace(/[#"&<>|{}[\]()`]/g, (character) => `#${character.codePointAt(0)};`);
  const lines = nodes.map(({ name, lines: words }) => `  ${id(name)}["${words.map(text).join('<br/>')}"]`);
  const arrows = edges.map(({ from, to, label }) =>
    label === '' ? `  ${id(from)} --> ${id(to)}` : `  ${id(from)} -->|"${text(label)}"| ${id(to)}`,
  );
  return ['flowchart TD', `  start(("call")) --> ${id(start)}`, ...lines, ...arrows, ''].join('\n');
}

function dot({ title, start, nodes, edges }: FlowGraph): string {
  const quoted = (value: string) => `"${value.replace(/["\\]/g, '\\$&')}"`;
  const lines = nodes.map(
    ({ name, lines: words }) =>
      `  ${quoted(name)} [label="${words.map((word) => quoted(word).slice(1, -1)).join('\\n')}"];`,
  );
  const arrows = edges.map(
    ({ from, to, label }) =>
      `  ${quoted(from)} -> ${quoted(to)}${label === '' ? '' : ` [label=${quoted(label)}]`};`,
  );
  return [
    `digraph ${quoted(title)} {`,
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    '  " call" [shape=circle, label="call"];',
    `  " call" -> ${quoted(start)};`,
    ...lines,
    ...arrows,
    '}',
    '',
  ].join('\n');
}
