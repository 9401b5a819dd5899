import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bot } from '../../../src/bot/bot.js';
import type { BotCall } from '../../../src/bot/bot-call.js';
import type { TransferOptions } from '../../../src/bot/bot-call-options.js';
import type { Gathered } from '../../../src/bot/conversation/gather.js';
import { readFlow } from '../../../src/bot/flow/flow.js';
import { flowBot } from '../../../src/bot/flow/flow-bot.js';
import { bridge, Room } from '../../../src/bot/room.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import type { TestScene } from '../../../src/bot/test/test-house.js';
import { Exchange } from '../../../src/exchange/exchange.js';

const MELODY = [
  { tone: 440, ms: 300 },
  { tone: 660, ms: 300 },
] as const;
const OTHER = { tone: [500, 900], ms: 600 } as const;
const HERE = { tone: 700, ms: 500 } as const;

/** Waits until somebody is rung, who then does `what`. */
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
const ignores: TestScene = async (agent) => agent.waits(40_000);

interface Ended {
  readonly result: unknown;
  readonly status: string;
  readonly ms: number;
}

/** What a transfer comes to, and where the call is then. The bot then says that it is still there. */
async function transferred(
  options: TransferOptions,
  others: Record<string, TestScene>,
  scene: TestScene = async (caller) => void (await caller.hears(HERE, { withinMs: 45_000 })),
): Promise<Ended & { readonly outcome: string | undefined }> {
  let ended: Ended | undefined;
  const script = bot(async (call) => {
    const begun = call.clock.now();
    const result = await call.transfer(Object.keys(others), options).catch((error: unknown) => error);
    ended = { result, status: call.call.status, ms: call.clock.now() - begun };
    await call.say(HERE);
  });
  const { results } = await testBot(script, scene, { exchange: Exchange, others });
  if (!ended) throw new Error('The transfer did not come to an end.');
  return { ...ended, outcome: results[0]?.outcome };
}

describe('a transfer', () => {
  const ways: [string, TransferOptions][] = [
    ['attended', {}],
    ['with music', { music: MELODY }],
    ['blind', { blind: true }],
  ];

  it.each(ways)(
    'that is %s throws when the target refuses, and the caller is still connected',
    async (_, options) => {
      const { result, status } = await transferred(options, { agent: rung((agent) => agent.call.refuse()) });
      expect(result).toMatchObject({
        code: 'ERR_NOT_TRANSFERRED',
        outcome: 'refused',
        attempts: [{ target: 'agent', outcome: 'refused' }],
      });
      expect(status).toBe('INPROGRESS');
    },
  );

  it.each(ways)(
    'that is %s takes the call back when its time is up, and stops ringing the target',
    async (_, options) => {
      let rang: string | undefined;
      const { result, status, ms } = await transferred(
        { ...options, timeoutMs: 4000 },
        {
          agent: rung(async (agent) => {
            await agent.hasStatus('MISSED', { withinMs: 20_000 });
            rang = agent.call.status;
          }),
        },
      );
      expect(result).toMatchObject({ code: 'ERR_TIMEOUT', outcome: 'no-answer' });
      expect(status).toBe('INPROGRESS');
      expect(rang).toBe('MISSED');
      expect(ms).toBeLessThan(6000);
    },
  );

  it.each(ways)('that is %s throws when the caller has hung up', async (_, options) => {
    const { result, outcome } = await transferred(options, { agent: ignores }, async (caller) => {
      await caller.waits(3000);
      await caller.hangsUp();
    });
    expect(result).toMatchObject({ code: 'ERR_CALL_ENDED' });
    expect(outcome).toBe('hung-up');
  });

  it.each(ways)(
    'that is %s ends when its signal fires, and the caller is still connected',
    async (_, options) => {
      const stop = new AbortController();
      const { result, status } = await transferred(
        { ...options, signal: stop.signal },
        { agent: rung(async () => stop.abort()) },
      );
      expect(result).toMatchObject({ code: 'ERR_ABORTED' });
      expect(status).toBe('INPROGRESS');
    },
  );

  it.each(ways)('that is %s throws when the target does not exist', async (_, options) => {
    const script = bot(async (call) => {
      await expect(call.transfer('nobody', options)).rejects.toMatchObject({
        code: expect.stringMatching(/^ERR_(NOT_TRANSFERRED|API|UNSUPPORTED)$/),
      });
      await call.say(HERE);
    });
    const { results } = await testBot(script, async (caller) => void (await caller.hears(HERE)), {
      exchange: Exchange,
    });
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });

  it.each<[string, TestScene, TestScene]>([
    ['caller', async (caller) => caller.waits(1000), async (agent) => agent.hasStatus('FINISHED')],
    ['target', async (caller) => void (await caller.hears(HERE)), async (agent) => agent.waits(500)],
  ])('connects caller and target until the %s hangs up', async (by, callerThen, agentThen) => {
    const { result } = await transferred(
      {},
      {
        agent: async (agent) => {
          await agent.answers();
          await agent.speaks(OTHER);
          await agent.hears(MELODY);
          await agentThen(agent);
        },
      },
      async (caller) => {
        await caller.hears(OTHER, { withinMs: 20_000 });
        await caller.speaks(MELODY);
        await callerThen(caller);
      },
    );
    expect(result).toEqual({ to: 'agent', endedBy: by });
  });

  it('goes to the first of several targets that answers, and stops ringing the others', async () => {
    let missed: string | undefined;
    const { result } = await transferred(
      {},
      {
        first: rung(async (person) => {
          await person.hasStatus('MISSED', { withinMs: 20_000 });
          missed = person.call.status;
        }),
        second: async (person) => {
          await person.waits(3000);
          await person.answers();
          await person.waits(300);
        },
        third: rung((person) => person.call.refuse()),
      },
    );
    expect(result).toEqual({ to: 'second', endedBy: 'target' });
    expect(missed).toBe('MISSED');
  });

  it('refuses an empty list and an invalid limit', async () => {
    const script = bot(async (call) => {
      await expect(call.transfer([])).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
      await expect(call.transfer('a', { timeoutMs: -1 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    });
    const { results } = await testBot(script, async () => undefined, { exchange: Exchange });
    expect(results).toMatchObject([{ outcome: 'done' }]);
  });
});

describe('the front desk that comes with the package', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-desk-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each<[string, TestScene]>([
    ['refuses', rung((desk) => desk.call.refuse())],
    ['does not answer', ignores],
  ])('takes a message where sales %s', async (_, desk) => {
    const flow = await readFlow('examples/flows/front-desk.yaml');
    const steps = Object.values(flow.data.steps);
    const asked = steps.find((step) => step.do === 'menu')?.ask;
    const greeting = steps.find((step) => step.do === 'voicemail')?.greeting;
    await testBot(
      flowBot({ ...flow, folder }),
      async (caller) => {
        await caller.hears(asked as never);
        await caller.presses('1');
        await caller.hears(greeting as never, { withinMs: 60_000 });
      },
      { exchange: Exchange, others: { 'sales.desk': desk }, startsAt: new Date('2027-03-01T10:00:00Z') },
    );
    expect(await readdir(folder)).toEqual(['messages']);
  });
});

describe('keys that are pressed while the bot is not gathering', () => {
  const agent: TestScene = async (agent) => {
    await agent.answers();
    await agent.hasStatus('FINISHED', { withinMs: 20_000 });
  };
  it.each<[string, (call: BotCall) => Promise<unknown>]>([
    ['on hold', (call) => call.hold(() => call.pause(5000))],
    ['on hold with music', (call) => call.hold(() => call.pause(5000), { music: MELODY })],
    ['in a bridge', async (call) => bridge(call, await call.dial('agent'), { timeoutMs: 5000 })],
    ['in a room', (call) => new Room().join(call, { timeoutMs: 5000 })],
  ])('%s do not answer the next question; keys pressed before do', async (where, work) => {
    const answers: Gathered[] = [];
    const script = bot(async (call) => {
      await call.pause(1500);
      await work(call);
      answers.push(await call.gather({ max: 5, min: 1, terminators: '', timeoutMs: 500, interDigitMs: 500 }));
    });
    const others: Record<string, TestScene> = where === 'in a bridge' ? { agent } : {};
    await testBot(
      script,
      async (caller) => {
        await caller.presses('1');
        await caller.waits(5000);
        await caller.presses('9');
        await caller.presses('8', { by: 'tone' });
        await caller.hasStatus('FINISHED', { withinMs: 20_000 });
      },
      { exchange: Exchange, others },
    );
    expect(answers).toMatchObject([{ digits: '1' }]);
  });

  it('on hold can be gathered by the script of the hold', async () => {
    let digits: string | undefined;
    const script = bot(async (call) => {
      ({ digits } = await call.hold(() => call.gather({ timeoutMs: 5000 }), { music: MELODY }));
    });
    await testBot(
      script,
      async (caller) => {
        await caller.waits(1000);
        await caller.presses('5');
        await caller.hasStatus('FINISHED');
      },
      { exchange: Exchange },
    );
    expect(digits).toBe('5');
  });
});

describe('testBot', () => {
  const waits = bot((call) => call.pause(1000), { name: 'waits' });
  const bug = new Error('the scene is wrong');

  it.each<[string, TestScene]>([
    ['before its first wait', async () => Promise.reject(bug)],
    [
      'at once',
      () => {
        throw bug;
      },
    ],
    ['later', async (person) => person.waits(500).then(() => Promise.reject(bug))],
  ])('fails with the error of a scene of `others` that throws %s', async (_, scene) => {
    for (const direction of ['caller-calls', 'bot-calls'] as const) {
      const answering: TestScene = async (caller) => {
        if (direction === 'bot-calls') await caller.answers();
      };
      await expect(
        testBot(waits, answering, { exchange: Exchange, direction, others: { other: scene } }),
      ).rejects.toMatchObject({ code: 'ERR_SCENE', cause: bug });
    }
  });
});
