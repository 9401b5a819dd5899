import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/time/clock.js';
import { type Bot, bot } from '../../src/bot/bot.js';
import { BotHost } from '../../src/bot/bot-host.js';
import type { BotResult } from '../../src/bot/bot-result.js';
import { runCampaign } from '../../src/bot/outbound/campaign.js';
import type { CampaignResult } from '../../src/bot/outbound/campaign-call.js';
import { attach } from '../../src/control/attach.js';
import type { Call } from '../../src/control/call/call.js';
import { type MemoryEndpoint, MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { driven } from '../turns.js';

/** What stands between the bot and its exchange. */
interface Line {
  /** How often a notification arrives, or `later`: after the next one. Default: each once. */
  told?(line: string): number | 'later';
  /** The answer to a command that does not reach the exchange; `lost` for none. */
  instead?(command: string): string | undefined;
}

function between(endpoint: MemoryEndpoint, { told = () => 1, instead }: Line): MemoryEndpoint {
  return {
    connect(client) {
      let late: string[] = [];
      const deliver = (line: string) => {
        const times = line.startsWith('#') ? 1 : told(line);
        if (times === 'later') return void late.push(line);
        const lines = [...Array.from({ length: times }, () => line), ...late];
        late = [];
        for (const each of lines) client.deliver(each);
      };
      const session = endpoint.connect({ deliver, closed: () => client.closed() });
      return {
        receive(line) {
          const [, id = '', command = ''] = /^(#\S+ )(.*)$/s.exec(line) ?? [];
          const answer = instead?.(command);
          if (answer === undefined) session.receive(line);
          else if (answer !== 'lost') client.deliver(`${id}${answer}`);
        },
        disconnect: () => session.disconnect(),
      };
    },
  };
}

interface House {
  readonly host: BotHost;
  readonly clock: VirtualClock;
  /** What the exchange itself says of a call of the bot's. */
  truth(id: number): Promise<string>;
  /** Somebody calls the bot. */
  calls(): Promise<Call>;
}

/** Whom the bot can call, and what they do then. */
const PEOPLE = ['answers', 'hangs-up', 'refuses', 'ignores', 'passes-on', 'passes-back'] as const;

/** A host on such a line, on a clock that goes on by itself. */
async function inHouse<T>(line: Line, work: (house: House) => Promise<T>): Promise<T> {
  const clock = new VirtualClock();
  const users = ['the.bot', ...PEOPLE].map((handle) => ({ handle }));
  await using exchange = await Exchange.start({ clock, patienceMs: 5000, users });
  const attached = (handle: string) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  for (const handle of PEOPLE) {
    (await attached(handle)).on('call', async (call) => {
      await call.reached('RINGING');
      if (handle === 'ignores') return;
      if (handle === 'refuses') return await call.refuse();
      await call.answer();
      clock.timerAt(clock.now() + 1500, () => {
        if (handle === 'hangs-up') void call.hangUp();
        if (handle === 'passes-on') void call.transfer('refuses').then(() => call.hangUp());
        if (handle === 'passes-back') void call.transfer('refuses');
      });
    });
  }
  const endpoint = between(exchange.endpoint('the.bot'), line);
  const client = await attach(new MemoryTransport(endpoint), { clock });
  const witness = await attached('the.bot');
  await using server = new PcmServer();
  const host = new BotHost({ client, server, clock });
  const truth = async (id: number) => await witness.get('CALL', id, 'STATUS');
  const ignorer = await attached('ignores');
  const calls = () => ignorer.call('the.bot');
  try {
    return await driven(clock, work({ host, clock, truth, calls }));
  } finally {
    await client.close();
  }
}

const talks = bot(
  async (call) => {
    await call.say({ tone: 440, ms: 500 });
    await call.pause(4000);
  },
  { name: 'talks' },
);

const fate = fc.constantFrom<number | 'later'>(0, 0, 1, 1, 1, 2, 'later');

describe('a call of a bot', () => {
  it('ends however the notifications of the endpoint are lost or delayed, and the host knows the outcome', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PEOPLE), fc.infiniteStream(fate), async (target, fates) => {
        const told = () => fates.next().value ?? 1;
        await inHouse({ told }, async ({ host, truth }) => {
          const result = await host.call(talks, target, { timeoutMs: 20_000 });
          expect(result.status).toBe(await truth(result.callId));
          expect(host.activeCalls).toBe(0);
        });
      }),
      { numRuns: 25 },
    );
  });

  it.each(PEOPLE)('to somebody who %s ends although no notification arrives', async (target) => {
    await inHouse({ told: () => 0 }, async ({ host, truth }) => {
      const result = await host.call(talks, target, { timeoutMs: 10_000 });
      expect(result.status).toBe(await truth(result.callId));
    });
  });

  it('ends for the host although its end is not notified and questions about it are not answered', async () => {
    const line: Line = {
      told: (notification) => (/STATUS (FINISHED|CANCELLED)/.test(notification) ? 0 : 1),
      instead: (command) =>
        /^GET CALL \d+ STATUS|^ALTER CALL \d+ HANGUP/.test(command) ? 'lost' : undefined,
    };
    await inHouse(line, async ({ host }) => {
      expect(await host.call(talks, 'hangs-up')).toMatchObject({ outcome: 'hung-up' });
      expect(host.activeCalls).toBe(0);
      await host.close();
    });
  });
});

describe('maxCallMs', () => {
  const untilTheEnd = (maxCallMs: number): Bot =>
    bot((call) => new Promise((resolve) => call.signal.addEventListener('abort', () => resolve())), {
      maxCallMs,
    });
  const deaf: Line = {
    instead: (command) => (/^ALTER CALL \d+ HANGUP/.test(command) ? command : undefined),
  };

  it('ends a call that the endpoint would continue', async () => {
    await inHouse(deaf, async ({ host, clock }) => {
      const result = await host.call(untilTheEnd(10_000), 'answers');
      expect(result).toMatchObject({ outcome: expect.stringMatching(/done|hung-up/), status: 'INPROGRESS' });
      expect(clock.now()).toBeLessThan(40_000);
    });
  });

  it('does not wait for a script that does not end', async () => {
    const stuck = bot(() => new Promise<void>(() => undefined), { maxCallMs: 10_000 });
    await inHouse({}, async ({ host, clock }) => {
      const result = await host.call(stuck, 'answers');
      expect(result).toMatchObject({ outcome: 'failed', status: 'FINISHED', error: { code: 'ERR_TIMEOUT' } });
      expect(clock.now()).toBeLessThan(60_000);
      await host.close();
    });
  });
});

describe('a campaign', () => {
  it("ends although the notification of every call's end is lost", async () => {
    const told = (line: string) =>
      /STATUS (FINISHED|CANCELLED|REFUSED|MISSED|BUSY|FAILED|TRANSFERRED)/.test(line) ? 0 : 1;
    const results: CampaignResult[] = [];
    await inHouse({ told }, async ({ host, clock }) => {
      const options = { clock, attempts: 1, concurrency: 2, callsPerMinute: 60 };
      for await (const result of runCampaign(host, talks, PEOPLE, options)) results.push(result);
    });
    expect(Object.fromEntries(results.map(({ target, status }) => [target, status]))).toEqual({
      answers: 'FINISHED',
      'hangs-up': 'FINISHED',
      refuses: 'REFUSED',
      ignores: 'CANCELLED',
      'passes-on': 'REFUSED',
      'passes-back': 'FINISHED',
    });
  });
});

describe('a host', () => {
  it('reports errors of its listeners and of `accept`, and goes on', async () => {
    const bug = () => {
      throw new Error('a bug of the program');
    };
    const failures: Error[] = [];
    const results: BotResult[] = [];
    await inHouse({}, async ({ host }) => {
      host.on('failure', (error) => failures.push(error));
      host.on('talking', bug);
      host.on('trace', bug);
      host.on('result', bug);
      host.on('result', (result) => results.push(result));
      await host.call(talks, 'answers');
      await host.close();
    });
    expect(results).toMatchObject([{ outcome: 'done' }]);
    expect(failures.length).toBeGreaterThanOrEqual(3);
    expect(failures).toSatisfy((all: { code?: string }[]) =>
      all.every(({ code }) => code === 'ERR_LISTENER'),
    );
  });

  it('does not take a call where `accept` throws, and takes the next', async () => {
    const failures: Error[] = [];
    let asked = 0;
    await inHouse({}, async ({ host, calls }) => {
      host.on('failure', (error) => failures.push(error));
      host.attend(talks, {
        accept: () => {
          if (++asked === 1) throw new Error('a bug of the program');
          return true;
        },
      });
      const [first, second] = [await calls(), await calls()];
      expect(await second.ended()).toBe('FINISHED');
      expect(first.status).toBe('RINGING');
      await first.hangUp();
      await host.close();
    });
    expect(failures).toMatchObject([{ code: 'ERR_LISTENER', cause: { message: 'a bug of the program' } }]);
  });
});
