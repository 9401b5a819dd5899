import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { msToSamples } from '../../src/base/pcm.js';
import { bot } from '../../src/bot/bot.js';
import type { BotCall } from '../../src/bot/bot-call.js';
import { bridge } from '../../src/bot/room.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import { Exchange } from '../../src/exchange/exchange.js';

const exchange = Exchange;
const MELODY = [
  { tone: 440, ms: 300 },
  { tone: 660, ms: 300 },
] as const;
const OTHER = { tone: [500, 900], ms: 600 } as const;
const LONG = { tone: 440, ms: 20_000 } as const;

describe('the end of a call', () => {
  const WAITS: Record<string, (call: BotCall) => Promise<unknown>> = {
    say: (call) => call.say(LONG),
    mark: (call) => saying(call).mark(),
    gather: (call) => call.gather({ timeoutMs: 3_600_000 }),
    pause: (call) => call.pause(3_600_000),
    listen: async (call) => {
      for await (const _ of call.listen());
      await call.pause(1);
    },
    hold: (call) => call.hold(() => new Promise(() => undefined), { music: MELODY }),
  };

  it.each(Object.keys(WAITS))('ends a script that waits in %s, and runs its finally', async (name) => {
    const steps: unknown[] = [];
    const script = bot(async (call) => {
      try {
        await WAITS[name]!(call);
        steps.push('went on');
      } catch (error) {
        steps.push((error as { code: string }).code);
        throw error;
      } finally {
        steps.push('finally');
      }
    });
    const { results } = await testBot(
      script,
      async (caller) => {
        await caller.waits(1000);
        await caller.hangsUp();
      },
      { exchange },
    );
    expect(steps).toEqual(['ERR_CALL_ENDED', 'finally']);
    expect(results).toMatchObject([{ outcome: 'hung-up', status: 'FINISHED' }]);
  });

  it('follows an exception in the script: a goodbye and the end of that call, and of no other call', async () => {
    const script = bot(
      async (call) => {
        await call.say(MELODY);
        throw new Error('out of order');
      },
      { goodbye: OTHER },
    );
    const { results } = await testBot(
      script,
      async (caller) => {
        await caller.hears(MELODY);
        await caller.hears(OTHER);
        await caller.hasStatus('FINISHED');
      },
      { exchange },
    );
    expect(results).toMatchObject([{ outcome: 'failed', error: { message: 'out of order' } }]);
  });

  it.each(Object.keys(WAITS).filter((name) => name !== 'listen'))(
    '%s ends when its signal fires',
    async (name) => {
      const signal = (call: BotCall) => {
        const stop = new AbortController();
        call.clock.timerAt(call.clock.now() + 500, () => stop.abort());
        return stop.signal;
      };
      const waits: Record<string, (call: BotCall) => Promise<unknown>> = {
        say: (call) => call.say(LONG, { signal: signal(call) }),
        mark: (call) => saying(call).mark({ signal: signal(call) }),
        gather: (call) => call.gather({ timeoutMs: 3_600_000, signal: signal(call) }),
        pause: (call) => call.pause(3_600_000, { signal: signal(call) }),
        hold: (call) =>
          call.hold(() => new Promise(() => undefined), { music: MELODY, signal: signal(call) }),
      };
      let error: unknown;
      const script = bot(async (call) => {
        error = await waits[name]!(call).catch((thrown: unknown) => thrown);
        await call.clear();
        await call.say(OTHER);
      });
      await testBot(script, (caller) => caller.hears(OTHER).then(() => undefined), { exchange });
      expect(error).toMatchObject({ code: 'ERR_ABORTED' });
    },
  );
});

describe('a hang-up at any moment', () => {
  /** Everything that a script can wait for, one after the other, in 30 s or so. */
  async function everything(call: BotCall, steps: string[]): Promise<void> {
    await call.say([...MELODY, { silence: 700 }, OTHER], { bargeIn: 'any' });
    steps.push('said');
    await call.gather({ prompt: MELODY, min: 2, max: 4, timeoutMs: 1500 });
    steps.push('gathered');
    const message = await call.record({ maxMs: 2000, silenceMs: 900 });
    if (message.ended === 'hang-up') await call.pause(0);
    steps.push('recorded');
    await call.sendDigits('12');
    await call.hold(() => call.pause(1500), { music: MELODY });
    steps.push('held');
    await call.hold(() => call.pause(1000));
    steps.push('held in silence');
    for await (const { position } of call.listen()) if (position > msToSamples(16_000)) break;
    await call.pause(0);
    void call.say(LONG);
    await call.pause(500);
    await call.clear();
    await call.mark();
    steps.push('cleared');
    await bridge(call, await call.dial('agent', { timeoutMs: 3000 }));
    await call.pause(0);
  }

  it('ends the script where it is and runs its finally once, and leaves nothing behind', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 24_000 }), async (atMs) => {
        const steps: string[] = [];
        let finals = 0;
        let thrown: unknown;
        const script = bot(async (call) => {
          try {
            await everything(call, steps);
          } catch (error) {
            thrown = error;
            throw error;
          } finally {
            finals++;
          }
        });
        const { results } = await testBot(
          script,
          async (caller) => {
            await caller.waits(atMs);
            await caller.hangsUp().catch(() => undefined);
          },
          {
            exchange,
            others: { agent: (agent) => agent.answers({ withinMs: 25_000 }).catch(() => undefined) },
          },
        );
        reached.add(steps.at(-1) ?? 'nothing');
        expect(finals).toBe(1);
        expect(results).toHaveLength(1);
        const [result] = results;
        if (result?.outcome === 'hung-up') expect(thrown).toMatchObject({ code: 'ERR_CALL_ENDED' });
        else
          expect({ atMs, result, thrown }).toMatchObject({ result: { outcome: 'done' }, thrown: undefined });
      }),
      { numRuns: 14, examples: [[0], [20], [2500], [5000], [9000], [12_000], [16_500], [21_000]] },
    );
    expect(reached.size).toBeGreaterThan(4);
  });
});

function saying(call: BotCall): BotCall {
  void call.say(LONG);
  return call;
}
