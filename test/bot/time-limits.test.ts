import { describe, expect, it } from 'vitest';
import { bot } from '../../src/bot/bot.js';
import type { BotCall } from '../../src/bot/bot-call.js';
import { bridge, Room } from '../../src/bot/room.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import type { TestScene } from '../../src/bot/test/test-house.js';
import { Exchange } from '../../src/exchange/exchange.js';

const TONE = { tone: 440, ms: 20_000 } as const;
const OTHER = { tone: [500, 900], ms: 600 } as const;
const never = () => new Promise(() => undefined);

/** What `wait` comes to, how long it took on the call's clock, and that the call goes on after it. */
async function waited(
  wait: (call: BotCall) => Promise<unknown>,
  others: Record<string, TestScene> = {},
): Promise<{ result: unknown; ms: number }> {
  let outcome: { result: unknown; ms: number } | undefined;
  const script = bot(async (call) => {
    const begun = call.clock.now();
    const result = await wait(call).catch((error: unknown) => error);
    outcome = { result, ms: call.clock.now() - begun };
    await call.say(OTHER);
  });
  const hears = async (caller: { hears(what: typeof OTHER): Promise<unknown> }) =>
    void (await caller.hears(OTHER));
  await testBot(script, hears, { exchange: Exchange, others });
  if (!outcome) throw new Error('The script did not come to its end.');
  return outcome;
}

const agent: TestScene = async (agent) => {
  await agent.answers();
  await agent.hasStatus('FINISHED', { withinMs: 20_000 });
};

describe('a wait with a time limit', () => {
  it.each<[string, (call: BotCall) => Promise<unknown>, unknown]>([
    ['say', (call) => call.say(TONE, { timeoutMs: 900 }), { outcome: 'cleared' }],
    ['gather', (call) => call.gather({ timeoutMs: 900 }), { ended: 'timeout' }],
    ['record', (call) => call.record({ maxMs: 900, beep: false }), { ended: 'max' }],
    ['join', (call) => new Room().join(call, { timeoutMs: 900 }), undefined],
    ['hold', (call) => call.hold(never, { timeoutMs: 900 }), { code: 'ERR_TIMEOUT' }],
    ['hold with music', (call) => call.hold(never, { music: TONE, timeoutMs: 900 }), { code: 'ERR_TIMEOUT' }],
  ])('%s returns at its time limit, and the call goes on', async (_, wait, expected) => {
    const { result, ms } = await waited(wait);
    if (expected === undefined) expect(result).toBeUndefined();
    else expect(result).toMatchObject(expected as object);
    // A recording counts what it has heard: its first frame comes at once.
    expect(ms).toBeGreaterThanOrEqual(880);
    expect(ms).toBeLessThanOrEqual(1200);
  });

  it('bridge returns at its time limit, and both calls go on', async () => {
    let during = 0;
    const { result } = await waited(
      async (call) => {
        const agent = await call.dial('agent');
        const begun = call.clock.now();
        const ended = await bridge(call, agent, { timeoutMs: 900 });
        during = call.clock.now() - begun;
        return [ended, agent.call.status];
      },
      { agent },
    );
    expect(result).toEqual([undefined, 'INPROGRESS']);
    expect(during).toBeGreaterThanOrEqual(900);
    expect(during).toBeLessThanOrEqual(1000);
  });

  it.each<[string, (call: BotCall) => Promise<unknown>]>([
    ['say', (call) => call.say(TONE, { timeoutMs: -1 })],
    ['mark', (call) => call.mark({ timeoutMs: Number.NaN })],
    ['join', (call) => new Room().join(call, { timeoutMs: -1 })],
    ['hold', (call) => call.hold(never, { timeoutMs: -1 })],
    ['bridge', (call) => bridge(call, call, { timeoutMs: -1 })],
  ])('%s refuses an invalid time limit', async (_, wait) => {
    expect((await waited(wait)).result).toMatchObject({ code: 'ERR_INVALID_ARG' });
  });
});
