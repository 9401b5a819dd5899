import { basename } from 'node:path';
import type { Flow } from '../flow/flow.js';
import { linksOf } from '../flow/flow-links.js';
import type { FlowPart, FlowSpeech } from '../flow/flow-parts.js';
import type { FlowStep } from '../flow/flow-schema.js';

export interface FlowNode {
  readonly name: string;
  /** `call`: the entry of a call. */
  readonly kind: FlowStep['do'] | 'call';
  /** Description of the step, in lines short enough for a box. Empty when its kind alone describes it. */
  readonly lines: readonly string[];
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  /** Condition under which this edge is taken, in lines. Empty when it is the only edge. */
  readonly label: readonly string[];
}

/** A flow as a graph: steps and the edges between them. */
export interface FlowGraph {
  readonly title: string;
  /** The first node is the call, which leads to the first step. */
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
}

/** The node of the call. No step can have this name, since it has a blank. */
const CALL: FlowNode = { name: 'a call', kind: 'call', lines: [] };

const BOX_LINE = { width: 32, most: 3 } as const;
const LABEL_LINE = { width: 20, most: 3 } as const;

/** Makes the graph of a flow. Links from one step to the same other step become one edge. */
export function flowGraph(flow: Flow): FlowGraph {
  const steps = Object.entries(flow.data.steps);
  const nodes = steps.map(([name, step]) => ({
    name,
    kind: step.do,
    lines: wrap(describeStep(step), BOX_LINE),
  }));
  const edges = steps.flatMap(([from, step]) => {
    const labels = new Map<string, string[]>();
    for (const { to, label } of linksOf(step)) labels.set(to, [...(labels.get(to) ?? []), label]);
    return [...labels].map(([to, all]) => ({
      from,
      to,
      label: wrap(all.filter(Boolean).join(', '), LABEL_LINE),
    }));
  });
  return {
    title: flow.data.name,
    nodes: [CALL, ...nodes],
    edges: [{ from: CALL.name, to: flow.start, label: [] }, ...edges],
  };
}

/** Describes a step, in addition to its kind. */
function describeStep(step: FlowStep): string {
  switch (step.do) {
    case 'say':
      return describeSpeech(step.what);
    case 'menu':
      return describeSpeech(step.ask);
    case 'gather':
      return `${describeSpeech(step.ask)} → {${step.save}}`;
    case 'branch':
    case 'clearDigits':
      return '';
    case 'set':
      return Object.entries(step.values)
        .map(([name, value]) => `{${name}} = ${value}`)
        .join(', ');
    case 'count':
      return `{${step.variable}} ${step.by < 0 ? '−' : '+'} ${Math.abs(step.by)}`;
    case 'language':
      return step.language;
    case 'recording':
      return step.turn;
    case 'hold':
      return `${step.ms / 1000} s`;
    case 'http':
      return [`${step.method} ${step.url}`, ...Object.keys(step.save).map((name) => `→ {${name}}`)].join(' ');
    case 'flow':
      return basename(step.file);
    case 'fork':
      return step.url;
    case 'message':
      return `${step.to}: “${step.text}”`;
    case 'leaveVoicemail':
      return `${step.for}: ${describeSpeech(step.what)}`;
    case 'record':
      return `${step.ask === undefined ? '' : `${describeSpeech(step.ask)} `}→ {${step.save}}`;
    case 'voicemail':
      return `${describeSpeech(step.greeting)} → ${step.folder}`;
    case 'transfer':
      return [step.to].flat().join(', ');
    case 'enqueue':
      return step.queue;
    case 'hook':
      return step.name;
    case 'hangup':
      return step.say === undefined ? '' : describeSpeech(step.say);
    default:
      return step satisfies never;
  }
}

function describeSpeech(speech: FlowSpeech): string {
  return [speech].flat().map(describePart).join(' ');
}

function describePart(part: FlowPart): string {
  if (typeof part === 'string') return part;
  if ('text' in part) return `“${part.text}”`;
  if ('file' in part) return basename(part.file);
  if ('tone' in part) return `${[part.tone].flat().join(' + ')} Hz`;
  if ('silence' in part) return `${part.silence} ms of silence`;
  return Object.entries(part)
    .map(([kind, value]) => `${kind} ${value}`)
    .join(' ');
}

/** Breaks a text into lines between words. An ellipsis stands for words that do not fit. */
function wrap(text: string, { width, most }: { readonly width: number; readonly most: number }): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word.length > width ? `${word.slice(0, width - 1)}…` : word);
  }
  if (lines.length <= most) return lines;
  const last = lines[most - 1] ?? '';
  return [...lines.slice(0, most - 1), `${last.slice(0, width - 2)} …`];
}
