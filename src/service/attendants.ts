import type { Clock } from '../base/time/clock.js';
import type { Bot } from '../bot/bot.js';
import type { BotCall } from '../bot/bot-call.js';
import type { FlowVoicemail } from '../bot/flow/flow-bot-options.js';
import { openPrompts } from '../bot/prompt/open-prompts.js';
import type { Prompts } from '../bot/prompt/prompts.js';
import type { Queue } from '../bot/queue/queue.js';
import { readBot } from '../bot/read-bot.js';
import { commandTranscriber } from '../voice/transcript/command-transcriber.js';
import { MessageTaker } from '../voicemail/answering/message-taker.js';
import type { VoicemailArchive } from '../voicemail/archive/voicemail-archive.js';
import { type OfferedCall, weighRules } from './answer-rules.js';
import { MACHINE, type ServiceConfig } from './config/service-config.js';
import { speakableOf } from './spoken.js';

/** A bot or answering machine that can answer calls. */
export interface Attendant {
  /** Name used in rules. */
  readonly name: string;
  readonly bot: Bot;
  readonly prompts: Prompts;
  /** Largest number of simultaneous calls, over all endpoints. */
  readonly maxCalls: number;
  /** Default time of ringing before it answers, in milliseconds. */
  readonly afterMs: number;
}

/** An account whose calls are answered. */
export interface ServedAccount {
  readonly account: string;
  /** Collects the facts of one of its calls. */
  offered(call: BotCall['call']): Promise<OfferedCall>;
}

/** The parts of a service that attendants use. */
export interface Workplace {
  readonly clock: Clock;
  readonly archive: VoicemailArchive | undefined;
  readonly accounts: readonly ServedAccount[];
  /** Called with each message taker, before its first call. */
  taker(taker: MessageTaker): void;
  /** Queues with stored state, by folder, including those of earlier configurations. */
  readonly queueFolders: Map<string, Queue>;
  /** Called with each queue of a flow, when its first caller arrives. */
  queue(queue: Queue): void;
  /** Leaves a voicemail for a flow, with the account of its call. */
  leaveVoicemail(prompts: Prompts, message: Parameters<FlowVoicemail>[0]): Promise<void>;
}

const DEFAULT_MAX_CALLS = 100;
const MACHINE_MAX_CALLS = 1000;
const MACHINE_RINGS_MS = 20_000;

/** The attendants of one configuration: bots for all accounts, and an answering machine per account. */
export class Staff {
  readonly #bots: ReadonlyMap<string, Attendant>;
  readonly #machines: ReadonlyMap<string, Attendant>;
  readonly #takers: readonly MessageTaker[];

  private constructor(
    bots: ReadonlyMap<string, Attendant>,
    machines: ReadonlyMap<string, { readonly attendant: Attendant; readonly taker: MessageTaker }>,
  ) {
    this.#bots = bots;
    this.#machines = new Map([...machines].map(([account, { attendant }]) => [account, attendant]));
    this.#takers = [...machines.values()].map(({ taker }) => taker);
  }

  /**
   * Reads every bot and its prompts. A bot with missing prompts is refused here.
   * @throws ERR_FILE, ERR_FLOW, ERR_WAV, ERR_TOOL, ERR_INVALID_ARG.
   */
  static async read(config: ServiceConfig, place: Workplace): Promise<Staff> {
    const bots = new Map<string, Attendant>();
    for (const [
      name,
      { flow, hooks, http, script, agent, maxCalls = DEFAULT_MAX_CALLS, ...rest },
    ] of Object.entries(config.bots ?? {})) {
      const prompts = await openPrompts(rest);
      const { make } = await readBot({ flow, hooks, http, script, agent }, { prompts });
      const bot = {
        ...make(undefined, {
          onQueue: (queue) => place.queue(queue),
          queueFolders: place.queueFolders,
          leaveVoicemail: (message) => place.leaveVoicemail(prompts, message),
        }),
        name,
      };
      bots.set(name, { name, bot, prompts, maxCalls, afterMs: 0 });
    }
    const machines = new Map<string, { attendant: Attendant; taker: MessageTaker }>();
    for (const served of place.accounts) {
      const machine = await machineOf(config, served, place);
      if (machine) machines.set(served.account, machine);
    }
    return new Staff(bots, machines);
  }

  /** Finds the attendant of a name for an account. */
  find(name: string, account: string): Attendant | undefined {
    return name === MACHINE ? this.#machines.get(account) : this.#bots.get(name);
  }

  /** The bots of the configuration, without answering machines. */
  get bots(): readonly Attendant[] {
    return [...this.#bots.values()];
  }

  /** The attendants that can answer calls of this account. */
  of(account: string): readonly Attendant[] {
    const machine = this.#machines.get(account);
    return [...this.#bots.values(), ...(machine ? [machine] : [])];
  }

  /** Resolves when every stored message has been reported. */
  async settled(): Promise<void> {
    await Promise.all(this.#takers.map((taker) => taker.settled()));
  }
}

type MachineConfig = NonNullable<ServiceConfig['answeringMachine']>;

async function machineOf(
  { answeringMachine: machine, calendars = {} }: ServiceConfig,
  { account, offered }: ServedAccount,
  { archive, taker: told }: Workplace,
): Promise<{ attendant: Attendant; taker: MessageTaker } | undefined> {
  if (!machine || !archive) return undefined;
  const { prompts: folder, speech, cache, greetings = [], transcriber, maxCalls, afterMs } = machine;
  const prompts = await openPrompts({ prompts: folder, speech, cache });
  const greetingFor = async ({ call }: BotCall) => {
    const fitting = weighRules(greetings, calendars, await offered(call)).find(({ fits }) => fits);
    return speakableOf(fitting?.rule.greeting ?? machine.greeting);
  };
  const taker = await MessageTaker.open({
    ...{ account, archive, prompts, greetingFor },
    ...wordsOf(machine),
    greetings: [machine.greeting, ...greetings.map(({ greeting }) => greeting)].flatMap(
      (each) => speakableOf(each) ?? [],
    ),
    ...(transcriber && { transcriber: commandTranscriber(given(transcriber)) }),
  });
  told(taker);
  const attendant = {
    ...{ name: MACHINE, bot: taker.bot, prompts },
    maxCalls: maxCalls ?? MACHINE_MAX_CALLS,
    afterMs: afterMs ?? MACHINE_RINGS_MS,
  };
  return { attendant, taker };
}

/** Converts the configuration to options of the message taker. */
function wordsOf({ maxMs, silenceMs, minMs, endKey, keys, language, hook, ...rest }: MachineConfig) {
  const [reviewPrompt, goodbye] = [speakableOf(rest.reviewPrompt), speakableOf(rest.goodbye)];
  return given({
    ...{ maxMs, silenceMs, minMs, endKey, language, reviewPrompt, goodbye },
    keys: keys && given(keys),
    hook: hook && given(hook),
  });
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Removes undefined fields. */
function given<T extends object>(options: T): Partial<Given<T>> & Given<Pick<T, RequiredOf<T>>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}

type RequiredOf<T> = { [K in keyof T]-?: undefined extends T[K] ? never : K }[keyof T];

/** Counts the calls of each attendant, over all endpoints and configurations. */
export class Places {
  readonly #taken = new Map<string, number>();

  /** Reserves a place for a call. Returns a function that frees it; undefined when all places are taken. */
  take({ name, maxCalls }: Attendant): (() => void) | undefined {
    const taken = this.#taken.get(name) ?? 0;
    if (taken >= maxCalls) return undefined;
    this.#taken.set(name, taken + 1);
    return () => {
      const left = (this.#taken.get(name) ?? 1) - 1;
      if (left > 0) this.#taken.set(name, left);
      else this.#taken.delete(name);
    };
  }
}
