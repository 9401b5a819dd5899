import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Clock } from '../../clock.js';
import { JackfieldError, messageOf } from '../../errors.js';
import type { EndCause } from '../calls/leg.js';
import { type RobotBehaviour, RobotDestination, type RobotStep } from '../calls/robot.js';
import type { LineInterface } from '../directory.js';
import type { Exchange } from '../exchange.js';
import type { UserOptions } from '../user.js';
import { readVoice } from '../voice/prompts.js';
import { type ScenarioFile, scenarioSchema } from './scenario-schema.js';

type Behaviour = Omit<ScenarioFile['robots'][number], 'handle' | 'fullName'>;

const OUTCOMES = {
  answer: 'answer',
  busy: { kind: 'busy' },
  refuse: { kind: 'refused' },
  'no-answer': { kind: 'no-answer' },
} as const satisfies Record<string, 'answer' | EndCause>;

/** Users, robots and numbers with their behaviour, from a file: what a test of somebody's program runs against. */
export class Scenario {
  /** Options of {@link Exchange.start}. */
  readonly options: {
    readonly users: readonly UserOptions[];
    readonly robots: readonly RobotDestination[];
    readonly gateway: LineInterface;
  };
  readonly #calls: ScenarioFile['calls'];
  readonly #callers: ReadonlyMap<string, RobotDestination>;
  readonly #clock: Clock;

  private constructor(
    scenario: ScenarioFile,
    users: UserOptions[],
    callers: RobotDestination[],
    clock: Clock,
  ) {
    this.#calls = scenario.calls;
    this.#callers = new Map(callers.map((caller) => [caller.identity.handle.toLowerCase(), caller]));
    this.#clock = clock;
    this.options = {
      users,
      robots: callers.filter(({ identity }) => identity.network === 'P2P'),
      gateway: { lineTo: (number) => this.#callers.get(number) },
    };
  }

  /**
   * Reads a scenario and the WAV files that it names, which are found from its own folder.
   *
   * @throws ERR_FILE, ERR_WAV; ERR_SYNTAX, naming the field, when it is not of the schema.
   */
  static async load(path: string, clock: Clock): Promise<Scenario> {
    const folder = dirname(resolve(path));
    const scenario = await parse(path, await readText(path));
    const users = scenario.users.map(({ greeting, ...user }) => ({
      ...defined(user),
      ...(greeting !== undefined && { greeting: resolve(folder, greeting) }),
    })) as UserOptions[];
    const robots = scenario.robots.map(async ({ handle, fullName = handle, ...behaviour }) => {
      const identity = { handle, fullName, network: 'P2P' } as const;
      return new RobotDestination(identity, await behaviourOf(behaviour, folder), clock);
    });
    const numbers = scenario.numbers.map(async ({ number, fullName = number, tariff, ...behaviour }) => {
      const identity = { handle: number, fullName, network: 'PSTN' } as const;
      return new RobotDestination(identity, await behaviourOf(behaviour, folder), clock, tariff);
    });
    const callers = await Promise.all([...robots, ...numbers]);
    for (const { from } of scenario.calls) {
      if (!callers.some(({ identity }) => identity.handle.toLowerCase() === from.toLowerCase())) {
        throw new JackfieldError('ERR_SYNTAX', `${path}: calls: ${from} is none of its robots and numbers.`);
      }
    }
    return new Scenario(scenario, users, callers, clock);
  }

  /** Has the scenario's calls made, each in its time; returns what cancels those that are still to come. */
  run(exchange: Exchange): () => void {
    const start = this.#clock.now();
    const timers = this.#calls.flatMap(({ from, to, afterMs }) => {
      const caller = this.#callers.get(from.toLowerCase());
      return caller ? [this.#clock.timerAt(start + afterMs, () => exchange.callFrom(caller, to))] : [];
    });
    return () => {
      for (const cancel of timers) cancel();
    };
  }
}

async function behaviourOf(from: Behaviour, folder: string): Promise<RobotBehaviour> {
  const [steps, earlyMedia] = await Promise.all([
    Promise.all(from.does.map((step) => stepOf(step, folder))),
    from.earlyMedia === undefined ? undefined : readVoice(resolve(folder, from.earlyMedia)),
  ]);
  return {
    ringMs: from.rings,
    outcome: typeof from.outcome === 'string' ? OUTCOMES[from.outcome] : failureOf(from.outcome),
    steps,
    stay: from.stays,
    ...(earlyMedia && { earlyMedia }),
    ...(from.drops !== undefined && { dropAfterMs: from.drops }),
    ...(from.line && { impairment: defined(from.line) as RobotBehaviour['impairment'] & object }),
  };
}

async function stepOf(step: Behaviour['does'][number], folder: string): Promise<RobotStep> {
  return step !== 'play-back' && 'say' in step ? { say: await readVoice(resolve(folder, step.say)) } : step;
}

function failureOf({ fail, text }: { readonly fail: number; readonly text?: string | undefined }): EndCause {
  return { kind: 'failed', reason: fail, ...(text !== undefined && { pstnStatus: text }) };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new JackfieldError('ERR_FILE', `The scenario ${path} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}

async function parse(path: string, text: string): Promise<ScenarioFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JackfieldError('ERR_SYNTAX', `${path} is no JSON: ${messageOf(cause)}.`, { cause });
  }
  const { prettifyError } = await import('zod');
  const parsed = (await scenarioSchema()).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new JackfieldError('ERR_SYNTAX', `${path} is no scenario:\n${prettifyError(parsed.error)}`);
}

/** Without the fields that are `undefined`, which optional fields of options may not be. */
function defined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
