import { localClock } from '../../base/time/local-time.js';
import type { CallRecording } from '../../recording/call-recording.js';
import type { BotCall } from '../bot-call.js';
import type { Speakable } from '../prompt/speakable.js';
import type { Flow } from './flow.js';
import type { FlowBotOptions } from './flow-bot-options.js';
import type { FlowSpeech } from './flow-parts.js';
import type { FlowStep, StepOf } from './flow-schema.js';
import { type FlowFiles, type FlowVariables, fillIn, spoken } from './flow-variables.js';

/** Runs one kind of step; returns the name of the next step, undefined at the end. */
export type StepWork<K extends FlowStep['do']> = (
  run: FlowRun,
  step: StepOf<K>,
) => Promise<string | undefined> | string | undefined;

/** The parts of a {@link FlowRun}. */
export interface FlowRunParts {
  readonly flow: Flow;
  readonly call: BotCall;
  readonly options: FlowBotOptions;
  readonly memory: FlowMemory;
}

/** State of a call in a flow, shared with its sub-flows. */
export interface FlowMemory {
  readonly variables: FlowVariables;
  /** Names of the variables that are kept out of transcripts and results. */
  readonly secrets: Set<string>;
  /** Messages that were recorded. */
  readonly recorded: Set<string>;
  /** Recording that the flow itself has begun. */
  recording?: CallRecording;
}

/** Runs one call through a flow. */
export class FlowRun {
  readonly flow: Flow;
  readonly call: BotCall;
  readonly options: FlowBotOptions;
  readonly files: FlowFiles;
  /** True once a step has ended the call, also one of a sub-flow. */
  isOver = false;
  readonly memory: FlowMemory;

  constructor({ flow, call, options, memory }: FlowRunParts) {
    this.flow = flow;
    this.call = call;
    this.options = options;
    this.memory = memory;
    this.files = { folder: flow.folder, recorded: memory.recorded };
  }

  get variables(): FlowVariables {
    return this.memory.variables;
  }

  /** Begins a flow on a call, with the variables that every call has. */
  static of(flow: Flow, call: BotCall, options: FlowBotOptions): FlowRun {
    const { variables = new Map<string, string>() } = options;
    variables
      .set('caller', call.partner.handle)
      .set('callerName', call.partner.name)
      .set('call', String(call.id))
      .set('today', localClock(flow.data.timezone)(call.clock.unixMs()).date);
    return new FlowRun({
      flow,
      call,
      options,
      memory: { variables, secrets: new Set(), recorded: new Set() },
    });
  }

  /** Runs the steps with `walk`, from the first to an end. Then deletes the secret variables. */
  async through(walk: (run: FlowRun) => Promise<void>): Promise<void> {
    try {
      await walk(this);
    } finally {
      for (const name of this.memory.secrets) this.variables.delete(name);
    }
  }

  /** Makes the run of a sub-flow, with the same variables. */
  partOf(flow: Flow): FlowRun {
    const { call, options, memory } = this;
    return new FlowRun({ flow, call, options, memory });
  }

  /** Saves a value. A secret value is masked in transcripts, and deleted when the flow ends. */
  save(name: string, value: string, isSecret = false): void {
    this.variables.set(name, value);
    if (isSecret) {
      this.memory.secrets.add(name);
      this.call.keepSecret(value);
    } else this.memory.secrets.delete(name);
  }

  async say(speech: FlowSpeech): Promise<void> {
    await this.call.say(this.spoken(speech));
  }

  spoken(speech: FlowSpeech): Speakable {
    return spoken(speech, this.variables, this.files);
  }

  fill(text: string, quoted?: (value: string) => string): string {
    return fillIn(text, this.variables, quoted);
  }

  /** Runs `work`, with music when there is any. */
  async withMusic<T>(music: FlowSpeech | undefined, work: () => Promise<T>): Promise<T> {
    return music === undefined ? await work() : await this.call.hold(work, { music: this.spoken(music) });
  }

  /** Returns `otherwise` when `work` fails. Rethrows when the call has ended, or when there is no `otherwise`. */
  async orElse(
    otherwise: string | undefined,
    work: () => Promise<string | undefined>,
  ): Promise<string | undefined> {
    try {
      return await work();
    } catch (error) {
      if (this.call.signal.aborted || otherwise === undefined) throw error;
      return otherwise;
    }
  }
}
