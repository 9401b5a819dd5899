import { describe, expect, it } from 'vitest';
import { parseFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import { melodyEngine } from '../../../src/bot/prompt/melody-engine.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { Queue } from '../../../src/bot/queue/queue.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestScene } from '../../../src/bot/test/test-house.js';
import { Exchange } from '../../../src/exchange/exchange.js';

const FLOW = `
name: shop
queues:
  sales:
    agents: [{ name: anna, dial: anna, skills: [de] }]
    music: { tone: [440, 660], ms: 900 }
    announce: { everyMs: 1000 }
    maxWaiting: 1
    maxWaitMs: 8000
    restMs: 60000
    exitKeys: "9"
steps:
  wait:
    do: enqueue
    queue: sales
    priority: 1
    skills: [de]
    results: { key: message, full: full }
    next: thanks
    otherwise: later
  message: { do: say, what: { tone: 700, ms: 500 } }
  full: { do: say, what: { tone: 900, ms: 500 } }
  thanks: { do: say, what: { tone: 1100, ms: 500 } }
  later: { do: say, what: { tone: 1300, ms: 500 } }
`;
const MUSIC = { tone: [440, 660], ms: 900 } as const;
const HELLO = { tone: [500, 900], ms: 600 } as const;
const hears =
  (...tones: number[]): TestScene =>
  async (caller) => {
    for (const tone of tones) await caller.hears({ tone, ms: 500 }, { withinMs: 60_000 });
  };

describe('the step enqueue', () => {
  it.each<[string, TestScene, Record<string, TestScene>]>([
    [
      'goes on to next after the talk',
      async (caller) => {
        await caller.hears(MUSIC);
        await caller.hears({ text: 'You are number' });
        await caller.hears(HELLO, { withinMs: 20_000 });
        await hears(1100)(caller);
      },
      {
        anna: async (anna) => {
          await anna.rings();
          await anna.call.refuse();
          await anna.answers();
          await anna.waits(1500);
          await anna.speaks(HELLO);
          await anna.waits(300);
        },
      },
    ],
    [
      'goes to the result of the key',
      async (caller) => {
        await caller.hears(MUSIC);
        await caller.presses('9');
        await hears(700)(caller);
      },
      { anna: (anna) => anna.waits(10_000) },
    ],
    [
      'goes otherwise where there is no result, and where all are busy',
      hears(1300),
      {
        anna: async (anna) => {
          await anna.rings();
          await anna.call.refuse();
        },
        ben: async (ben) => {
          await ben.waits(1500);
          await ben.dials('the.bot');
          await hears(900)(ben);
        },
      },
    ],
  ])('%s', async (name, scene, others) => {
    const queues: Queue[] = [];
    // The announcement is heard where nobody is rung at that moment.
    const isShort = name.includes('next');
    const flow = await parseFlow(isShort ? FLOW.replace('restMs: 60000', 'restMs: 3000') : FLOW);
    const bot = flowBot(flow, { onQueue: (queue) => queues.push(queue) });
    const { results } = await testBot(bot, scene, { exchange: Exchange, others });
    for (const { outcome } of results) expect(['done', 'hung-up']).toContain(outcome);
    expect(queues.map((queue) => queue.name)).toEqual(['sales']);
    for (const queue of queues) await queue.close();
  });

  it('takes the queue of the program before that of the flow', async () => {
    const flow = await parseFlow(FLOW);
    const sales = await Queue.open({ name: 'own' });
    sales.shut();
    await testBot(flowBot(flow, { queues: { sales } }), hears(1300), { exchange: Exchange });
    expect(sales.figures).toMatchObject({ refused: 1 });
    await sales.close();
  });

  it('is checked: an unknown queue, agents with the same name, and its prompts', async () => {
    const wrong = async (text: string, options: object = {}) =>
      await parseFlow(text, options).then(
        () => '',
        (error: Error) => error.message,
      );
    const other = FLOW.replace('queue: sales', 'queue: support');
    expect(await wrong(other, { queues: [] })).toContain('there is no queue support: there are sales');
    expect(await wrong(other, { queues: ['support'] })).toBe('');
    const flow = await parseFlow(other);
    expect(() => flowBot(flow)).toThrow(/pass it as queues\.support/);
    const twice = FLOW.replace('agents: [', 'agents: [{ name: anna, dial: ben }, ');
    expect(await wrong(twice)).toContain('must have unique names');
    expect(await wrong(FLOW, { prompts: await Prompts.open() })).toContain('queues.sales.announce');
    expect(await wrong(FLOW, { prompts: await Prompts.open({ engine: melodyEngine() }) })).toBe('');
  });
});
