import { describe, expect, test } from 'vitest';
import { chatBot } from '../../../src/bot/chat/chat-bot.js';
import { parseFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import { type TestBotResult, testBot } from '../../../src/bot/test/test-bot.js';
import type { TestScene } from '../../../src/bot/test/test-house.js';
import { Exchange } from '../../../src/exchange/exchange.js';

const play = (
  bot: Parameters<typeof testBot>[0],
  scene: TestScene,
  options: Partial<Parameters<typeof testBot>[2]> = {},
): Promise<TestBotResult> => testBot(bot, scene, { exchange: Exchange, ...options });

describe('a bot for chats', () => {
  test('answers, asks until the answer is valid, and ends', async () => {
    const hours = chatBot(
      async (chat) => {
        await chat.say(`You wrote: ${await chat.next()}`);
        const day = await chat.ask('Which day?', {
          choices: ['Saturday', 'Sunday'],
          invalid: 'No such day.',
        });
        await chat.say(day === undefined ? 'Bye.' : `On ${day} we are here.`);
      },
      { name: 'hours' },
    );
    const { chats, results, transcript } = await play(hours, async (caller) => {
      await caller.writes('one\ntwo <b>; "x"');
      expect(await caller.reads()).toBe('You wrote: one\ntwo <b>; "x"');
      await caller.reads('Which day?');
      await caller.writes('monday');
      await caller.reads('No such day.');
      await caller.reads(/^Which/);
      await caller.writes('  sUNDAY ');
      expect(await caller.reads('On')).toBe('On Sunday we are here.');
    });
    expect(chats).toEqual([
      { bot: 'hours', chat: expect.stringMatching(/^#/), partner: 'caller', outcome: 'done', received: 3 },
    ]);
    expect(results).toEqual([]);
    expect(transcript.map(({ what }) => what)).toContain('writes "On Sunday we are here."');
  });

  test('waits for its idle time and no longer; the next message begins another conversation', async () => {
    const counting = chatBot(
      async (chat) => {
        let count = 0;
        for await (const text of chat.texts()) await chat.say(`${++count} ${text}`);
        await chat.say('Still there?');
      },
      { idleMs: 60_000 },
    );
    const { chats, durationMs } = await play(counting, async (caller) => {
      await caller.writes('a');
      await caller.reads('1 a');
      await caller.writes('b');
      await caller.reads('2 b');
      await caller.reads('Still there?', { withinMs: 61_000 });
      await caller.writes('c');
      await caller.reads('1 c');
    });
    expect(chats.map(({ outcome, received }) => [outcome, received])).toEqual([
      ['done', 2],
      ['done', 1],
    ]);
    expect(durationMs).toBeGreaterThan(60_000);
  });

  test('talks to many at once; a conversation that throws ends alone, with a goodbye', async () => {
    const shaky = chatBot(
      async (chat) => {
        const text = await chat.next();
        if (text === 'break') throw new Error('this one only');
        await chat.say(`${chat.partner.handle} wrote ${text}`);
      },
      { goodbye: 'Something went wrong.' },
    );
    const scene =
      (text: string, answer: string): TestScene =>
      async (person) => {
        await person.writes(text);
        await person.reads(answer);
      };
    const { chats } = await play(shaky, scene('hi', 'caller wrote hi'), {
      others: { ann: scene('break', 'Something went wrong.'), bob: scene('yo', 'bob wrote yo') },
    });
    const outcomes = chats.map(({ partner, outcome, error }) => [partner, outcome, error?.message]);
    expect(outcomes.sort()).toEqual([
      ['ann', 'failed', 'this one only'],
      ['bob', 'done', undefined],
      ['caller', 'done', undefined],
    ]);
  });

  test('each message that arrived while it was busy gets a conversation', async () => {
    const slow = chatBot(async (chat) => {
      await chat.say(`got ${await chat.next()}`);
    });
    const { chats } = await play(slow, async (caller) => {
      await Promise.all(['1', '2', '3'].map((text) => caller.writes(text)));
      for (const text of ['1', '2', '3']) await caller.reads(`got ${text}`);
    });
    expect(chats.map(({ received }) => received).reduce((sum, each) => sum + each, 0)).toBe(3);
  });

  test('two bots that answer each other do not go on for ever at full speed', async () => {
    const echo = chatBot(
      async (chat) => {
        for await (const text of chat.texts()) await chat.say(text);
      },
      { maxPerMinute: 5 },
    );
    let answers = 0;
    const { transcript } = await play(echo, async (caller) => {
      await caller.writes('ping');
      for (let round = 0; round < 20; round++) {
        const text = await caller.reads('ping', { withinMs: 10_000 }).catch(() => undefined);
        if (text === undefined) break;
        answers++;
        await caller.writes(text);
      }
    });
    expect(answers).toBe(5);
    expect(transcript.map(({ what }) => what)).toContain('receives messages too fast from caller');
  });

  test('a conversation that lasts too long fails', async () => {
    const patient = chatBot(
      async (chat) => {
        for (;;) await chat.nextMessage({ timeoutMs: 1000 });
      },
      { maxChatMs: 10_000 },
    );
    const { chats } = await play(patient, async (caller) => {
      await caller.writes('hi');
      await caller.waits(11_000);
    });
    expect(chats).toMatchObject([{ outcome: 'failed', error: { code: 'ERR_TIMEOUT' } }]);
  });
});

describe('a message in the flow of a call', () => {
  const FLOW = (to: string) => `
name: order
start: tell
steps:
  tell: { do: message, to: '${to}', text: 'Your number is {caller}.', next: done, otherwise: failed }
  done: { do: hangup, say: { tone: 600, ms: 200 } }
  failed: { do: hangup, say: { tone: 300, ms: 200 } }
`;
  const flow = async (to: string) => flowBot(await parseFlow(FLOW(to)));

  test('reaches the caller', async () => {
    const { results } = await play(await flow('{caller}'), async (caller) => {
      expect(await caller.reads('Your number')).toBe('Your number is caller.');
      await caller.hears({ tone: 600, ms: 200 });
    });
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });

  test('that cannot be sent goes to the step for that', async () => {
    const { results } = await play(await flow('nobody.there'), async (caller) => {
      await caller.hears({ tone: 300, ms: 200 });
    });
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });
});
