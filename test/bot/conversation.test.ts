import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bot } from '../../src/bot/bot.js';
import type { BotCall } from '../../src/bot/bot-call.js';
import type { Gathered } from '../../src/bot/conversation/gather.js';
import type { Message } from '../../src/bot/conversation/record-message.js';
import type { SpeechReport } from '../../src/bot/conversation/say.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { WavReader } from '../../src/voice/wav/wav-reader.js';
import { readWav } from '../voice/fixtures.js';

const exchange = Exchange;
const MELODY = [
  { tone: 440, ms: 300 },
  { tone: 660, ms: 300 },
] as const;
const OTHER = { tone: [500, 900], ms: 600 } as const;
const LONG = { tone: 440, ms: 20_000 } as const;
const SPEECH = { file: 'assets/speech/reader-870.wav' } as const;

describe('saying', () => {
  it('plays the queue in order, and marks its end', async () => {
    const marks: number[] = [];
    const script = bot(async (call) => {
      void call.say(MELODY);
      marks.push(await call.mark());
      void call.say({ silence: 500 });
      void call.say(OTHER);
      marks.push(await call.mark());
    });
    await testBot(
      script,
      async (caller) => {
        await caller.hears(MELODY);
        await caller.hearsSilence(400);
        await caller.hears(OTHER);
        await caller.hasStatus('FINISHED');
      },
      { exchange },
    );
    expect(marks[1]! - marks[0]!).toBe(1100);
  });

  it('is heard to stop within 100 ms after clear', async () => {
    let stoppedAfterMs = Number.NaN;
    const reports: SpeechReport[] = [];
    const script = bot(async (call) => {
      const speech = call.say(LONG);
      await call.gather({ timeoutMs: 10_000 });
      await call.clear();
      reports.push(await speech);
      await call.pause(1000);
    });
    await testBot(
      script,
      async (caller) => {
        await caller.hears(LONG, { atLeastMs: 1000 });
        await caller.presses('1');
        stoppedAfterMs = await caller.hearsSilence(300);
      },
      { exchange },
    );
    expect(stoppedAfterMs).toBeGreaterThan(0);
    expect(stoppedAfterMs).toBeLessThanOrEqual(100);
    expect(reports).toMatchObject([{ outcome: 'cleared' }]);
  });

  it('is cut by a digit, and reports where', async () => {
    let report: SpeechReport | undefined;
    let gathered: Gathered | undefined;
    const script = bot(async (call) => {
      report = await call.say([MELODY[0], LONG], { bargeIn: 'digit' });
      gathered = await call.gather();
    });
    await testBot(
      script,
      async (caller) => {
        await caller.hears(MELODY[0]);
        await caller.waits(1000);
        await caller.presses('7');
      },
      { exchange },
    );
    expect(report).toMatchObject({ outcome: 'cut', cut: { by: 'digit', digit: '7', part: 1 } });
    expect(report?.cut?.partMs).toBeGreaterThan(900);
    expect(report?.cut?.partMs).toBeLessThan(1200);
    expect(gathered?.digits).toBe('7');
  });

  it('is cut by a voice, and not by a cough', async () => {
    let report: SpeechReport | undefined;
    const script = bot(async (call) => {
      report = await call.say(LONG, { bargeIn: 'voice' });
    });
    await testBot(
      script,
      async (caller) => {
        await caller.hears(LONG, { atLeastMs: 500 });
        await caller.speaks({ tone: 200, ms: 40 });
        await caller.hears(LONG, { atLeastMs: 1000 });
        await caller.speaks(SPEECH);
      },
      { exchange },
    );
    expect(report).toMatchObject({ outcome: 'cut', cut: { by: 'voice', part: 0 } });
    expect(report!.playedMs).toBeGreaterThan(1500);
    expect(report!.playedMs).toBeLessThan(4000);
  });

  it('refuses prompts that cannot be said, with the reason, and the call goes on', async () => {
    const errors: unknown[] = [];
    const script = bot(async (call) => {
      errors.push(await call.say('no-such-prompt').catch((error: unknown) => error));
      errors.push(await call.say({ silence: -1 }).catch((error: unknown) => error));
      errors.push(await call.say({ file: '/nowhere.wav' }).catch((error: unknown) => error));
      await call.say(MELODY);
    });
    await testBot(script, (caller) => caller.hears(MELODY).then(() => undefined), { exchange });
    expect(errors).toMatchObject([
      { code: 'ERR_INVALID_ARG' },
      { code: 'ERR_INVALID_ARG' },
      { code: 'ERR_FILE' },
    ]);
  });
});

describe('gathering', () => {
  const gathering = async (
    options: Parameters<BotCall['gather']>[0],
    presses: (caller: import('../../src/bot/test/test-caller.js').TestCaller) => Promise<void>,
  ) => {
    let gathered: Gathered | undefined;
    const script = bot(async (call) => {
      gathered = await call.gather(options);
    });
    await testBot(script, presses, { exchange });
    return gathered;
  };

  it('ends with a terminator, which is not part of the input', async () => {
    expect(
      await gathering({ min: 3, max: 5, terminators: '*#' }, (caller) => caller.presses('112*')),
    ).toEqual({
      ...{ digits: '112', complete: true, ended: 'terminator', terminator: '*' },
    });
  });

  it('ends with the last digit, and leaves the digits that follow', async () => {
    expect(
      await gathering({ min: 1, max: 3 }, (caller) => caller.presses('1234', { pauseMs: 50 })),
    ).toMatchObject({
      ...{ digits: '123', ended: 'max' },
    });
  });

  it('ends when no digit comes, and when no further digit comes', async () => {
    const none = await gathering({ timeoutMs: 700 }, (caller) => caller.hasStatus('FINISHED'));
    expect(none).toEqual({ digits: '', complete: false, ended: 'timeout' });
    const some = await gathering({ min: 3, max: 3, interDigitMs: 900 }, async (caller) => {
      await caller.presses('12', { pauseMs: 800 });
      await caller.hasStatus('FINISHED');
    });
    expect(some).toEqual({ digits: '12', complete: false, ended: 'inter-digit' });
  });

  it('hears tones in the voice', async () => {
    expect(
      await gathering({ min: 4, max: 4 }, (caller) => caller.presses('0089', { by: 'tone', pauseMs: 300 })),
    ).toMatchObject({ digits: '0089', ended: 'max' });
  });

  it('counts a press once that is both notified and heard as a tone', async () => {
    expect(
      await gathering({ min: 1, max: 10, interDigitMs: 2000 }, async (caller) => {
        for (const key of '1158') {
          await Promise.all([caller.presses(key), caller.presses(key, { by: 'tone' })]);
          await caller.waits(250);
        }
        await caller.hasStatus('FINISHED');
      }),
    ).toMatchObject({ digits: '1158', ended: 'inter-digit' });
  });

  it('takes digits that were typed ahead, without saying the prompt', async () => {
    const gathered: Gathered[] = [];
    const script = bot(async (call) => {
      await call.say(MELODY);
      gathered.push(await call.gather({ prompt: LONG }));
      gathered.push(await call.gather({ prompt: OTHER, typeAhead: false, timeoutMs: 500 }));
    });
    await testBot(
      script,
      async (caller) => {
        await caller.presses('45');
        await caller.hears(OTHER);
        await caller.hasStatus('FINISHED');
      },
      { exchange },
    );
    expect(gathered[0]).toMatchObject({ digits: '4', cut: { by: 'digit', partMs: 0 } });
    expect(gathered[1]).toMatchObject({ digits: '', ended: 'timeout' });
  });
});

describe('recording', () => {
  it('keeps every sample between the beep and the silence', async () => {
    let message: Message | undefined;
    const speech = await readWav('assets/speech/reader-870.wav');
    const script = bot(async (call) => {
      message = await call.record({ silenceMs: 1500 });
    });
    await testBot(
      script,
      async (caller) => {
        await caller.hears({ tone: 1000, ms: 400 });
        await caller.speaks(SPEECH);
        await caller.hasStatus('FINISHED');
      },
      { exchange },
    );
    expect(message?.ended).toBe('silence');
    const begin = message!.samples.findIndex((sample) => sample !== 0);
    const first = speech.findIndex((sample) => sample !== 0);
    const rest = speech.subarray(first);
    expect(message!.samples.subarray(begin, begin + rest.length)).toEqual(rest);
  });

  it('has the whole message in its file when the caller hangs up, and then ends the script', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
    const file = join(folder, 'message.wav');
    const steps: string[] = [];
    const script = bot(async (call) => {
      try {
        const message = await call.record({ file, beep: false });
        steps.push(message.ended);
        await call.say(MELODY);
        steps.push('said');
      } finally {
        steps.push('finally');
      }
    });
    const { results } = await testBot(
      script,
      async (caller) => {
        await caller.speaks(SPEECH);
        await caller.hangsUp();
      },
      { exchange },
    );
    expect(steps).toEqual(['hang-up', 'finally']);
    expect(results).toMatchObject([{ outcome: 'hung-up' }]);
    await using reader = await WavReader.open(file);
    const speech = await readWav('assets/speech/reader-870.wav');
    expect(reader.state).toBe('ok');
    expect(reader.sampleCount).toBeGreaterThanOrEqual(speech.length);
    await rm(folder, { recursive: true });
  });
});
