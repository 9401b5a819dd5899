import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { path as aPath, checkArgument, having } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { decodeText } from '../../files/decode-text.js';
import type { CallFailureReason } from '../../protocol/status/failure-reasons.js';
import type { LineInterface } from '../../switch/attempt.js';
import { phoneIdentity } from '../../switch/identity.js';
import type { EndCause } from '../../switch/leg.js';
import { type RobotBehaviour, RobotDestination, type RobotStep } from '../../switch/robot.js';
import { failureReason } from '../calls/call-end.js';
import type { Exchange } from '../exchange.js';
import { SimulatedSms, type SimulatedSmsOptions } from '../sms/simulated-sms.js';
import type { UserOptions } from '../user-options.js';
import { readVoice } from '../voice/prompt-files.js';
import { actInChats, seatInChats } from './chat-acts.js';
import { doAtDesk } from './desk-acts.js';
import { actAsRobot, introduceRobot } from './people-acts.js';
import { type ScenarioFile, scenarioSchema } from './scenario-schema.js';

type Behaviour = Omit<
  ScenarioFile['robots'][number],
  'handle' | 'fullName' | 'tariff' | 'status' | 'authorises'
>;

const OUTCOMES = {
  answer: 'answer',
  busy: { kind: 'busy' },
  refuse: { kind: 'refused' },
  'no-answer': { kind: 'no-answer' },
} as const satisfies Record<string, 'answer' | EndCause>;

/** Users, robots and numbers with their behaviour, read from a file. Programs are tested against it. */
export class Scenario {
  /** Options of {@link Exchange.start}. */
  readonly options: {
    readonly users: readonly UserOptions[];
    readonly robots: readonly RobotDestination[];
    readonly gateway: LineInterface;
    readonly smsGateway: SimulatedSms;
  };
  /** Facts about web pages, by address: an option of {@link Exchange.listenHttp}. */
  readonly urlInfo: ScenarioFile['urlInfo'];
  readonly #calls: ScenarioFile['calls'];
  readonly #desk: ScenarioFile['desk'];
  readonly #chats: ScenarioFile['chats'];
  readonly #people: ScenarioFile['people'];
  readonly #robots: ScenarioFile['robots'];
  readonly #voicemails: ScenarioFile['voicemails'];
  readonly #texts: ScenarioFile['texts'];
  readonly #folder: string;
  readonly #callers: ReadonlyMap<string, RobotDestination>;
  readonly #clock: Clock;

  private constructor(
    scenario: ScenarioFile,
    users: UserOptions[],
    callers: RobotDestination[],
    clock: Clock,
    folder: string,
  ) {
    this.urlInfo = scenario.urlInfo;
    this.#calls = scenario.calls;
    this.#desk = scenario.desk;
    this.#chats = scenario.chats;
    this.#people = scenario.people;
    this.#robots = scenario.robots;
    this.#voicemails = scenario.voicemails;
    this.#texts = scenario.texts;
    this.#folder = folder;
    this.#callers = new Map(callers.map((caller) => [caller.identity.handle.toLowerCase(), caller]));
    this.#clock = clock;
    this.options = {
      users,
      robots: callers.filter(({ identity }) => identity.network === 'P2P'),
      gateway: { lineTo: (number) => this.#callers.get(number) },
      smsGateway: new SimulatedSms(clock, defined(scenario.sms) as SimulatedSmsOptions),
    };
  }

  /**
   * Reads a scenario and the WAV files that it names. Their paths are relative to its folder.
   *
   * @throws ERR_FILE, ERR_WAV; ERR_SYNTAX, naming the field, when the file does not match the schema.
   */
  static async load(path: string, clock: Clock): Promise<Scenario> {
    checkArgument('path', path, aPath);
    checkArgument('clock', clock, CLOCK);
    const folder = dirname(resolve(path));
    const scenario = await parse(path, await readText(path));
    checkNames(path, scenario);
    const users = scenario.users.map(({ greeting, transferFolder, ...user }) => ({
      ...defined(user),
      ...(greeting !== undefined && { greeting: resolve(folder, greeting) }),
      ...(transferFolder !== undefined && { transferFolder: resolve(folder, transferFolder) }),
    })) as UserOptions[];
    const robots = scenario.robots.map(async ({ handle, fullName = handle, tariff, ...behaviour }) => {
      const identity = { handle, fullName, network: 'P2P' } as const;
      return new RobotDestination(identity, await behaviourOf(behaviour, folder), clock, tariff);
    });
    const numbers = scenario.numbers.map(async ({ number, fullName = number, tariff, ...behaviour }) => {
      const identity = phoneIdentity(number, fullName);
      return new RobotDestination(identity, await behaviourOf(behaviour, folder), clock, tariff);
    });
    const callers = await Promise.all([...robots, ...numbers]);
    return new Scenario(scenario, users, callers, clock, folder);
  }

  /**
   * Puts the scenario's voicemails into their mailboxes and starts its timed calls and acts.
   *
   * @returns a function that cancels the acts that are still to come.
   * @throws ERR_FILE, ERR_WAV when a voicemail cannot be read.
   */
  async run(exchange: Exchange): Promise<() => void> {
    checkArgument('exchange', exchange, having('deposit', 'endpoint', 'desk', 'receiveSms'));
    const start = this.#clock.now();
    for (const { to, from, fullName = from, file, fault } of this.#voicemails) {
      const sender = { handle: from, fullName };
      await exchange.deposit({
        to,
        from: sender,
        file: resolve(this.#folder, file),
        ...(fault && { fault }),
      });
    }
    for (const robot of this.#robots) {
      introduceRobot(exchange, robot);
      seatInChats(exchange, robot, this.#clock);
    }
    const acts = [
      ...this.#desk.map((act) => [act.afterMs, () => doAtDesk(exchange.desk(act.user), act)] as const),
      ...this.#people.map((act) => [act.afterMs, () => actAsRobot(exchange, act)] as const),
      ...this.#chats.map((act) => [act.afterMs, () => actInChats(exchange, act)] as const),
    ].map(([afterMs, act]) => this.#clock.timerAt(start + afterMs, () => fenced(exchange, act)));
    const timers = this.#calls.flatMap(({ from, to, afterMs }) => {
      const caller = this.#callers.get(from.toLowerCase());
      return caller ? [this.#clock.timerAt(start + afterMs, () => callFrom(exchange, caller, to))] : [];
    });
    const texts = this.#texts.map(({ afterMs, ...text }) =>
      this.#clock.timerAt(start + afterMs, () => void exchange.receiveSms(text)),
    );
    return () => {
      for (const cancel of [...timers, ...acts, ...texts]) cancel();
    };
  }
}

function callFrom(exchange: Exchange, caller: RobotDestination, to: string): void {
  try {
    exchange.callFrom(caller.leg(), to);
  } catch (error) {
    exchange.emit('failure', error, 'scenario');
  }
}

/** Carries out an act. An error is reported as a failure of the exchange. */
async function fenced(exchange: Exchange, act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    exchange.emit('failure', error, 'scenario');
  }
}

/** Checks the names in a scenario. @throws ERR_SYNTAX for a user, robot or number that it does not define. */
function checkNames(
  path: string,
  { users, robots, numbers, calls, voicemails, texts, desk, people, chats }: ScenarioFile,
): void {
  const lower = (names: readonly string[]) => new Set(names.map((name) => name.toLowerCase()));
  const reachable = lower(users.map(({ handle }) => handle));
  const callers = lower([...robots.map(({ handle }) => handle), ...numbers.map(({ number }) => number)]);
  const check = (place: string, name: string, known: ReadonlySet<string>, expected: string) => {
    if (known.has(name.toLowerCase())) return;
    throw new JackfieldError(
      'ERR_SYNTAX',
      `${printable(path)}: ${place} must be ${expected} of the scenario; got "${name}".`,
    );
  };
  for (const [index, { from, to }] of calls.entries()) {
    check(`calls[${index}].from`, from, callers, 'one of the robots and numbers');
    check(`calls[${index}].to`, to, reachable, 'one of the users');
  }
  for (const [index, { user }] of desk.entries()) {
    check(`desk[${index}].user`, user, reachable, 'one of the users');
  }
  const known = lower(robots.map(({ handle }) => handle));
  for (const [index, act] of chats.entries()) {
    check(`chats[${index}].robot`, act.robot, known, 'one of the robots');
    if ('writesTo' in act) check(`chats[${index}].writesTo`, act.writesTo, reachable, 'one of the users');
  }
  for (const [index, act] of people.entries()) {
    check(`people[${index}].robot`, act.robot, known, 'one of the robots');
    if ('asks' in act) check(`people[${index}].asks`, act.asks, reachable, 'one of the users');
  }
  for (const [index, { to }] of texts.entries()) {
    check(`texts[${index}].to`, to, reachable, 'one of the users');
  }
  for (const [index, { to }] of voicemails.entries()) {
    check(`voicemails[${index}].to`, to, reachable, 'one of the users');
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

function failureOf({
  fail,
  text,
}: {
  readonly fail: CallFailureReason;
  readonly text?: string | undefined;
}): EndCause {
  return { kind: 'failed', reason: failureReason(fail), ...(text !== undefined && { text }) };
}

async function readText(path: string): Promise<string> {
  try {
    return decodeText(await readFile(path));
  } catch (cause) {
    throw new JackfieldError(
      'ERR_FILE',
      printable(`The scenario ${path} cannot be read: ${messageOf(cause)}`),
      {
        cause,
      },
    );
  }
}

async function parse(path: string, text: string): Promise<ScenarioFile> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JackfieldError(
      'ERR_SYNTAX',
      `${printable(path)} is not JSON: ${printable(messageOf(cause))}.`,
      {
        cause,
      },
    );
  }
  const { prettifyError } = await import('zod');
  const parsed = (await scenarioSchema()).safeParse(value);
  if (parsed.success) return parsed.data;
  throw new JackfieldError(
    'ERR_SYNTAX',
    `${printable(path)} is not a scenario:\n${prettifyError(parsed.error)}`,
  );
}

/** Copies a record without its `undefined` fields: optional fields of options may not be `undefined`. */
function defined<T extends object>(record: T): Partial<T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as Partial<T>;
}
