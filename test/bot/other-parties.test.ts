import { describe, expect, it } from 'vitest';
import { msToSamples } from '../../src/base/pcm.js';
import { bot } from '../../src/bot/bot.js';
import { bridge } from '../../src/bot/room.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { concatSamples } from '../../src/voice/stage.js';

const exchange = Exchange;
const MELODY = [
  { tone: 440, ms: 300 },
  { tone: 660, ms: 300 },
] as const;
const OTHER = { tone: [500, 900], ms: 600 } as const;
const SPEECH = { file: 'assets/speech/reader-870.wav' } as const;

describe('other parties', () => {
  it('puts two calls through to each other', async () => {
    const script = bot(async (call) => {
      const agent = await call.hold(() => call.dial('agent'), { music: MELODY });
      await bridge(call, agent);
    });
    await testBot(
      script,
      async (caller) => {
        await caller.hears(MELODY);
        await caller.hears(OTHER, { withinMs: 20_000 });
        await caller.speaks(SPEECH);
        await caller.waits(1000);
      },
      {
        exchange,
        others: {
          agent: async (agent) => {
            await agent.waits(2000);
            await agent.answers();
            await agent.speaks(OTHER);
            await agent.hears(SPEECH, { withinMs: 20_000 });
            await agent.hasStatus('FINISHED', { withinMs: 20_000 });
          },
        },
      },
    );
  });

  it('hands a call over to the endpoint', async () => {
    const script = bot(async (call) => {
      await call.say(MELODY);
      expect(await call.transfer('agent', { blind: true })).toEqual({ to: 'agent' });
    });
    const { results } = await testBot(
      script,
      async (caller) => {
        await caller.hears(MELODY);
        await caller.hears(OTHER, { withinMs: 20_000 });
      },
      {
        exchange,
        others: {
          agent: async (agent) => {
            await agent.answers();
            await agent.speaks(OTHER);
            await agent.waits(500);
          },
        },
      },
    );
    expect(results).toMatchObject([{ outcome: 'done', status: 'TRANSFERRED' }]);
  });

  it('sends digits, and listens', async () => {
    let heard: Int16Array = new Int16Array();
    const script = bot(async (call) => {
      await call.sendDigits('42');
      const parts: Int16Array[] = [];
      for await (const { samples } of call.listen()) {
        parts.push(samples);
        if (concatSamples(parts).length >= msToSamples(2000)) break;
      }
      heard = concatSamples(parts);
    });
    const digits: string[] = [];
    await testBot(
      script,
      async (caller) => {
        caller.call.on('dtmf', (digit) => digits.push(digit));
        await caller.waits(400);
        await caller.speaks(MELODY);
        await caller.hasStatus('FINISHED');
      },
      { exchange },
    );
    expect(digits).toEqual(['4', '2']);
    expect(heard.some((sample) => sample !== 0)).toBe(true);
  });
});
