import { checkOptions, date, instance, needed, object, type Rules, wait } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { VirtualClock } from '../../base/time/clock.js';
import type { Bot } from '../bot.js';
import type { BotResult } from '../bot-result.js';
import type { CampaignTarget } from '../outbound/call-list.js';
import { checkPlan, runCampaign } from '../outbound/campaign.js';
import type { CampaignLine, CampaignResult } from '../outbound/campaign-call.js';
import type { CampaignOptions } from '../outbound/campaign-options.js';
import type { Prompts } from '../prompt/prompts.js';
import type { TestCaller } from './test-caller.js';
import { act, runOn, STARTER, type TestExchangeStarter, TestHouse, type TestScene } from './test-house.js';
import { TestTranscript, type TranscriptLine } from './test-transcript.js';

/** Reaction of a called person: let it ring, refuse, answer, or answer and play a scene. */
export type CampaignAnswer = 'answer' | 'refuse' | 'ring' | TestScene;

export interface TestCampaignOptions {
  /** Starts the exchange that carries the calls: pass the class `Exchange`. */
  readonly exchange: TestExchangeStarter;
  /** Options of the campaign; the clock is that of the test. */
  readonly campaign?: Omit<CampaignOptions, 'clock'>;
  /**
   * Reactions of the targets. In a list, the first is for the first call and so on; the last is for all further calls.
   * Default `answer`.
   */
  readonly people?: Readonly<Record<string, CampaignAnswer | readonly CampaignAnswer[]>>;
  /** Other people, such as agents, each with a scene. They hang up when the campaign is over. */
  readonly others?: Readonly<Record<string, TestScene>>;
  readonly prompts?: Prompts;
  /**
   * Clock of the test. Pass one to share it with objects made before the test, such as a `Queue`. Default: a new clock.
   */
  readonly clock?: VirtualClock;
  /** Wall-clock time at which it begins, when `clock` is not given. Default 2027-03-01T09:00:00Z, a Monday. */
  readonly startsAt?: Date;
  /** Longest campaign, on its own clock, in milliseconds. Default 30 days. */
  readonly limitMs?: number;
}

export interface TestCampaignResult {
  /** Every call of the campaign, in the order in which they ended. */
  readonly results: readonly CampaignResult[];
  /** Results of the bot's calls. */
  readonly calls: readonly BotResult[];
  readonly transcript: readonly TranscriptLine[];
  /** Duration of the campaign, in milliseconds on its own clock. */
  readonly durationMs: number;
}

const RULES: Rules<TestCampaignOptions> = {
  exchange: needed(STARTER),
  campaign: object,
  people: object,
  others: object,
  prompts: object,
  clock: instance(VirtualClock),
  startsAt: date,
  limitMs: wait,
};

const THIRTY_DAYS_MS = 30 * 86_400_000;

/**
 * Runs a whole campaign against scripted people, on a clock that runs as fast as the work allows: hours, days and
 * second attempts take no time.
 *
 * ```ts
 * const { results } = await testCampaign(reminder, ['anna', 'ben'], {
 *   exchange: Exchange,
 *   people: { ben: ['ring', async (ben) => void (await ben.hears('reminder'))] },
 * });
 * ```
 *
 * @throws ERR_SCENE with the transcript when a scene or the campaign throws, or time is up. Its `cause` is that error.
 * ERR_INVALID_ARG.
 */
export async function testCampaign(
  bot: Bot | ((line: CampaignLine) => Bot),
  targets: readonly (string | CampaignTarget)[],
  options: TestCampaignOptions,
): Promise<TestCampaignResult> {
  checkOptions(options, RULES);
  checkPlan(bot, targets, options.campaign ?? {});
  const { people = {}, others = {}, limitMs = THIRTY_DAYS_MS } = options;
  const { startsAt = new Date('2027-03-01T09:00:00Z') } = options;
  const { clock = new VirtualClock(startsAt.getTime()) } = options;
  const begunAt = clock.now();
  const transcript = new TestTranscript(clock);
  const called = targets.map((each) => (typeof each === 'string' ? each : each.target));
  const house = await TestHouse.open([...called, ...Object.keys(others)], clock, transcript, options);
  const calls: BotResult[] = [];
  house.host.on('result', (result) => calls.push(result));
  const results: CampaignResult[] = [];
  const campaign = async () => {
    for await (const result of runCampaign(house.host, bot, targets, { ...options.campaign, clock })) {
      results.push(result);
      const { target, outcome, retry } = result;
      transcript.add('campaign', `${target}: ${outcome}${retry ? ', to be called again' : ''}`);
    }
    await house.host.close();
  };
  const playing = async () => {
    const answering = Promise.all(
      house.people.map((person) =>
        called.includes(person.handle)
          ? reacts(person, entryOf(people, person.handle))
          : act(person, entryOf(others, person.handle)),
      ),
    );
    // The called people wait for more calls forever. An error of a scene fails the test.
    await Promise.race([campaign(), answering.then(() => new Promise<never>(() => undefined))]);
    answering.catch(() => undefined);
    for (const person of house.people) await person.leaves();
  };
  try {
    await runOn(clock, limitMs, playing);
    return { results, calls, transcript: transcript.lines, durationMs: clock.now() - begunAt };
  } catch (error) {
    throw new JackfieldError('ERR_SCENE', `${messageOf(error)}\n\n${transcript}\n`, { cause: error });
  } finally {
    await house.close();
  }
}

/** Reacts to one call after the other, forever. Rejects when a scene does. */
async function reacts(
  person: TestCaller,
  answers: CampaignAnswer | readonly CampaignAnswer[] = 'answer',
): Promise<void> {
  const list = Array.isArray(answers) ? answers : [answers as CampaignAnswer];
  for (let count = 0; ; count++) {
    // A call that ends before it rings is skipped.
    await person.rings().catch(() => undefined);
    if (person.call.over) continue;
    const answer: CampaignAnswer = list[Math.min(count, list.length - 1)] ?? 'answer';
    if (answer === 'refuse') await person.call.refuse();
    else if (answer !== 'ring') {
      await person.answers();
      if (answer !== 'answer') await act(person, answer);
    }
    await person.call.ended();
  }
}
