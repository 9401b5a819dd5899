import {
  callback,
  checkArgument,
  checkOptions,
  date,
  instance,
  needed,
  object,
  oneOf,
  type Rules,
  rule,
  wait,
  words,
} from '../../base/check.js';
import { type Clock, VirtualClock } from '../../base/clock.js';
import { during } from '../../base/during.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { attach } from '../../control/attach.js';
import type { Client } from '../../control/client/client.js';
import { type MemoryEndpoint, MemoryTransport } from '../../control/transport/memory-transport.js';
import { PcmServer } from '../../tcp/pcm-server.js';
import { BOT, type Bot } from '../bot.js';
import { BotHost } from '../bot-host.js';
import type { BotResult } from '../bot-result.js';
import { melodyEngine } from '../prompt/melody-engine.js';
import { Prompts } from '../prompt/prompts.js';
import { CallerCard } from './caller-card.js';
import { TestCaller } from './test-caller.js';
import { TestTranscript, type TranscriptLine } from './test-transcript.js';

/** A user of a {@link TestExchange}. */
export interface TestUser {
  readonly handle: string;
  readonly soundCard?: { capture(frame: Int16Array): void; play(frame: Int16Array): void };
}

/** The exchange that carries a test's calls. */
export interface TestExchange extends AsyncDisposable {
  endpoint(handle: string): MemoryEndpoint;
}

/** Starts a {@link TestExchange}; the class `Exchange` is one. */
export interface TestExchangeStarter {
  start(options: {
    readonly clock: Clock;
    readonly patienceMs: number;
    readonly users: readonly TestUser[];
  }): Promise<TestExchange>;
}

/** The actions of one person in a test. */
export type TestScene = (person: TestCaller) => Promise<void>;

export interface TestBotOptions {
  /** Starts the exchange that carries the calls: pass the class `Exchange`. */
  readonly exchange: TestExchangeStarter;
  /** Prompts that the bot says and the caller recognises. Default: files, tones, and text as melodies. */
  readonly prompts?: Prompts;
  /** Other people, to be called or transferred to by the bot: each has a scene of his own. */
  readonly others?: Readonly<Record<string, TestScene>>;
  /** `bot-calls`: the bot calls, and the caller answers. Default `caller-calls`. */
  readonly direction?: 'caller-calls' | 'bot-calls';
  /** The caller's handle. Default `caller`. */
  readonly caller?: string;
  /** Clock of the test, for what is made before it and needs the same one: a `Queue`. Default: one of its own. */
  readonly clock?: VirtualClock;
  /** Wall-clock time at which the test begins, where it has no `clock`. Default 2027-03-01T09:00:00Z. */
  readonly startsAt?: Date;
  /** Longest test, on its own clock, in milliseconds. Default 2 hours. */
  readonly limitMs?: number;
}

export interface TestBotResult {
  /** Results of the bot's calls, in the order in which they ended. */
  readonly results: readonly BotResult[];
  readonly transcript: readonly TranscriptLine[];
  /** Duration of the test, in milliseconds on its own clock. */
  readonly durationMs: number;
}

/** The bot's own handle in a test. */
export const BOT_HANDLE = 'the.bot';

const RULES: Rules<TestBotOptions> = {
  exchange: needed(rule('the class Exchange', (value) => typeof Object(value).start === 'function')),
  prompts: object,
  others: object,
  direction: oneOf('caller-calls', 'bot-calls'),
  caller: words,
  clock: instance(VirtualClock),
  startsAt: date,
  limitMs: wait,
};

/** A tick of the exchange waits so long, in real time, for the bot's voice. */
const PATIENCE_MS = 10_000;
const TWO_HOURS_MS = 7_200_000;

/**
 * Runs a bot against a scripted caller, on a clock that runs as fast as the work allows. The call is in progress
 * when the scene begins (with `bot-calls`: before it rings). When the scene is over, the caller hangs up if he has not.
 *
 * ```ts
 * await testBot(frontDesk, async (caller) => {
 *   await caller.hears('welcome');
 *   await caller.presses('2');
 *   await caller.hears('opening-hours');
 * }, { exchange: Exchange, prompts });
 * ```
 *
 * @throws ERR_SCENE with the transcript, when a scene throws, also one of `others`, or time is up; its cause is what was thrown. A bot that
 * throws does not fail the scene: look at `results`.
 */
export async function testBot(bot: Bot, scene: TestScene, options: TestBotOptions): Promise<TestBotResult> {
  checkArgument('bot', bot, BOT);
  checkArgument('scene', scene, callback);
  checkOptions(options, RULES);
  const { limitMs = TWO_HOURS_MS, startsAt = new Date('2027-03-01T09:00:00Z') } = options;
  const { clock = new VirtualClock(startsAt.getTime()) } = options;
  const begunAt = clock.now();
  const transcript = new TestTranscript(clock);
  const results: BotResult[] = [];
  const stage = await Stage.set(bot, clock, transcript, options);
  stage.host.on('trace', (_, what) => transcript.add('bot', what));
  stage.host.on('result', (result) => {
    results.push(result);
    transcript.add('bot', `${result.outcome}${result.error ? `: ${result.error.message}` : ''}`);
  });
  try {
    await runOn(clock, limitMs, () => stage.play(scene));
    return { results, transcript: transcript.lines, durationMs: clock.now() - begunAt };
  } catch (error) {
    throw new JackfieldError('ERR_SCENE', `${messageOf(error)}\n\n${transcript}\n`, { cause: error });
  } finally {
    await stage.close();
  }
}

/** The exchange, the bot and the people of one test. */
class Stage {
  readonly host: BotHost;
  readonly #bot: Bot;
  readonly #options: TestBotOptions;
  readonly #people: readonly TestCaller[];
  readonly #owned: readonly AsyncDisposable[];

  private constructor(
    bot: Bot,
    host: BotHost,
    people: readonly TestCaller[],
    owned: readonly AsyncDisposable[],
    options: TestBotOptions,
  ) {
    this.#bot = bot;
    this.host = host;
    this.#people = people;
    this.#owned = owned;
    this.#options = options;
  }

  static async set(
    bot: Bot,
    clock: Clock,
    transcript: TestTranscript,
    options: TestBotOptions,
  ): Promise<Stage> {
    const handles = [options.caller ?? 'caller', ...Object.keys(options.others ?? {})];
    const cards = handles.map((handle) => ({ handle, soundCard: new CallerCard() }));
    const exchange = await options.exchange.start({
      clock,
      patienceMs: PATIENCE_MS,
      users: [{ handle: BOT_HANDLE }, ...cards],
    });
    const owned: AsyncDisposable[] = [exchange];
    const attached = async (handle: string): Promise<Client> => {
      const client = await attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
      owned.push(client);
      return client;
    };
    const prompts = options.prompts ?? (await Prompts.open({ engine: melodyEngine() }));
    const server = new PcmServer();
    const host = new BotHost({ client: await attached(BOT_HANDLE), server, prompts, clock });
    const people: TestCaller[] = [];
    for (const { handle, soundCard: card } of cards) {
      people.push(
        new TestCaller({ handle, client: await attached(handle), clock, card, prompts, transcript }),
      );
    }
    return new Stage(bot, host, people, [...owned, server], options);
  }

  /** The whole play: until everybody has hung up and the bot is through. */
  async play(scene: TestScene): Promise<void> {
    const [caller, ...others] = this.#people;
    if (!caller) return;
    const calling =
      this.#options.direction === 'bot-calls'
        ? [this.host.call(this.#bot, caller.handle), act(caller, scene)]
        : [this.#calls(caller, scene)];
    // All at once, so that whichever fails is the failure of the test.
    await Promise.all([
      ...calling,
      ...others.map((person) => act(person, entryOf(this.#options.others ?? {}, person.handle))),
    ]);
    await this.host.close();
  }

  /** The caller dials the bot, and plays his scene when it has answered. */
  async #calls(caller: TestCaller, scene: TestScene): Promise<void> {
    await this.host.attend(this.#bot);
    await caller.dials(BOT_HANDLE);
    await act(caller, scene);
  }

  async close(): Promise<void> {
    for (const each of this.#owned) await each[Symbol.asyncDispose]();
  }
}

/** A person's scene; when it is over he hangs up. */
async function act(person: TestCaller, scene: TestScene = async () => undefined): Promise<void> {
  await scene(person);
  await person.leaves();
}

/** Runs `work` on a clock that goes on whenever nothing else is to be done. */
async function runOn(clock: VirtualClock, limitMs: number, work: () => Promise<void>): Promise<void> {
  const over = new AbortController();
  const timeUp = new Promise<never>((_, reject) => {
    clock.timerAt(clock.now() + limitMs, () =>
      reject(new JackfieldError('ERR_TIMEOUT', `The test was not over after ${limitMs} ms on its clock.`)),
    );
  });
  const working = work();
  const ended = Promise.race([working, timeUp]).finally(() => over.abort());
  ended.catch(() => undefined);
  await during(clock, Promise.resolve());
  while (!over.signal.aborted) {
    await clock.run(over);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await ended;
}
