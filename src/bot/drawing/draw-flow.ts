import { checkArgument, oneOf } from '../../base/check.js';
import { FLOW, type Flow } from '../flow/flow.js';
import { type FlowGraph, type FlowNode, flowGraph } from './flow-graph.js';
import { flowSvg } from './flow-svg.js';

/** `svg`: a picture. `mermaid`, `dot`: text for Mermaid and Graphviz. */
export type FlowDrawing = 'svg' | 'mermaid' | 'dot';

const DRAW: Readonly<Record<FlowDrawing, (graph: FlowGraph) => string | Promise<string>>> = {
  svg: flowSvg,
  mermaid,
  dot,
};

/** Draws a flow as a diagram. @throws ERR_INVALID_ARG */
export async function drawFlow(flow: Flow, format: FlowDrawing = 'svg'): Promise<string> {
  checkArgument('flow', flow, FLOW);
  checkArgument('format', format, oneOf(...Object.keys(DRAW)));
  return await DRAW[format](flowGraph(flow));
}

function mermaid({ nodes, edges }: FlowGraph): string {
  const id = (name: string) => `s_${name.replace(/-/g, '__').replace(/ /g, '___')}`;
  const text = (lines: readonly string[]) =>
    lines
      .map((line) => line.replace(/[#"&<>|{}[\]()`]/g, (character) => `#${character.codePointAt(0)};`))
      .join('<br/>');
  const boxes = nodes.map((node) =>
    node.kind === 'call'
      ? `  ${id(node.name)}(["${node.name}"])`
      : `  ${id(node.name)}["${text(wordsOf(node))}"]`,
  );
  const arrows = edges.map(({ from, to, label }) => {
    const why = label.length === 0 ? '' : `|"${text(label)}"|`;
    return `  ${id(from)} -->${why} ${id(to)}`;
  });
  return ['flowchart TD', ...boxes, ...arrows, ''].join('\n');
}

function dot({ title, nodes, edges }: FlowGraph): string {
  const escaped = (text: string) => text.replace(/["\\]/g, '\\$&');
  const quoted = (...lines: readonly string[]) => `"${lines.map(escaped).join('\\n')}"`;
  const boxes = nodes.map((node) =>
    node.kind === 'call'
      ? `  ${quoted(node.name)} [shape=oval];`
      : `  ${quoted(node.name)} [label=${quoted(...wordsOf(node))}];`,
  );
  const arrows = edges.map(
    ({ from, to, label }) =>
      `  ${quoted(from)} -> ${quoted(to)}${label.length === 0 ? '' : ` [label=${quoted(...label)}]`};`,
  );
  return [
    `digraph ${quoted(title)} {`,
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...boxes,
    ...arrows,
    '}',
    '',
  ].join('\n');
}

function wordsOf({ name, kind, lines }: FlowNode): readonly string[] {
  return [`${name} (${kind})`, ...lines];
}
