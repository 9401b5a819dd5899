import { describe, expect, it } from 'vitest';
import { bot } from '../../../src/call/bot/bot.js';
import { BotHost } from '../../../src/call/bot/bot-host.js';
import { testBot } from '../../../src/call/bot-test/test-bot.js';
import type { AnswerVerdict } from '../../../src/call/outbound/answer-detector.js';
import {
  type CampaignOptions,
  type CampaignResult,
  runCampaign,
} from '../../../src/call/outbound/campaign.js';
import { detectAnswer, waitForBeep } from '../../../src/call/outbound/detect-answer.js';
import { VirtualClock } from '../../../src/clock.js';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';

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
  const over = new AbortController();
  const running = (async () => {
    for await (const result of runCampaign(host, greet, targets, { clock, ...options })) results.push(result);
  })().finally(() => over.abort());
  running.catch(() => undefined);
  while (!over.signal.aborted) {
    await clock.run(over);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await running;
  await host.close();
  return results;
}

describe('a campaign', () => {
  it('calls everybody once, one after the other, at its pace', async () => {
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

  it('calls again later who did not answer, as often as it may', async () => {
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

  it('has no more calls at once than it may', async () => {
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

  it('goes on when a target cannot be called, and hands each result to the store', async () => {
    const stored: string[] = [];
    const results = await campaign(
      ['not a handle', 'anna'],
      { anna: () => 'answer' },
      {
        callsPerMinute: 600,
        store: ({ target, outcome }) => void stored.push(`${target}: ${outcome}`),
      },
    );
    expect(results[0]).toMatchObject({ outcome: 'error', retry: false });
    expect(stored).toEqual(['not a handle: error', 'anna: done']);
  });

  it('ends with its signal, when the calls under way have ended', async () => {
    const stop = new AbortController();
    const results = await campaign(
      ['anna', 'anna', 'anna'],
      { anna: () => 'answer' },
      {
        signal: stop.signal,
        store: () => stop.abort(),
      },
    );
    expect(results).toHaveLength(1);
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
