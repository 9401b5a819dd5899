import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bot } from '../../../src/bot/bot.js';
import type { BotCall } from '../../../src/bot/bot-call.js';
import type { Gathered, GatherOptions } from '../../../src/bot/conversation/gather.js';
import { keysIn } from '../../../src/bot/conversation/keys.js';
import { phraseIn } from '../../../src/bot/conversation/phrases.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestCaller } from '../../../src/bot/test/test-caller.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import type { Transcriber, TranscriptRequest } from '../../../src/voice/transcript/transcriber.js';

const exchange = Exchange;
const SECOND = { tone: 440, ms: 1000 } as const;
const LONG = { tone: 440, ms: 20_000 } as const;
const SPEECH = { file: 'assets/speech/reader-870.wav' } as const;

/** An engine that understands the same each time; with partials it tells the first word after half a second. */
function engine(text: string, options: { readonly partials?: boolean } = {}) {
  const requests: TranscriptRequest[] = [];
  const transcriber: Transcriber = {
    name: 'parrot',
    ...options,
    async transcribe(request) {
      requests.push(request);
      let heard = 0;
      for await (const samples of request.samples) {
        if (heard < 8000 && heard + samples.length >= 8000) request.onPartial?.(text.split(' ')[0] ?? '');
        heard += samples.length;
      }
      return { text, language: 'en' };
    },
  };
  return { transcriber, requests };
}

async function gathering(
  options: GatherOptions,
  scene: (caller: TestCaller) => Promise<unknown>,
  { transcriber, before }: { transcriber?: Transcriber; before?: (call: BotCall) => unknown } = {},
): Promise<{ gathered: Gathered; tookMs: number; transcript: string }> {
  const result: { gathered?: Gathered; tookMs: number } = { tookMs: Number.NaN };
  const script = bot(
    async (call) => {
      await before?.(call);
      const from = call.clock.now();
      result.gathered = await call.gather(options);
      result.tookMs = call.clock.now() - from;
    },
    transcriber ? { transcriber } : {},
  );
  const { results, transcript } = await testBot(
    script,
    async (caller) => {
      await scene(caller);
      if (!caller.call.over) await caller.hasStatus('FINISHED', { withinMs: 60_000 });
    },
    { exchange },
  );
  if (!result.gathered) throw results[0]?.error ?? new Error('nothing was gathered');
  return {
    gathered: result.gathered,
    tookMs: result.tookMs,
    transcript: transcript.map(({ what }) => what).join('\n'),
  };
}

describe('the times of gather', () => {
  const waits = (caller: TestCaller) => caller.hasStatus('FINISHED', { withinMs: 60_000 });

  it('count from the moment when the last sample of the prompt was heard', async () => {
    const plain = await gathering({ timeoutMs: 700 }, waits);
    const asked = await gathering({ prompt: SECOND, timeoutMs: 700 }, waits);
    // 60 ms are on their way when the last sample has left: it is heard 1000 ms and the player's lead after.
    expect(asked.tookMs - plain.tookMs).toBeGreaterThanOrEqual(1000);
    expect(asked.tookMs - plain.tookMs).toBeLessThanOrEqual(1080);
  });

  it('count from the end of speech that was queued before', async () => {
    const { gathered, tookMs } = await gathering({ timeoutMs: 700 }, waits, {
      before: (call) => void call.say([SECOND, SECOND]),
    });
    expect(gathered.ended).toBe('timeout');
    expect(tookMs).toBeGreaterThanOrEqual(2700);
    expect(tookMs).toBeLessThanOrEqual(2800);
  });

  it('do not wait for the end of looped music', async () => {
    const leaves = (caller: TestCaller) => caller.waits(2000).then(() => caller.hangsUp());
    const { tookMs } = await gathering({ timeoutMs: 700 }, leaves, {
      before: (call) => void call.say({ loop: SECOND }),
    });
    expect(tookMs).toBeLessThanOrEqual(800);
  });

  it('count the time to the next digit from the end of the prompt when the first one was pressed during it', async () => {
    const { gathered, tookMs } = await gathering(
      { prompt: [SECOND, SECOND], bargeIn: 'none', min: 2, max: 2, interDigitMs: 500 },
      async (caller) => {
        await caller.presses('1');
        await waits(caller);
      },
    );
    expect(gathered).toMatchObject({ digits: '1', ended: 'inter-digit' });
    expect(tookMs).toBeGreaterThanOrEqual(2500);
  });

  it('count from the moment when the prompt was cut', async () => {
    const { tookMs } = await gathering(
      { prompt: LONG, min: 2, max: 2, interDigitMs: 500, timeoutMs: 500 },
      async (caller) => {
        await caller.waits(1000);
        await caller.presses('1');
        await waits(caller);
      },
    );
    expect(tookMs).toBeLessThan(1900);
  });
});

describe('keys that are allowed', () => {
  it('are a list, whose ranges must ascend', () => {
    expect([...keysIn('0-9')!].join('')).toBe('0123456789');
    expect([...keysIn('1-37*#A-B')!].sort().join('')).toBe('#*1237AB');
    for (const nonsense of ['9-0', '-', '0-', '-9', '1--3', '5-A', 'x', '0-9 ', '1,2', 'B-A', '*-#', '0-9-'])
      expect(keysIn(nonsense)).toBeUndefined();
  });

  it('are exactly the keys of a range', () => {
    const digit = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(digit, digit, (from, to) => {
        const keys = keysIn(`${from}-${to}`);
        if (from > to) return keys === undefined;
        return keys?.size === to - from + 1 && keys.has(String(from)) && keys.has(String(to));
      }),
    );
  });

  it.each(['9-0', '', '1-', 'x', '#'])('%j is refused', async (allowed) => {
    const refused = gathering({ allowed }, async () => undefined);
    await expect(refused).rejects.toThrow(/allowed/);
  });

  it('are the only keys that cut the prompt, form the answer and are waited for', async () => {
    const { gathered, tookMs } = await gathering(
      { prompt: SECOND, allowed: '1-3', min: 2, max: 2, timeoutMs: 2000 },
      async (caller) => {
        await caller.presses('9');
        await caller.waits(1500);
        await caller.presses('80');
        await caller.waits(500);
        await caller.presses('2');
        await caller.presses('71');
      },
    );
    expect(gathered).toEqual({ digits: '21', complete: true, ended: 'max' });
    expect(tookMs).toBeGreaterThan(2000);
  });

  it('are not waited for longer because other keys are pressed', async () => {
    const { gathered, tookMs } = await gathering({ allowed: '1-3', timeoutMs: 1000 }, async (caller) => {
      await caller.waits(600);
      await caller.presses('9');
      await caller.hasStatus('FINISHED');
    });
    expect(gathered.ended).toBe('timeout');
    expect(tookMs).toBeLessThanOrEqual(1080);
  });

  it('are taken from keys that were typed ahead', async () => {
    const typed = await gathering({ prompt: LONG, allowed: '5' }, (caller) => caller.presses('125'), {
      before: (call) => call.pause(1500),
    });
    expect(typed.gathered).toMatchObject({ digits: '5', cut: { digit: '5', partMs: 0 } });
  });
});

it('discards keys typed ahead, and returns it', async () => {
  let forgotten = '';
  const { gathered } = await gathering({ timeoutMs: 300 }, (caller) => caller.presses('12'), {
    before: async (call) => {
      await call.pause(1500);
      forgotten = call.clearDigits();
    },
  });
  expect(forgotten).toBe('12');
  expect(gathered.ended).toBe('timeout');
});

it('keeps a secret out of the transcript', async () => {
  const { gathered, transcript } = await gathering({ min: 4, max: 4, secret: true }, async (caller) => {
    await caller.presses('8642');
  });
  expect(gathered.digits).toBe('8642');
  expect(transcript).toContain('gathered **** (max)');
  expect(transcript).not.toContain('8642');
});

describe('speech as an answer', () => {
  const input = ['digits', 'speech'] as const;

  it('is understood, and the engine gets the hints', async () => {
    const { transcriber, requests } = engine('Opening hours, please.');
    const { gathered } = await gathering(
      { prompt: SECOND, input, phrases: ['hours', 'opening hours', 'my balance'] },
      async (caller) => {
        await caller.hears(SECOND);
        await caller.speaks(SPEECH);
      },
      { transcriber },
    );
    expect(gathered).toMatchObject({
      ...{ digits: '', complete: true, ended: 'speech' },
      speech: { text: 'Opening hours, please.', phrase: 'opening hours', language: 'en' },
    });
    expect(gathered.speech?.durationMs).toBeGreaterThan(300);
    expect(requests[0]).toMatchObject({ language: 'en', phrases: ['hours', 'opening hours', 'my balance'] });
  });

  it('is complete with one of the phrases, or with any word where no phrases are given', async () => {
    const { transcriber } = engine('something else');
    const scene = (caller: TestCaller) => caller.speaks(SPEECH);
    const other = await gathering({ input, phrases: ['yes', 'no'] }, scene, { transcriber });
    expect(other.gathered).toMatchObject({ complete: false, ended: 'speech' });
    const any = await gathering({ input }, scene, { transcriber });
    expect(any.gathered).toMatchObject({ complete: true, ended: 'speech' });
  });

  it('cuts the prompt with its first words, and goes on to its end', async () => {
    const { transcriber } = engine('yes of course', { partials: true });
    const { gathered } = await gathering(
      { prompt: LONG, input, phrases: ['of course'] },
      async (caller) => {
        await caller.hears(LONG, { atLeastMs: 1000 });
        await caller.speaks(SPEECH);
        await caller.hearsSilence(300);
      },
      { transcriber },
    );
    expect(gathered.cut).toMatchObject({ by: 'voice', words: 'yes' });
    expect(gathered.cut?.partMs).toBeLessThan(5000);
    expect(gathered.speech?.phrase).toBe('of course');
  });

  it('does not cut the prompt when an engine with partials finds no word in it', async () => {
    const { transcriber } = engine('', { partials: true });
    const { gathered, tookMs } = await gathering(
      { prompt: { tone: 440, ms: 6000 }, input, timeoutMs: 500 },
      async (caller) => {
        await caller.waits(500);
        await caller.speaks(SPEECH);
      },
      { transcriber },
    );
    expect(gathered).toEqual({ digits: '', complete: false, ended: 'timeout' });
    expect(tookMs).toBeGreaterThanOrEqual(6500);
  });

  it('is heard to its end when the time limit passes meanwhile', async () => {
    const { transcriber } = engine('late but there');
    const { gathered } = await gathering(
      { input, timeoutMs: 1500 },
      async (caller) => {
        await caller.waits(600);
        await caller.speaks(SPEECH);
      },
      { transcriber },
    );
    expect(gathered.speech?.text).toBe('late but there');
  });

  it('gives way to a digit', async () => {
    const { transcriber } = engine('never mind');
    const { gathered } = await gathering(
      { input, prompt: LONG },
      async (caller) => {
        void caller.speaks(SPEECH);
        await caller.waits(900);
        await caller.presses('4');
      },
      { transcriber },
    );
    expect(gathered).toMatchObject({ digits: '4', ended: 'max' });
  });

  it('without digits leaves pressed keys to the next gather', async () => {
    const { transcriber } = engine('words');
    const answers: Gathered[] = [];
    const script = bot(
      async (call) => {
        answers.push(await call.gather({ input: ['speech'], timeoutMs: 1000 }));
        answers.push(await call.gather());
      },
      { transcriber },
    );
    await testBot(
      script,
      async (caller) => {
        await caller.presses('7');
        await caller.hasStatus('FINISHED');
      },
      { exchange },
    );
    expect(answers).toMatchObject([{ ended: 'timeout', digits: '' }, { digits: '7' }]);
  });

  it('throws the error of the engine', async () => {
    const transcriber: Transcriber = {
      name: 'broken',
      transcribe: async () => {
        throw new Error('no model');
      },
    };
    const failing = gathering({ input }, (caller) => caller.speaks(SPEECH), { transcriber });
    await expect(failing).rejects.toThrow('no model');
  });

  it.each([
    [{ input }, /transcriber/],
    [{ phrases: ['yes'] }, /phrases/],
    [{ speechPauseMs: 500 }, /speechPauseMs/],
    [{ input: [] }, /input/],
    [{ input: ['digits', 'digits'] }, /input/],
    [{ input: ['digits,speech'] }, /input/],
    [{ timoutMs: 5 }, /timoutMs/],
  ])('%j without a transcriber is refused', async (options, message) => {
    await expect(gathering(options as GatherOptions, async () => undefined)).rejects.toThrow(message);
  });
});

describe('a phrase', () => {
  it.each([
    ['I want my Balance, now!', 'my balance'],
    ['balances', undefined],
    ['Zweigstelle in München', 'München'],
    ['neljas', undefined],
    ['ei, aitäh', 'aitäh'],
  ])('in %j matches %j', (text, phrase) => {
    expect(phraseIn(text, ['balance', 'my balance', 'München', 'nelja', 'aitäh'])).toBe(phrase);
  });
});
