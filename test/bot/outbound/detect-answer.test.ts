import { describe, expect, it } from 'vitest';
import { msToSamples } from '../../../src/base/pcm.js';
import { bot } from '../../../src/bot/bot.js';
import type { AnswerVerdict } from '../../../src/bot/outbound/answer-detector.js';
import type { Beep } from '../../../src/bot/outbound/beep-detector.js';
import { detectAnswer, waitForBeep } from '../../../src/bot/outbound/detect-answer.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { readWav, speechFile } from '../../voice/fixtures.js';

const MESSAGE = { tone: [440, 660], ms: 800 } as const;
const BEEP = { tone: 1000, ms: 400 } as const;

describe('a machine that beeps', () => {
  it.each([
    ['without a greeting', async () => [BEEP]],
    [
      'after a word',
      async () => [
        (await readWav(speechFile('reader-870'))).slice(0, msToSamples(1100)),
        { silence: 300 },
        BEEP,
      ],
    ],
  ] as const)('%s gets the message after the beep', async (_, sounds) => {
    // Before the call: its clock would not wait for the disk.
    const spoken = [...(await sounds())];
    let verdict: AnswerVerdict | undefined;
    let beep: Beep | undefined;
    const { results } = await testBot(
      bot(async (call) => {
        verdict = await detectAnswer(call);
        beep = await waitForBeep(call, { timeoutMs: 10_000 });
        await call.say(MESSAGE);
      }),
      async (machine) => {
        await machine.answers();
        await machine.waits(500);
        await machine.speaks(spoken);
        await machine.hears(MESSAGE);
        await machine.hasStatus('FINISHED');
      },
      { exchange: Exchange, direction: 'bot-calls' },
    );
    expect(verdict).toMatchObject({ answerer: 'machine', beep });
    expect(Math.abs(beep!.frequency - 1000)).toBeLessThanOrEqual(15);
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });
});
