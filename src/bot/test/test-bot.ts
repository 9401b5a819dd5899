import {
  callback,
  checkArgument,
  checkOptions,
  date,
  either,
  having,
  instance,
  needed,
  object,
  oneOf,
  type Rules,
  wait,
  words,
} from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { VirtualClock } from '../../base/time/clock.js';
import { BOT, type Bot } from '../bot.js';
import type { BotResult } from '../bot-result.js';
import type { ChatBotResult } from '../chat/chat-attendant.js';
import { CHAT_BOT, type ChatBot } from '../chat/chat-bot.js';
import type { Prompts } from '../prompt/prompts.js';
import { BOT_HANDLE } from './bot-handle.js';
import { act, runOn, STARTER, type TestExchangeStarter, TestHouse, type TestScene } from './test-house.js';
import { TestTranscript, type TranscriptLine } from './test-transcript.js';

export interface TestBotOptions {
  /** Starts the exchange that carries the calls: pass the class `Exchange`. */
  readonly exchange: TestExchangeStarter;
  /** Prompts that the bot says and the caller recognises. Default: files and tones, with text as melodies. */
  readonly prompts?: Prompts;
  /** Other people that the bot may call or transfer to, each with a scene. */
  readonly others?: Readonly<Record<string, TestScene>>;
  /** `bot-calls`: the bot calls, and the caller answers. Default `caller-calls`. */
  readonly direction?: 'caller-calls' | 'bot-calls';
  /** The caller's handle. Default `caller`. */
  readonly caller?: string;
  /**
   * Clock of the test. Pass one to share it with objects made before the test, such as a `Queue`. Default: a new clock.
   */
  readonly clock?: VirtualClock;
  /** Wall-clock time at which the test begins, when `clock` is not given. Default 2027-03-01T09:00:00Z. */
  readonly startsAt?: Date;
  /** Longest test, on its own clock, in milliseconds. Default 2 hours. */
  readonly limitMs?: number;
}

export interface TestBotResult {
  /** Results of the bot's calls, in the order in which they ended. */
  readonly results: readonly BotResult[];
  /** Results of the bot's conversations in text, in the order in which they ended. */
  readonly chats: readonly ChatBotResult[];
  readonly transcript: readonly TranscriptLine[];
  /** Duration of the test, in milliseconds on its own clock. */
  readonly durationMs: number;
}

const RULES: Rules<TestBotOptions> = {
  exchange: needed(STARTER),
  prompts: having('samples', 'preload'),
  others: object,
  direction: oneOf('caller-calls', 'bot-calls'),
  caller: words,
  clock: instance(VirtualClock),
  startsAt: date,
  limitMs: wait,
};

const EITHER_BOT = either(BOT, CHAT_BOT);

const TWO_HOURS_MS = 7_200_000;

/**
 * Runs a bot against a scripted caller, on a clock that runs as fast as the work allows. The call is in progress when
 * the scene begins; with `bot-calls`, the scene begins before it rings. When the scene is over, the caller hangs up if
 * the call goes on. With a bot for chats there is no call: the scene writes and reads messages.
 *
 * ```ts
 * await testBot(frontDesk, async (caller) => {
 *   await caller.hears('welcome');
 *   await caller.presses('2');
 *   await caller.hears('opening-hours');
 * }, { exchange: Exchange, prompts });
 * ```
 *
 * @throws ERR_SCENE with the transcript when a scene throws, also one of `others`, or time is up. Its `cause` is the
 * error of the scene. An error of the bot does not fail the scene: see `results`.
 */
export async function testBot(
  bot: Bot | ChatBot,
  scene: TestScene,
  options: TestBotOptions,
): Promise<TestBotResult> {
  checkArgument('bot', bot, EITHER_BOT);
  checkArgument('scene', scene, callback);
  checkOptions(options, RULES);
  const { limitMs = TWO_HOURS_MS, startsAt = new Date('2027-03-01T09:00:00Z') } = options;
  const { clock = new VirtualClock(startsAt.getTime()) } = options;
  const begunAt = clock.now();
  const transcript = new TestTranscript(clock);
  const results: BotResult[] = [];
  const { caller = 'caller', others = {} } = options;
  const house = await TestHouse.open([caller, ...Object.keys(others)], clock, transcript, options);
  const chats: ChatBotResult[] = [];
  house.host.on('result', (result) => results.push(result));
  house.host.on('chatResult', (result) => chats.push(result));
  try {
    await runOn(clock, limitMs, () => play(house, bot, scene, options));
    return { results, chats, transcript: transcript.lines, durationMs: clock.now() - begunAt };
  } catch (error) {
    throw new JackfieldError('ERR_SCENE', `${messageOf(error)}\n\n${transcript}\n`, { cause: error });
  } finally {
    await house.close();
  }
}

/** Runs all scenes until everybody has hung up and the bot is done. */
async function play(
  { host, people }: TestHouse,
  bot: Bot | ChatBot,
  scene: TestScene,
  { direction, others = {} }: TestBotOptions,
): Promise<void> {
  const [caller, ...rest] = people;
  if (!caller) return;
  const writes = async (chats: ChatBot) => {
    await host.attendChats(chats);
    await act(caller, scene);
  };
  const calls = async (answers: Bot) => {
    await host.attend(answers);
    await caller.dials(BOT_HANDLE);
    await act(caller, scene);
  };
  const called = async (dials: Bot) => {
    await Promise.all([host.call(dials, caller.handle), act(caller, scene)]);
  };
  const talking = 'converse' in bot ? writes(bot) : direction === 'bot-calls' ? called(bot) : calls(bot);
  // All at once, so that any failure fails the test.
  await Promise.all([talking, ...rest.map((person) => act(person, entryOf(others, person.handle)))]);
  await host.close();
}
