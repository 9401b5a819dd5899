import type { Flow } from './flow.js';
import { linksOf } from './flow-links.js';
import type { FlowSpeech, FlowStep } from './flow-schema.js';

export interface FlowNode {
  readonly name: string;
  readonly kind: FlowStep['do'];
  /** The name, and below it what the step does. */
  readonly lines: readonly string[];
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

/** A flow as a graph: steps, and the ways between them. */
export interface FlowGraph {
  readonly title: string;
  readonly start: string;
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

const MAX_LINE = 34;

/** Ways that lead to the same step are one edge. */
export function flowGraph(flow: Flow): FlowGraph {
  const steps = Object.entries(flow.data.steps);
  const nodes = steps.map(([name, step]) => ({
    name,
    kind: step.do,
    lines: [name, short(describeStep(step))],
  }));
  const edges = steps.flatMap(([from, step]) => {
    const labels = new Map<string, string[]>();
    for (const { to, label } of linksOf(step)) labels.set(to, [...(labels.get(to) ?? []), label]);
    return [...labels].map(([to, all]) => ({ from, to, label: short(all.filter(Boolean).join(', ')) }));
  });
  return { title: flow.data.name, start: flow.start, nodes, edges };
}

function describeStep(step: FlowStep): string {
  switch (step.do) {
    case 'say':
      return `say ${describeSpeech(step.what)}`;
    case 'menu':
      return `menu ${describeSpeech(step.ask)}`;
    case 'gather':
      return `gather {${step.save}}`;
    case 'branch':
      return 'branch';
    case 'record':
      return `record {${step.save}}`;
    case 'voicemail':
      return `voicemail in ${step.folder}`;
    case 'transfer':
      return `transfer to ${[step.to].flat().join(', ')}`;
    case 'hook':
      return `hook ${step.name}`;
    case 'hangup':
      return step.say === undefined ? 'hang up' : `say ${describeSpeech(step.say)}, hang up`;
    default:
      return step satisfies never;
  }
}

function describeSpeech(speech: FlowSpeech): string {
  const parts = Array.isArray(speech) ? speech : [speech];
  return parts
    .map((part) =>
      typeof part === 'string' ? part : Object.entries(part).map(([kind, value]) => `${kind} ${value}`)[0],
    )
    .join(' + ');
}

function short(text: string): string {
  return text.length > MAX_LINE ? `${text.slice(0, MAX_LINE - 1)}…` : text;
}
