import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import { BotHost } from '../../../src/bot/bot-host.js';
import type { AnswerVerdict } from '../../../src/bot/outbound/answer-detector.js';
import { runCampaign } from '../../../src/bot/outbound/campaign.js';
import type { CampaignResult } from '../../../src/bot/outbound/campaign-call.js';
import { CampaignLog } from '../../../src/bot/outbound/campaign-log.js';
import type { CampaignOptions } from '../../../src/bot/outbound/campaign-options.js';
import { detectAnswer, waitForBeep } from '../../../src/bot/outbound/detect-answer.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { Database } from '../../../src/files/database.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { driven } from '../../turns.js';

const MELODY = { tone: [440, 660], ms: 800 } as const;
const SENTENCE = { file: 'assets/speech/reader-870.wav' } as const;

/** Runs a campaign against users who do what `answers` says to their nth call. */
async function campaign(
  targets: readonly string[],
  answers: Readonly<Record<string, (nth: number) => 'answer' | 'refuse' | 'ring'>>,
  options: CampaignOptions,
): Promise<CampaignResult[]> {
  const clock = new VirtualClock();
  await using exchange = await Exchange.start({
    clock,
    patienceMs: 5000,
    users: ['the.bot', ...Object.keys(answers)].map((handle) => ({ handle })),
  });
  const attached = (handle: string) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  for (const [handle, answer] of Object.entries(answers)) {
    let calls = 0;
    (await attached(handle)).on('call', (call) => {
      const what = answer(++calls);
      if (what === 'ring') return;
      void call.reached('RINGING').then(() => (what === 'answer' ? call.answer() : call.refuse()));
    });
  }
  await using server = new PcmServer();
  const host = new BotHost({ client: await attached('the.bot'), server, clock });
  const greet = bot(async (call) => {
    await call.say(MELODY);
  });
  const results: CampaignResult[] = [];
  const running = (async () => {
    for await (const result of runCampaign(host, greet, targets, { clock, ...options })) results.push(result);
  })();
  await driven(clock, running);
  await host.close();
  return results;
}

describe('a campaign', () => {
  it('calls every target once, one after the other, at its pace', async () => {
    const answer = () => 'answer' as const;
    const results = await campaign(
      ['anna', 'ben', 'carl'],
      { anna: answer, ben: answer, carl: answer },
      { callsPerMinute: 6 },
    );
    expect(results).toMatchObject(
      ['anna', 'ben', 'carl'].map((target) => ({
        target,
        attempt: 1,
        outcome: 'done',
        status: 'FINISHED',
        retry: false,
      })),
    );
    const placed = results.map(({ placedAtMs }) => placedAtMs);
    expect(placed[1]! - placed[0]!).toBe(10_000);
    expect(placed[2]! - placed[1]!).toBe(10_000);
  });

  it('calls only within its hours, in their zone', async () => {
    const answer = () => 'answer' as const;
    // The clock begins on a Thursday, 1970-01-01T00:00Z: 09:00 in Tokyo.
    const results = await campaign(
      ['anna', 'ben', 'carl'],
      { anna: answer, ben: answer, carl: answer },
      {
        callsPerMinute: 1,
        hours: { from: '08:30', to: '09:02', weekdays: ['thu', 'sat'] },
        timezone: 'Asia/Tokyo',
      },
    );
    const placed = results.map(({ placedAtMs }) => new Date(placedAtMs).toISOString().slice(0, 16));
    expect(placed).toEqual(['1970-01-01T00:00', '1970-01-01T00:01', '1970-01-02T23:30']);
  });

  it('refuses invalid hours and an unknown time zone', () => {
    const start = (options: CampaignOptions) => () =>
      runCampaign(
        {} as BotHost,
        bot(() => {}),
        [],
        options,
      );
    expect(start({ hours: { from: '24:00', to: '08:00' } })).toThrow(/hours\.from must be/);
    expect(start({ timezone: 'Mars/Base' })).toThrow(/timezone must be/);
  });

  it('calls targets that did not answer again later, as often as allowed', async () => {
    const results = await campaign(
      ['anna', 'ben'],
      { anna: (nth) => (nth < 3 ? 'ring' : 'answer'), ben: () => 'refuse' },
      { concurrency: 2, attempts: 3, retryAfterMs: 60_000, ringMs: 5000, callsPerMinute: 600 },
    );
    const of = (target: string) => results.filter((result) => result.target === target);
    expect(of('anna').map(({ outcome }) => outcome)).toEqual(['unanswered', 'unanswered', 'done']);
    expect(of('anna').map(({ retry }) => retry)).toEqual([true, true, false]);
    expect(of('ben')).toMatchObject([
      ...[1, 2].map((attempt) => ({ attempt, outcome: 'unanswered', status: 'REFUSED', retry: true })),
      { attempt: 3, retry: false },
    ]);
    const [first, second] = of('ben').map(({ placedAtMs }) => placedAtMs);
    expect(second! - first!).toBeGreaterThanOrEqual(60_000);
  });

  it('has no more calls at once than its limit', async () => {
    const answer = () => 'answer' as const;
    const names = ['anna', 'ben', 'carl', 'dora', 'emil'];
    const results = await campaign(names, Object.fromEntries(names.map((name) => [name, answer])), {
      concurrency: 2,
      callsPerMinute: 6000,
    });
    const calls = results.map(({ placedAtMs, durationMs }) => [placedAtMs, placedAtMs + durationMs] as const);
    const atOnce = calls.map(([begin]) => calls.filter(([from, to]) => from <= begin && begin < to).length);
    expect(Math.max(...atOnce)).toBe(2);
    expect(results).toHaveLength(5);
  });

  it('continues when a target cannot be called, and hands each result to the store', async () => {
    const stored: string[] = [];
    const results = await campaign(
      ['not a handle', 'anna'],
      { anna: () => 'answer' },
      {
        callsPerMinute: 600,
        store: {
          resume: () => [],
          begin: ({ target }) => void stored.push(target),
          finish: ({ target, outcome }) => void stored.push(`${target}: ${outcome}`),
        },
      },
    );
    expect(results[0]).toMatchObject({ outcome: 'error', retry: false });
    expect(stored).toEqual(['not a handle', 'not a handle: error', 'anna', 'anna: done']);
  });

  it('ends when its signal has fired and the calls under way have ended', async () => {
    const stop = new AbortController();
    const answer = () => 'answer' as const;
    const results = await campaign(
      ['anna', 'ben', 'carl'],
      { anna: answer, ben: answer, carl: answer },
      {
        signal: stop.signal,
        store: { resume: () => [], begin: () => undefined, finish: () => stop.abort() },
      },
    );
    expect(results).toHaveLength(1);
  });

  it('refuses a list with the same target twice', async () => {
    await expect(campaign(['anna', 'Anna'], {}, {})).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  it.each([
    { concurrency: 0 },
    { callsPerMinute: 0 },
    { attempts: 1.5 },
    { retryAfterMs: -1 },
    { ringMs: 0 },
  ])('refuses %j', async (options) => {
    await expect(campaign([], {}, options)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});

describe('a campaign in the catalogue', () => {
  const NAMES = ['anna', 'ben', 'carl'];
  const answered = Object.fromEntries(NAMES.map((name) => [name, () => 'answer' as const]));
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-campaign-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('continues where it was stopped, and calls no target twice', async () => {
    using log = CampaignLog.open(folder);
    const placed: string[] = [];
    for (let run = 0; run < 4; run++) {
      const store = log.store('spring');
      const stop = new AbortController();
      const stopping = {
        ...store,
        finish: (result: CampaignResult) => [store.finish(result), stop.abort()][0],
      };
      const results = await campaign(NAMES, answered, { store: stopping, signal: stop.signal });
      placed.push(...results.map(({ target }) => target));
    }
    expect(placed).toEqual(NAMES);
    expect(log.search({ campaign: 'spring' })).toMatchObject(
      NAMES.map((target) => ({ target, attempt: 1, outcome: 'done', status: 'FINISHED', retry: false })),
    );
    expect(log.summaries()).toMatchObject([
      { campaign: 'spring', targets: 3, calls: 3, outcomes: { done: 3 } },
    ]);
  });

  it('calls targets that did not answer again, also after a stop, in time and as often as allowed', async () => {
    using log = CampaignLog.open(folder);
    const limits = { attempts: 2, ringMs: 3000, retryAfterMs: 60_000, store: log.store('spring') };
    const stop = new AbortController();
    const { begin, finish, resume } = limits.store;
    const store = { begin, resume, finish: (result: CampaignResult) => [finish(result), stop.abort()][0] };
    await campaign(['anna'], { anna: () => 'ring' }, { ...limits, store, signal: stop.signal });
    expect(log.search()).toMatchObject([{ attempt: 1, retry: true }]);
    const [second, ...more] = await campaign(['anna'], { anna: () => 'ring' }, limits);
    expect(second).toMatchObject({ attempt: 2, retry: false });
    expect(more).toEqual([]);
    expect(await campaign(['anna'], { anna: () => 'answer' }, limits)).toEqual([]);
  });

  it('does not call a target again that was being called when the process was killed', async () => {
    using log = CampaignLog.open(folder);
    await log.store('spring').begin({ target: 'anna', attempt: 1, placedAtMs: 0 });
    const results = await campaign(['anna', 'ben'], answered, { store: log.store('spring') });
    expect(results.map(({ target }) => target)).toEqual(['ben']);
    expect(log.search({ outcome: 'interrupted' })).toMatchObject([{ target: 'anna' }]);
  });

  it('cannot be run by two processes at once', async () => {
    using log = CampaignLog.open(folder);
    const store = log.store('spring');
    await store.begin({ target: 'anna', attempt: 1, placedAtMs: 0 });
    expect(() => store.begin({ target: 'Anna', attempt: 1, placedAtMs: 9 })).toThrow(/already placed/);
    using db = Database.open(join(folder, 'campaigns.sqlite'), ['', '', '']);
    db.run('UPDATE campaign_calls SET pid = ?', process.ppid);
    expect(() => store.resume()).toThrow(`run by process ${process.ppid}`);
  });

  it('keeps the fields of a target and the results of the bot, and finds them', async () => {
    using log = CampaignLog.open(folder);
    const finish = log.store('survey').finish;
    const call = { attempt: 1, placedAtMs: 1000, durationMs: 2000, status: 'FINISHED', retry: false };
    for (const [target, rating] of [
      ['anna', '5'],
      ['ben', '100%'],
    ] as const) {
      await log.store('survey').begin({ target, attempt: 1, placedAtMs: 1000 });
      await finish({ ...call, target, outcome: 'done', variables: { rating } });
    }
    expect(log.search({ text: '100%' })).toMatchObject([{ target: 'ben', variables: { rating: '100%' } }]);
    expect(log.search({ target: 'AN' })).toMatchObject([{ target: 'anna', durationMs: 2000 }]);
    expect(log.search({ since: new Date(1001) })).toEqual([]);
  });
});

describe('a call out', () => {
  it('waits for the beep of a machine, and leaves its message after it', async () => {
    let verdict: AnswerVerdict | undefined;
    const reminder = bot(async (call) => {
      verdict = await detectAnswer(call);
      if (verdict.answerer === 'machine') await waitForBeep(call);
      await call.say(MELODY);
    });
    const { results } = await testBot(
      reminder,
      async (machine) => {
        await machine.answers();
        await machine.waits(500);
        await machine.speaks([SENTENCE, { silence: 400 }, { tone: 1400, ms: 300 }]);
        await machine.hears(MELODY);
        await machine.hasStatus('FINISHED');
      },
      { exchange: Exchange, direction: 'bot-calls' },
    );
    expect(verdict?.answerer).toBe('machine');
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });
});
