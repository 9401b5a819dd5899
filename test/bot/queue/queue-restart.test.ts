import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import { Queue } from '../../../src/bot/queue/queue.js';
import type { QueueOptions } from '../../../src/bot/queue/queue-options.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestScene } from '../../../src/bot/test/test-house.js';
import { Exchange } from '../../../src/exchange/exchange.js';

const MUSIC = { tone: [440, 660], ms: 900 } as const;
const PROMISE = { tone: 1200, ms: 700 } as const;
const TURN = { tone: [800, 1300], ms: 700 } as const;
const HELLO = { tone: [500, 900], ms: 600 } as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-queue-'));
});
afterEach(() => rm(folder, { recursive: true }));

const hearsHello: TestScene = async (person) => {
  await person.hears(HELLO, { withinMs: 60_000 });
  await person.hasStatus('FINISHED');
};
const options = (clock: VirtualClock, more: QueueOptions = {}): QueueOptions => ({
  ...{ clock, folder: join(folder, 'sales'), music: MUSIC },
  callBack: { promise: PROMISE, greeting: TURN, afterMs: 60_000, retryAfterMs: 5000 },
  ...more,
});
const state = () => readFile(join(folder, 'sales', 'queue.json'), 'utf8');

/** Two callers: one is promised to be called back, the other waits on the line. */
async function twoWait(
  clock: VirtualClock,
): Promise<{ readonly states: readonly string[]; readonly last: string }> {
  const states: string[] = [];
  let last = '';
  const queue = await Queue.open(options(clock));
  queue.on('event', () =>
    setImmediate(
      () =>
        void state().then(
          (text) => states.push(text),
          () => undefined, // Nothing was written yet.
        ),
    ),
  );
  const desk = bot(async (call) => void (await queue.enter(call)));
  await testBot(
    desk,
    async (caller) => {
      await caller.hears(MUSIC);
      await caller.presses('1');
      await caller.hears(PROMISE);
      states.push(await state());
      await caller.hangsUp();
      await caller.waits(5000);
      last = await state();
    },
    {
      ...{ exchange: Exchange, clock },
      others: {
        ben: async (ben) => {
          await ben.waits(300);
          await ben.dials('the.bot');
          await ben.waits(15_000);
        },
      },
    },
  );
  await queue.close();
  return { states: [...states, last], last };
}

describe('a queue in a folder', () => {
  it('is complete after each write, and stores a promised call-back before the caller hears of it', async () => {
    const { states, last } = await twoWait(new VirtualClock());
    expect(states.length).toBeGreaterThan(3);
    for (const text of states) {
      // A process that was killed at this moment finds this.
      await writeFile(join(folder, 'sales', 'queue.json'), text);
      const queue = await Queue.open(options(new VirtualClock()));
      const { entered, waiting, abandoned, expired } = queue.figures;
      expect(entered).toBe(waiting + abandoned + expired);
      await queue.close();
    }
    const promised = JSON.parse(last) as { tickets: object[] };
    expect(promised.tickets).toMatchObject([
      { partner: 'caller', target: 'caller', away: true },
      { partner: 'ben', away: false },
    ]);
  });

  it('calls back after a restart; a caller who was waiting gets the old place', async () => {
    const { last } = await twoWait(new VirtualClock(1_800_000_000_000));
    await writeFile(join(folder, 'sales', 'queue.json'), last);
    const clock = new VirtualClock(1_800_000_100_000);
    const queue = await Queue.open(options(clock, { agents: [{ name: 'anna', dial: 'anna' }] }));
    expect(queue.waiting).toMatchObject([
      { partner: 'caller', position: 1, away: true },
      { partner: 'ben', position: 2, away: true },
    ]);
    const events: string[] = [];
    queue.on('event', ({ what, partner }) => events.push(`${what} ${partner}`));
    const desk = bot(async (call) => void (await queue.enter(call)));
    const talk: TestScene = async (anna) => {
      await anna.answers();
      await anna.waits(1500);
      await anna.speaks(HELLO);
      await anna.waits(500);
      await anna.hangsUp();
    };
    await testBot(desk, (ben) => hearsHello(ben), {
      ...{ exchange: Exchange, clock, caller: 'ben' },
      others: {
        caller: async (caller) => {
          await caller.answers();
          await caller.hears(TURN);
          await hearsHello(caller);
        },
        anna: async (anna) => {
          await talk(anna);
          await talk(anna);
        },
      },
    });
    await queue.close();
    expect(events.filter((event) => /^(returned|connected)/.test(event))).toEqual([
      'returned ben',
      'connected caller',
      'connected ben',
    ]);
    expect(queue.figures).toMatchObject({ entered: 2, handled: 2, waiting: 0 });
  });

  it('gives up a place that is not claimed in time after the restart', async () => {
    const { last } = await twoWait(new VirtualClock(0));
    await writeFile(join(folder, 'sales', 'queue.json'), last);
    const clock = new VirtualClock(10_000);
    const queue = await Queue.open(options(clock, { keepPlaceMs: 1000 }));
    const left: unknown[] = [];
    queue.on('event', (event) => left.push(event));
    await clock.advance(2000);
    expect(left).toMatchObject([{ what: 'left', partner: 'ben', why: 'expired' }]);
    expect(queue.figures).toMatchObject({ entered: 2, waiting: 1, expired: 1 });
    await queue.close();
  });

  it('belongs to one process at a time, and refuses an invalid state', async () => {
    const clock = new VirtualClock();
    const queue = await Queue.open(options(clock));
    await expect(Queue.open(options(clock))).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await queue.close();
    await writeFile(join(folder, 'sales', 'queue.json'), '{"version":1}');
    await expect(Queue.open(options(clock))).rejects.toMatchObject({ code: 'ERR_FILE' });
    await rm(join(folder, 'sales', 'queue.json'));
    await (await Queue.open(options(clock))).close();
    await copyFile(join(folder, 'sales', 'queue.json'), join(folder, 'copy.json'));
  });

  it('continues when the state cannot be written, and reports it', async () => {
    const clock = new VirtualClock();
    const queue = await Queue.open(options(clock));
    const errors: Error[] = [];
    queue.on('failed', (error) => errors.push(error));
    const scene: TestScene = async (caller) => {
      await caller.hears(MUSIC);
      await rm(join(folder, 'sales'), { recursive: true });
      await writeFile(join(folder, 'sales'), 'no folder');
      await caller.presses('1');
      await caller.hears(PROMISE);
    };
    const desk = bot(async (call) => void (await queue.enter(call)));
    await testBot(desk, scene, { exchange: Exchange, clock });
    expect(errors[0]).toMatchObject({ code: 'ERR_FILE' });
    expect(queue.waiting).toMatchObject([{ partner: 'caller', away: true }]);
    await queue.close();
  });
});
