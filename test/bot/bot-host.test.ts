import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/time/clock.js';
import { type Bot, bot } from '../../src/bot/bot.js';
import { BotHost } from '../../src/bot/bot-host.js';
import type { BotResult } from '../../src/bot/bot-result.js';
import { testBot } from '../../src/bot/test/test-bot.js';
import { attach } from '../../src/control/attach.js';
import type { Call } from '../../src/control/call/call.js';
import type { Client } from '../../src/control/client/client.js';
import { MemoryTransport } from '../../src/control/transport/memory-transport.js';
import { Exchange } from '../../src/exchange/exchange.js';
import { PcmServer } from '../../src/tcp/pcm-server.js';
import { driven } from '../turns.js';

interface House {
  readonly host: BotHost;
  readonly callers: readonly Client[];
  readonly results: readonly BotResult[];
}

/** Runs `work` with a host and so many callers, on a clock that goes on by itself. */
async function inHouse(count: number, work: (house: House) => Promise<void>): Promise<void> {
  const clock = new VirtualClock();
  const handles = Array.from({ length: count }, (_, index) => `caller${index}`);
  const users = ['the.bot', ...handles].map((handle) => ({ handle }));
  await using exchange = await Exchange.start({ clock, patienceMs: 5000, users });
  const attached = (handle: string) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  await using server = new PcmServer();
  const host = new BotHost({ client: await attached('the.bot'), server, clock });
  const results: BotResult[] = [];
  host.on('result', (result) => results.push(result));
  const callers = await Promise.all(handles.map(attached));
  await driven(clock, work({ host, callers, results }));
}

const callAll = (callers: readonly Client[]): Promise<Call[]> =>
  Promise.all(callers.map((caller) => caller.call('the.bot')));

describe('a host', () => {
  it('runs many calls at once; one that throws ends alone', async () => {
    await inHouse(12, async ({ host, callers, results }) => {
      let most = 0;
      host.attend(
        bot(async (call) => {
          most = Math.max(most, host.activeCalls);
          await call.pause(1000);
          if (call.partner.handle === 'caller5') throw new Error('this one only');
          await call.pause(2000);
        }),
      );
      const calls = await callAll(callers);
      await Promise.all(calls.map((call) => call.ended()));
      await host.close();
      expect(most).toBe(12);
      expect(results.filter(({ outcome }) => outcome === 'done')).toHaveLength(11);
      expect(results.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
        { error: { message: 'this one only' } },
      ]);
    });
  });

  it('refuses calls beyond its limit, and accepts calls again after one has ended', async () => {
    await inHouse(3, async ({ host, callers, results }) => {
      const refused: Call[] = [];
      host.on('refused', (call) => refused.push(call));
      host.attend(
        bot((call) => call.pause(1000)),
        { maxCalls: 2 },
      );
      const calls = await callAll(callers);
      const statuses = await Promise.all(calls.map((call) => call.ended()));
      expect(statuses.toSorted()).toEqual(['FINISHED', 'FINISHED', 'REFUSED']);
      expect(refused).toHaveLength(1);
      const again = await callers[2]!.call('the.bot');
      expect(await again.ended()).toBe('FINISHED');
      await host.close();
      expect(results).toHaveLength(3);
    });
  });

  it('does not touch calls that it does not accept', async () => {
    await inHouse(2, async ({ host, callers, results }) => {
      const accept = async (call: Call) => (await call.text('PARTNER_HANDLE')) === 'caller1';
      host.attend(
        bot((call) => call.pause(100)),
        { accept },
      );
      const [first, second] = await callAll(callers);
      expect(await second!.ended()).toBe('FINISHED');
      expect(first!.status).toBe('RINGING');
      await first!.hangUp();
      await host.close();
      expect(results).toHaveLength(1);
    });
  });

  it('ends a call that lasts too long, and hangs up all when it is disposed of', async () => {
    await inHouse(2, async ({ host, callers, results }) => {
      const forever = (options: { maxCallMs?: number }): Bot =>
        bot(async (call) => {
          for (;;) await call.say({ silence: 10_000 });
        }, options);
      host.attend(forever({ maxCallMs: 5000 }));
      const short = await callers[0]!.call('the.bot');
      expect(await short.ended()).toBe('FINISHED');
      host.attend(forever({}));
      const long = await callers[1]!.call('the.bot');
      await long.reached('INPROGRESS');
      await host[Symbol.asyncDispose]();
      expect(await long.ended()).toBe('FINISHED');
      expect(results.map(({ outcome }) => outcome)).toEqual(['hung-up', 'hung-up']);
      expect(() => host.attend(forever({}))).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    });
  });

  it('reports a call that is not answered in time', async () => {
    await inHouse(1, async ({ host }) => {
      const result = await host.call(
        bot(() => undefined),
        'caller0',
        { timeoutMs: 4000 },
      );
      expect(result).toMatchObject({ outcome: 'unanswered', error: { code: 'ERR_TIMEOUT' } });
      await host.close();
    });
  });

  it.each([{ maxCallMs: 0 }, { maxCallMs: Number.NaN }])('refuses a bot with %j', (options) => {
    expect(() => bot(() => undefined, options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG' }));
  });
});

describe('a test', () => {
  it('fails with the transcript', async () => {
    const silent = bot((call) => call.pause(60_000));
    const scene = testBot(silent, (caller) => caller.hears({ tone: 440, ms: 500 }).then(() => undefined), {
      exchange: Exchange,
    });
    await expect(scene).rejects.toMatchObject({
      code: 'ERR_SCENE',
      message: expect.stringMatching(/did not come\.\n\n00:00\.\d{3} +caller +.*INPROGRESS\n/s),
      cause: { code: 'ERR_TIMEOUT' },
    });
  });

  it('fails with the error of the scene', async () => {
    const scene = testBot(
      bot((call) => call.pause(1000)),
      async () => {
        expect(1).toBe(2);
      },
      { exchange: Exchange },
    );
    await expect(scene).rejects.toMatchObject({
      code: 'ERR_SCENE',
      message: expect.stringContaining('to be 2'),
    });
  });

  it('ends when its time is up', async () => {
    const scene = testBot(
      bot((call) => call.pause(3_600_000)),
      (caller) => caller.waits(3_600_000),
      { exchange: Exchange, limitMs: 5000 },
    );
    await expect(scene).rejects.toMatchObject({ message: expect.stringContaining('not over after 5000 ms') });
  });

  it('passes when a prompt is said, and fails when it is not', async () => {
    const MELODY = { text: 'the prompt that is said' };
    const script = bot(async (call) => {
      await call.say(MELODY);
      await call.pause(2000);
    });
    await testBot(script, (caller) => caller.hears(MELODY).then(() => undefined), { exchange: Exchange });
    const other = testBot(
      script,
      (caller) => caller.hears({ text: 'another prompt of that kind' }).then(() => undefined),
      { exchange: Exchange },
    );
    await expect(other).rejects.toMatchObject({ code: 'ERR_SCENE' });
  });
});
