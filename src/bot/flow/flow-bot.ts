import { randomUUID } from 'node:crypto';
import { basename, join, relative } from 'node:path';
import {
  callback,
  checkArgument,
  checkOptions,
  instance,
  object,
  path,
  type Rules,
  rule,
} from '../../base/check.js';
import { during } from '../../base/during.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError } from '../../base/errors.js';
import { localClock } from '../../base/local-time.js';
import { isInside } from '../../files/confined-path.js';
import { makeFolder } from '../../files/whole-file.js';
import { type Bot, bot } from '../bot.js';
import type { BotCall } from '../bot-call.js';
import type { Gathered, GatherOptions } from '../gather.js';
import { FLOW, type Flow } from './flow.js';
import { conditionHolds } from './flow-condition.js';
import { checkFolders } from './flow-folders.js';
import type { FlowSpeech, FlowStep } from './flow-schema.js';
import { type FlowFiles, type FlowVariables, filePath, fillIn, spoken } from './flow-variables.js';

/** Context that a hook is called with. */
export interface FlowHookContext {
  readonly call: BotCall;
  /** May be changed. */
  readonly variables: FlowVariables;
}

/** A step in code. What it returns chooses among the step's `results`; throwing leads to `otherwise`. */
export type FlowHook = (context: FlowHookContext) => Promise<string | undefined> | string | undefined;

export interface FlowBotOptions {
  /** By the names that the flow uses. */
  readonly hooks?: Readonly<Record<string, FlowHook>>;
  /** Values that its one call begins with; what its steps save is put there. Default: none. */
  readonly variables?: FlowVariables;
  /** Folder that takes the messages in place of the flow's own: they lie there as they would lie in it. */
  readonly messages?: string;
}

const RULES: Rules<FlowBotOptions> = {
  hooks: rule(
    'an object of functions',
    (value) => object.accepts(value) && Object.values(value as object).every(callback.accepts),
  ),
  variables: instance(Map),
  messages: path,
};

/**
 * Makes a bot of a flow. A step without a way on ends the call.
 *
 * @throws ERR_INVALID_ARG when the flow uses hooks that there are not; all of them are named.
 */
export function flowBot(flow: Flow, options: FlowBotOptions = {}): Bot {
  checkArgument('flow', flow, FLOW);
  checkOptions(options, RULES);
  const { hooks = {} } = options;
  const missing = Object.entries(flow.data.steps).flatMap(([name, step]) =>
    step.do === 'hook' && !Object.hasOwn(hooks, step.name)
      ? [`Step ${name} of ${flow.file} uses the hook ${step.name}: pass it as hooks.${step.name}.`]
      : [],
  );
  if (missing.length > 0) throw new JackfieldError('ERR_INVALID_ARG', missing.join('\n'));
  const { name, language, goodbye } = flow.data;
  return bot((call) => new FlowRun(flow, call, { ...options, hooks }).run(), {
    name,
    says: flow.says,
    prepare: () => checkFolders(flow.data, flow.folder),
    ...(language !== undefined && { language }),
    ...(goodbye !== undefined && {
      goodbye: spoken(goodbye, new Map(), { folder: flow.folder, recorded: new Set() }),
    }),
  });
}

type StepOf<K extends FlowStep['do']> = Extract<FlowStep, { do: K }>;

/** One call's way through a flow. */
class FlowRun {
  readonly #flow: Flow;
  readonly #call: BotCall;
  readonly #hooks: Readonly<Record<string, FlowHook>>;
  readonly #variables: FlowVariables;
  readonly #messages: string;
  readonly #files: FlowFiles & { readonly recorded: Set<string> };

  constructor(
    flow: Flow,
    call: BotCall,
    {
      hooks,
      variables = new Map(),
      messages = flow.folder,
    }: FlowBotOptions & Required<Pick<FlowBotOptions, 'hooks'>>,
  ) {
    this.#flow = flow;
    this.#messages = messages;
    this.#call = call;
    this.#hooks = hooks;
    this.#files = { folder: flow.folder, recorded: new Set() };
    this.#variables = variables
      .set('caller', call.partner.handle)
      .set('callerName', call.partner.name)
      .set('call', String(call.id))
      .set('today', localClock(flow.data.timezone)(call.clock.unixMs()).date);
  }

  async run(): Promise<void> {
    let name: string | undefined = this.#flow.start;
    while (name !== undefined) {
      const step: FlowStep | undefined = entryOf(this.#flow.data.steps, name);
      name = step ? await this.#take(step) : undefined;
    }
  }

  /** Does one step; returns the name of the next. */
  async #take(step: FlowStep): Promise<string | undefined> {
    switch (step.do) {
      case 'say':
        await this.#say(step.what);
        return step.next;
      case 'menu':
        return await this.#menu(step);
      case 'gather':
        return await this.#gather(step);
      case 'branch':
        return this.#branch(step);
      case 'record':
        if (step.ask !== undefined) await this.#say(step.ask);
        await this.#record(step);
        return step.next;
      case 'voicemail':
        await this.#say(step.greeting);
        await this.#record(step);
        if (step.thanks !== undefined) await this.#say(step.thanks);
        return undefined;
      case 'transfer':
        return await this.#transfer(step);
      case 'hook':
        return await this.#hook(step);
      case 'hangup':
        if (step.say !== undefined) await this.#say(step.say);
        return undefined;
      default:
        return step satisfies never;
    }
  }

  async #say(speech: FlowSpeech): Promise<void> {
    await this.#call.say(this.#spoken(speech));
  }

  async #menu(step: StepOf<'menu'>): Promise<string | undefined> {
    const isChoice = ({ digits }: Gathered) => Object.hasOwn(step.choices, digits);
    const answer = await this.#ask(step, { min: 1, max: 1, terminators: '' }, isChoice);
    return answer ? entryOf(step.choices, answer.digits) : step.otherwise;
  }

  async #gather(step: StepOf<'gather'>): Promise<string | undefined> {
    const { min, max, terminators } = step;
    const answer = await this.#ask(step, { min, max, terminators }, ({ complete }) => complete);
    if (!answer) return step.otherwise;
    this.#variables.set(step.save, answer.digits);
    return step.next;
  }

  /** Asks until the answer will do, as often as the step says. */
  async #ask(
    step: StepOf<'menu' | 'gather'>,
    expected: Pick<GatherOptions, 'min' | 'max' | 'terminators'>,
    willDo: (answer: Gathered) => boolean,
  ): Promise<Gathered | undefined> {
    const { ask, invalid, bargeIn, timeoutMs, interDigitMs, tries } = step;
    for (let attempt = 0; attempt < tries; attempt++) {
      const prompt = this.#spoken(ask);
      const answer = await this.#call.gather({ ...expected, prompt, bargeIn, timeoutMs, interDigitMs });
      if (willDo(answer)) return answer;
      if (invalid !== undefined && answer.digits !== '') await this.#say(invalid);
    }
    return undefined;
  }

  #branch(step: StepOf<'branch'>): string | undefined {
    const facts = {
      unixMs: this.#call.clock.unixMs(),
      timezone: this.#flow.data.timezone,
      caller: this.#call.partner.handle,
      variables: this.#variables,
    };
    return step.cases.find(({ when }) => conditionHolds(when, facts))?.next ?? step.otherwise;
  }

  async #record(step: StepOf<'record' | 'voicemail'>): Promise<void> {
    const folder = this.#messageFolder(filePath(step.folder, this.#variables, this.#files));
    const file = join(folder, `${this.#variables.get('today')}-${randomUUID()}.wav`);
    await during(this.#call.clock, makeFolder(folder));
    const { maxMs, silenceMs } = step;
    await this.#call.record({ file, maxMs, silenceMs });
    this.#files.recorded.add(file);
    this.#variables.set(step.save, file);
  }

  #messageFolder(named: string): string {
    const { folder } = this.#flow;
    if (this.#messages === folder) return named;
    return join(
      this.#messages,
      named === folder || isInside(folder, named) ? relative(folder, named) : basename(named),
    );
  }

  async #transfer(step: StepOf<'transfer'>): Promise<string | undefined> {
    const to = (typeof step.to === 'string' ? [step.to] : step.to).map((one) => fillIn(one, this.#variables));
    try {
      await this.#call.transfer(to, { timeoutMs: step.timeoutMs, blind: step.blind });
      return undefined;
    } catch (error) {
      if (this.#call.signal.aborted || step.otherwise === undefined) throw error;
      return step.otherwise;
    }
  }

  async #hook(step: StepOf<'hook'>): Promise<string | undefined> {
    try {
      const result = await entryOf(
        this.#hooks,
        step.name,
      )?.({ call: this.#call, variables: this.#variables });
      return (result === undefined ? undefined : entryOf(step.results ?? {}, result)) ?? step.next;
    } catch (error) {
      if (this.#call.signal.aborted || step.otherwise === undefined) throw error;
      return step.otherwise;
    }
  }

  #spoken(speech: FlowSpeech) {
    return spoken(speech, this.#variables, this.#files);
  }
}
