import { describe, expect, it } from 'vitest';
import { msToSamples } from '../../../src/base/pcm.js';
import { bot } from '../../../src/bot/bot.js';
import { EchoGuard } from '../../../src/bot/conversation/echo-guard.js';
import type { SpeechReport } from '../../../src/bot/conversation/say.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestExchangeStarter, TestScene } from '../../../src/bot/test/test-house.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { VoiceDetector } from '../../../src/voice/level/voice-detector.js';
import { concatSamples } from '../../../src/voice/stage.js';
import { readWav } from '../../voice/fixtures.js';

const PROMPT = { file: 'assets/speech/reader-870.wav' } as const;
const CALLER = { file: 'test/fixtures/speech/something.wav' } as const;

/** An exchange whose callers' telephones give back what they play: so much softer, so much later. */
function echoing(lossDb: number, delayMs: number): TestExchangeStarter {
  const delay = msToSamples(delayMs);
  const gain = 10 ** (-lossDb / 20);
  return {
    start: (options) =>
      Exchange.start({
        ...options,
        users: options.users.map(({ handle, soundCard }) => {
          if (!soundCard) return { handle };
          const line = new Int16Array(delay + 320);
          const card = {
            play(frame: Int16Array) {
              line.copyWithin(0, frame.length);
              line.set(frame, line.length - frame.length);
              soundCard.play(frame);
            },
            capture(frame: Int16Array) {
              soundCard.capture(frame);
              for (let i = 0; i < frame.length; i++) {
                // Smeared over two samples, as by a line.
                const echo = 0.8 * (line[i] ?? 0) + 0.2 * (line[i + 1] ?? 0);
                frame[i] = Math.max(-32768, Math.min(32767, (frame[i] ?? 0) + gain * echo));
              }
            },
          };
          return { handle, soundCard: card };
        }),
      }),
  };
}

async function reportOn(
  exchange: TestExchangeStarter,
  scene: TestScene,
  options: { readonly echoGuard?: boolean } = {},
): Promise<SpeechReport | undefined> {
  let report: SpeechReport | undefined;
  const script = bot(async (call) => {
    report = await call.say([PROMPT, PROMPT], { bargeIn: 'voice' });
  }, options);
  await testBot(script, scene, { exchange });
  return report;
}

const FRAME = msToSamples(20);
/** A line that smears what it gives back over 4 ms. */
const SMEAR = Array.from({ length: 64 }, (_, k) => Math.cos(0.9 * k * k) * Math.exp(-k / 16));

/** Whether a voice is left of the echo of `prompt`, behind the guard. */
async function hasVoice(prompt: Int16Array, lossDb: number, delayMs: number): Promise<boolean> {
  const norm = Math.sqrt(SMEAR.reduce((sum, tap) => sum + tap * tap, 0));
  const gain = 10 ** (-lossDb / 20) / norm;
  const delay = msToSamples(delayMs);
  const echo = prompt.map((_, at) => {
    const smeared = SMEAR.reduce((sum, tap, k) => sum + tap * (prompt[at - delay - k] ?? 0), 0);
    return Math.round(gain * smeared);
  });
  using detector = await VoiceDetector.create({ onsetMs: 200 });
  const guard = new EchoGuard();
  let voice = false;
  for (let at = 0; at < prompt.length; at += FRAME) {
    guard.play(prompt.subarray(at, at + FRAME), at);
    for (const frame of guard.clean(echo.subarray(at, at + FRAME), at)) {
      voice ||= detector.push(frame).some(({ type }) => type === 'begin');
    }
  }
  return voice;
}

const listens: TestScene = (caller) => caller.hasStatus('FINISHED', { withinMs: 60_000 });

describe('barge-in by voice on a line with an echo', () => {
  it.each([
    [12, 50],
    [12, 200],
    [14, 90],
    [16, 120],
    [18, 160],
    [20, 60],
    [20, 200],
  ])('is not triggered by the echo of the prompt: %d dB softer, %d ms later', async (lossDb, delayMs) => {
    expect(await reportOn(echoing(lossDb, delayMs), listens)).toMatchObject({ outcome: 'played' });
  });

  it('is triggered by the echo without the guard', async () => {
    const report = await reportOn(echoing(12, 120), listens, { echoGuard: false });
    expect(report).toMatchObject({ outcome: 'cut', cut: { by: 'voice' } });
  });

  it.each([
    [12, 120],
    [20, 60],
  ])('is triggered by a caller who speaks over the echo: %d dB, %d ms', async (lossDb, delayMs) => {
    const report = await reportOn(echoing(lossDb, delayMs), async (caller) => {
      await caller.waits(2500);
      await caller.speaks(CALLER);
      await listens(caller);
    });
    expect(report).toMatchObject({ outcome: 'cut', cut: { by: 'voice' } });
    expect(report!.playedMs).toBeGreaterThan(2500);
    expect(report!.playedMs).toBeLessThan(5000);
  });
});

describe('the echo guard', () => {
  it.each([5, 37, 90, 160, 333, 470])(
    'leaves no voice of a smeared echo, %d ms later, 10 to 30 dB softer',
    async (delayMs) => {
      const prompt = (await readWav(PROMPT.file)).subarray(0, 250 * FRAME);
      for (const lossDb of [10, 16, 24, 30]) expect(await hasVoice(prompt, lossDb, delayMs)).toBe(false);
    },
  );

  it('does not change the received voice while nothing is played', async () => {
    const speech = await readWav(CALLER.file);
    const guard = new EchoGuard();
    const whole = speech.subarray(0, speech.length - (speech.length % 320));
    const cleaned = concatSamples(Array.from(guard.clean(whole, 7), (frame) => frame.slice()));
    expect(Buffer.compare(Buffer.from(cleaned.buffer), Buffer.from(whole.slice().buffer))).toBe(0);
  });
});
