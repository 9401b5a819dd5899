import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import type { Speakable } from '../../../src/bot/prompt/speakable.js';
import { Queue } from '../../../src/bot/queue/queue.js';
import type { EnterOptions, QueueOptions } from '../../../src/bot/queue/queue-options.js';
import type { QueueEvent } from '../../../src/bot/queue/queue-talk.js';
import type { QueueResult } from '../../../src/bot/queue/queue-visit.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestScene } from '../../../src/bot/test/test-house.js';
import { Exchange } from '../../../src/exchange/exchange.js';

const MUSIC = { tone: [440, 660], ms: 900 } as const;
const HELLO = { tone: [500, 900], ms: 600 } as const;
const GREETING = { tone: 700, ms: 1500 } as const;
const PROMISE = { tone: 1200, ms: 700 } as const;
const TURN = { tone: [800, 1300], ms: 700 } as const;
const HERE = { tone: [300, 1000], ms: 500 } as const;

interface Played {
  readonly results: readonly (QueueResult | string)[];
  readonly events: readonly QueueEvent[];
  readonly queue: Queue;
}

/** An exchange on which whoever talks is busy for others. */
const oneCallEach = {
  start: (options: Parameters<typeof Exchange.start>[0] & { users: readonly { handle: string }[] }) =>
    Exchange.start({
      ...options,
      users: options.users.map((user) => ({ ...user, callWaiting: user.handle === 'the.bot' })),
    }),
};

/** The queue of the test that is under way. */
let opened: Queue | undefined;

/** A queue with callers and agents who do what their scenes say. After the queue each caller hears `HERE`. */
async function play(
  options: QueueOptions,
  scene: TestScene,
  others: Readonly<Record<string, TestScene>> = {},
  enter: EnterOptions = {},
): Promise<Played> {
  const clock = new VirtualClock(1_800_000_000_000);
  const queue = await Queue.open({ clock, music: MUSIC, ...options });
  opened = queue;
  const events: QueueEvent[] = [];
  queue.on('event', (event) => events.push(event));
  queue.on('failed', (error) => {
    throw error;
  });
  const results: (QueueResult | string)[] = [];
  const desk = bot(async (call) => {
    try {
      results.push(await queue.enter(call, enter));
    } catch (error) {
      results.push((error as { code: string }).code);
      throw error;
    }
    await call.say(HERE);
  });
  await testBot(desk, scene, { exchange: oneCallEach, clock, others });
  await queue.close();
  return { results, events, queue };
}

const whats = ({ events }: Played) => events.map(({ what, agent }) => (agent ? `${what} ${agent}` : what));
const agent = (name: string) => ({ name, dial: name });
const waits: TestScene = (person) => person.waits(100_000);
const talks: TestScene = async (person) => {
  await person.answers();
  // The caller may have a greeting to hear.
  await person.waits(1500);
  await person.speaks(HELLO);
  await person.waits(500);
};
/** Does `what` when it is rung. */
const rung =
  (what: TestScene): TestScene =>
  async (person) => {
    const rings = () => {
      try {
        return person.call.status === 'RINGING';
      } catch {
        return false;
      }
    };
    while (!rings()) await person.waits(100);
    await what(person);
  };
const hears =
  (...all: Speakable[]): TestScene =>
  async (person) => {
    for (const each of all) await person.hears(each, { withinMs: 60_000 });
  };

describe('a caller in a queue', () => {
  it('hears music and the place, and is put through; afterwards the call goes on', async () => {
    const played = await play(
      { agents: [agent('anna')], announce: { everyMs: 5000 }, ringMs: 3000, restMs: 9000 },
      async (caller) => {
        await hears(MUSIC, { text: 'You are number' }, { number: 1 }, MUSIC, HELLO, HERE)(caller);
      },
      // The first ring is not answered.
      {
        anna: rung(async (anna) => {
          await anna.hasStatus('MISSED', { withinMs: 9000 });
          await talks(anna);
        }),
      },
    );
    expect(played.results).toMatchObject([{ ended: 'served', agent: 'anna', endedBy: 'agent' }]);
    expect(whats(played)).toEqual([
      ...['entered', 'offered anna', 'declined anna', 'offered anna', 'connected anna', 'ended anna'],
    ]);
    expect(played.queue.figures).toMatchObject({ entered: 1, handled: 1, waiting: 0, talking: 0, free: 1 });
  });

  const DECLINES: Record<string, [RegExp, TestScene]> = {
    refuses: [/refused/, rung((anna) => anna.call.refuse())],
    'does not answer': [/no-answer/, rung((anna) => anna.hasStatus('MISSED', { withinMs: 20_000 }))],
    'hangs up in the greeting': [
      /ended/,
      async (anna) => {
        await anna.answers();
        await anna.waits(700);
        await anna.hangsUp();
      },
    ],
    'does not press the key': [
      /did not press 1/,
      async (anna) => {
        await anna.answers();
        await anna.hasStatus('FINISHED', { withinMs: 20_000 });
      },
    ],
    'is busy': [
      /busy/,
      async (anna) => {
        await anna.dials('echo123');
        await anna.waits(15_000);
      },
    ],
  };
  it.each(Object.entries(DECLINES))(
    'goes to the next agent when the first one %s',
    async (how, [why, anna]) => {
      const accept = how === 'does not press the key';
      const played = await play(
        {
          ...{ agents: [agent('anna'), agent('ben')], ringMs: 4000, agentGreeting: GREETING },
          ...(accept && { acceptKey: '1' }),
        },
        async (caller) => {
          if (how === 'is busy') await caller.waits(10);
          await hears(MUSIC, HELLO, HERE)(caller);
        },
        {
          anna,
          ben: async (ben) => {
            await ben.answers();
            await ben.hears(GREETING);
            if (accept) await ben.presses('1');
            await ben.waits(500);
            await ben.speaks(HELLO);
            await ben.waits(500);
          },
        },
      );
      expect(played.results).toMatchObject([{ ended: 'served', agent: 'ben' }]);
      const declined = played.events.find(({ what }) => what === 'declined');
      expect(declined).toMatchObject({ agent: 'anna', why: expect.stringMatching(why) });
      expect(played.queue.figures).toMatchObject({ handled: 1, abandoned: 0, waiting: 0 });
    },
  );

  it.each<[string, TestScene, Partial<QueueOptions>]>([
    ['while the agent rings', rung((anna) => anna.hasStatus('MISSED', { withinMs: 20_000 })), {}],
    [
      'in the greeting of the agent',
      async (anna) => {
        await anna.answers();
        await anna.hasStatus('FINISHED', { withinMs: 20_000 });
      },
      { agentGreeting: { tone: 700, ms: 20_000 } },
    ],
  ])('who hangs up %s counts as abandoned; the agent is free at once', async (_, anna, options) => {
    const played = await play(
      { agents: [agent('anna')], ...options },
      async (caller) => {
        await caller.waits(4000);
        await caller.hangsUp();
        await caller.waits(1000);
      },
      { anna },
    );
    expect(played.results).toEqual(['ERR_CALL_ENDED']);
    expect(whats(played)).toEqual(['entered', 'offered anna', 'left']);
    expect(played.events.at(-1)).toMatchObject({ why: 'abandoned' });
    expect(played.queue.figures).toMatchObject({ entered: 1, abandoned: 1, waiting: 0, free: 1 });
  });

  it('who hangs up while the agent answers is counted once', async () => {
    let hangUp = (): Promise<unknown> => Promise.resolve();
    const played = await play(
      { agents: [agent('anna')] },
      async (caller) => {
        hangUp = () => caller.call.hangUp();
        await caller.hasStatus('FINISHED', { withinMs: 20_000 });
        await caller.waits(3000);
      },
      { anna: rung((anna) => Promise.all([anna.call.answer(), hangUp()]).then(() => anna.waits(2000))) },
    );
    const { entered, abandoned, handled, waiting, talking, free } = played.queue.figures;
    expect({ entered, gone: abandoned + handled, waiting, talking, free }).toEqual({
      ...{ entered: 1, gone: 1, waiting: 0, talking: 0, free: 1 },
    });
  });

  it('who hangs up while talking to the agent counts as handled', async () => {
    const played = await play(
      { agents: [agent('anna')], wrapUpMs: 1000 },
      async (caller) => {
        await caller.hears(HELLO, { withinMs: 20_000 });
        await caller.hangsUp();
      },
      {
        anna: async (anna) => {
          await anna.answers();
          await anna.speaks(HELLO);
          await anna.hasStatus('FINISHED');
        },
      },
    );
    expect(played.results).toMatchObject([{ ended: 'served', endedBy: 'caller' }]);
    expect(played.queue.figures).toMatchObject({ handled: 1, abandoned: 0, talking: 0 });
  });

  it.each<[string, Partial<QueueOptions>, Partial<QueueResult>]>([
    ['the wait is too long', { maxWaitMs: 3000 }, { ended: 'time', waitedMs: 3000 }],
    [
      'the wait is too long while an agent rings',
      { maxWaitMs: 3000, agents: [agent('anna')], ringMs: 5000 },
      { ended: 'time' },
    ],
    ['the caller presses an exit key', { exitKeys: '29' }, { ended: 'key', key: '2' }],
  ])('leaves the queue when %s', async (_, options, expected) => {
    const played = await play(
      options,
      async (caller) => {
        await caller.hears(MUSIC);
        await caller.presses('32');
        await caller.hears(HERE);
      },
      options.agents ? { anna: rung((anna) => anna.hasStatus('MISSED', { withinMs: 20_000 })) } : {},
    );
    expect(played.results).toMatchObject([expected]);
    expect(played.queue.figures).toMatchObject({ entered: 1, overflowed: 1, waiting: 0 });
  });

  it('is turned away when the queue is full, outside its hours, or closing', async () => {
    const clock = new VirtualClock();
    const queue = await Queue.open({ clock, music: MUSIC, maxWaiting: 1 });
    const ended: string[] = [];
    const desk = bot(async (call) => {
      if (call.partner.handle === 'ben') await call.pause(2000);
      ended.push((await queue.enter(call)).ended);
      if (call.partner.handle !== 'ben') return;
      queue.shut();
      ended.push((await queue.enter(call)).ended);
      void queue.close();
    });
    await testBot(desk, (caller) => caller.hasStatus('FINISHED', { withinMs: 20_000 }), {
      ...{ exchange: Exchange, clock },
      others: {
        ben: async (ben) => {
          await ben.dials('the.bot');
          await ben.hasStatus('FINISHED');
        },
      },
    });
    expect(ended).toEqual(['full', 'closed', 'closed']);
    expect(queue.figures).toMatchObject({ entered: 1, refused: 2, overflowed: 1, waiting: 0 });
  });

  it('is taken by a bot, which has one caller at a time', async () => {
    const played = await play(
      { agents: [{ name: 'machine', serve: async (call) => void (await call.say(HELLO)) }] },
      hears(HELLO, HERE),
      {
        ben: async (ben) => {
          await ben.dials('the.bot');
          await hears(HELLO, HERE)(ben);
        },
      },
    );
    expect(played.results).toMatchObject([{ agent: 'machine' }, { agent: 'machine' }]);
    const order = whats(played).filter((what) => /connected|ended/.test(what));
    expect(order).toEqual(['connected machine', 'ended machine', 'connected machine', 'ended machine']);
  });

  it('is served by priority, and by an agent that has the skill', async () => {
    const clock = new VirtualClock();
    const queue = await Queue.open({ clock, music: MUSIC });
    const served: string[] = [];
    const desk = bot(async (call) => {
      const { handle } = call.partner;
      const skills = handle === 'german' ? ['de'] : [];
      await queue.enter(call, { priority: handle === 'gold' ? 1 : 0, skills });
    });
    const dials: TestScene = async (person) => {
      await person.dials('the.bot');
      await person.hasStatus('FINISHED', { withinMs: 60_000 });
    };
    await testBot(
      desk,
      async (caller) => {
        await caller.waits(3000);
        const serve = async (call: { partner: { handle: string } }) => void served.push(call.partner.handle);
        queue.add({ name: 'plain', serve });
        await caller.waits(500);
        queue.add({ name: 'speaker', serve, skills: ['de'] });
        await caller.hasStatus('FINISHED');
      },
      {
        exchange: Exchange,
        clock,
        others: {
          german: dials,
          gold: async (gold) => {
            await gold.waits(1000);
            await dials(gold);
          },
        },
      },
    );
    expect(served).toEqual(['gold', 'caller', 'german']);
    await queue.close();
  });
});

describe('a call-back', () => {
  const callBack = { promise: PROMISE, greeting: TURN, afterMs: 1000, retryAfterMs: 10_000, attempts: 2 };
  const promised: TestScene = async (caller) => {
    await caller.hears(MUSIC);
    await caller.presses('1');
    await caller.hears(PROMISE);
    await caller.hangsUp();
  };

  it('keeps the place, and is placed and put through when an agent is free', async () => {
    const played = await play(
      { callBack, agents: [agent('anna')], ringMs: 3000, restMs: 3000 },
      async (caller) => {
        await promised(caller);
        await caller.answers();
        await hears(TURN, HELLO)(caller);
      },
      {
        anna: rung(async (anna) => {
          await anna.hasStatus('MISSED', { withinMs: 9000 });
          await talks(anna);
        }),
      },
    );
    expect(played.results).toMatchObject([{ ended: 'call-back', position: 1 }]);
    expect(whats(played).slice(-6)).toEqual([
      ...['offered anna', 'call-back', 'calling-back anna', 'offered anna', 'connected anna', 'ended anna'],
    ]);
    expect(played.queue.figures).toMatchObject({ entered: 1, handled: 1, waiting: 0 });
  });

  it('keeps waiting when the agent hangs up during the greeting', async () => {
    const played = await play(
      { callBack: { ...callBack, greeting: { tone: [800, 1300], ms: 3000 } }, ringMs: 2000, restMs: 1000 },
      async (caller) => {
        await promised(caller);
        opened?.add(agent('anna'));
        await caller.answers();
        await caller.hears(HELLO, { withinMs: 30_000 });
      },
      {
        anna: async (anna) => {
          await anna.answers();
          await anna.waits(500);
          await anna.hangsUp();
          await talks(anna);
        },
      },
    );
    expect(whats(played)).toContain('declined anna');
    expect(played.queue.figures).toMatchObject({ entered: 1, handled: 1 });
  });

  it('is tried again when there is no answer, and then given up; the agent is free', async () => {
    const played = await play(
      { callBack: { ...callBack, ringMs: 3000 }, agents: [agent('anna')], ringMs: 2000 },
      async (caller) => {
        await promised(caller);
        await caller.waits(60_000);
      },
      { anna: waits },
    );
    expect(whats(played).filter((what) => what.startsWith('calling'))).toHaveLength(2);
    expect(played.events.at(-1)).toMatchObject({ what: 'left', why: 'unreached' });
    expect(played.queue.figures).toMatchObject({ entered: 1, unreached: 1, waiting: 0, free: 1 });
  });

  it('is dropped when the caller calls again first, and gets the old place', async () => {
    const played = await play(
      { callBack: { ...callBack, afterMs: 60_000 } },
      async (caller) => {
        await promised(caller);
        await caller.waits(2000);
        await caller.dials('the.bot');
        await caller.hears(MUSIC);
        opened?.add(agent('anna'));
        await hears(HELLO, HERE)(caller);
      },
      { anna: talks },
    );
    expect(played.results).toMatchObject([{ ended: 'call-back' }, { ended: 'served' }]);
    expect(played.queue.figures).toMatchObject({ entered: 1, handled: 1 });
  });

  it('goes to the number that was asked for; a caller who hangs up meanwhile counts as abandoned', async () => {
    const number = async (call: { gather: (o: object) => Promise<{ digits: string }> }) =>
      (await call.gather({ min: 3, prompt: TURN })).digits;
    const played = await play({ callBack: { ...callBack, number } }, async (caller) => {
      await caller.hears(MUSIC);
      await caller.presses('1');
      await caller.hears(TURN);
      await caller.hangsUp();
    });
    expect(played.results).toEqual(['ERR_CALL_ENDED']);
    expect(played.queue.figures).toMatchObject({ abandoned: 1, waiting: 0 });
  });
});
