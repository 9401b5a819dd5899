import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import { BotHost } from '../../../src/bot/bot-host.js';
import { CampaignLog } from '../../../src/bot/outbound/campaign-log.js';
import type { CampaignEnding } from '../../../src/bot/outbound/campaign-options.js';
import { DoNotCallList } from '../../../src/bot/outbound/do-not-call-list.js';
import { melodyEngine } from '../../../src/bot/prompt/melody-engine.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { Queue } from '../../../src/bot/queue/queue.js';
import { testCampaign } from '../../../src/bot/test/test-campaign.js';
import type { TestExchangeStarter, TestScene } from '../../../src/bot/test/test-house.js';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';

const MELODY = { tone: [440, 660], ms: 800 } as const;
const greet = bot(async (call) => void (await call.say(MELODY)));
const HOUR_MS = 3_600_000;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-campaign-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a campaign', () => {
  it('asks retryWhen with the whole result of the call, and keeps its answer', async () => {
    using log = CampaignLog.open(folder);
    const endings: CampaignEnding[] = [];
    const stop = new AbortController();
    const run = (signal?: AbortSignal) =>
      testCampaign(greet, [{ target: 'anna', fields: { plan: 'gold' } }, 'ben'], {
        exchange: Exchange,
        people: { anna: signal ? 'ring' : ['refuse', 'answer'], ben: 'refuse' },
        ...(!signal && { startsAt: new Date('2027-03-01T09:10:00Z') }),
        campaign: {
          ...{ store: log.store('spring'), ringMs: 5000, ...(signal && { signal }) },
          retryWhen: (ending) => {
            endings.push(ending);
            if (ending.target === 'ben') return false;
            if (signal) stop.abort();
            return ending.status === 'REFUSED' ? 5 * HOUR_MS : 2 * HOUR_MS;
          },
        },
      });
    const [first] = (await run(stop.signal)).results;
    expect(first).toMatchObject({ target: 'anna', retry: true, retryAfterMs: 2 * HOUR_MS });
    expect(endings[0]).toMatchObject({
      ...{ target: 'anna', attempt: 1, outcome: 'unanswered', variables: { plan: 'gold' }, bot: 'bot' },
    });
    const { results } = await run();
    const placed = (target: string) =>
      results
        .filter((each) => each.target === target)
        .map(({ placedAtMs }) => new Date(placedAtMs).toISOString().slice(11, 16));
    // Two hours after the first had ended, five after the second.
    expect(placed('anna')).toEqual(['11:00', '16:00']);
    expect(placed('ben')).toEqual(['09:10']);
    expect(results.find(({ target }) => target === 'ben')).toMatchObject({ retry: false });
  });

  it('calls each target in its own time zone; a target at night does not delay the others', async () => {
    const zone = (target: string, timezone: string) => ({ target, fields: { timezone } });
    const { results } = await testCampaign(
      greet,
      [
        zone('honolulu', 'Pacific/Honolulu'),
        zone('berlin', 'Europe/Berlin'),
        zone('boston', 'America/New_York'),
      ],
      { exchange: Exchange, campaign: { hours: { from: '09:00', to: '18:00' } } },
    );
    const placed = results.map(
      ({ target, placedAtMs }) => `${target} ${new Date(placedAtMs).toISOString().slice(11, 16)}`,
    );
    expect(placed).toEqual(['berlin 09:00', 'boston 14:00', 'honolulu 19:00']);
  });

  it('spreads its calls of a second evenly', async () => {
    const people = ['anna', 'ben', 'carl', 'dora'];
    const { results } = await testCampaign(greet, people, {
      exchange: Exchange,
      campaign: { callsPerSecond: 2, concurrency: 4 },
    });
    const placed = results.map(({ placedAtMs }) => placedAtMs).sort((a, b) => a - b);
    expect(placed.map((at) => at - placed[0]!)).toEqual([0, 500, 1000, 1500]);
  });

  it('does not call targets of the do-not-call list, checks it before each call, and adds a target by a key', async () => {
    const file = join(folder, 'never.txt');
    await writeFile(file, '# asked in writing\nBen # by letter\n');
    const doNotCall = await DoNotCallList.open(file);
    using log = CampaignLog.open(folder);
    const listens = bot(async (call) => void (await call.gather({ prompt: MELODY, timeoutMs: 2000 })));
    const { results } = await testCampaign(listens, ['anna', 'ben', 'carl', 'dora'], {
      exchange: Exchange,
      people: {
        anna: async (anna) => {
          // Somebody else puts a name on the list while the campaign runs.
          writeFileSync(file, `${readFileSync(file, 'utf8')}carl`);
          await anna.presses('9');
          await anna.hasStatus('FINISHED');
        },
      },
      campaign: { doNotCall, doNotCallKey: '9', store: log.store('spring') },
    });
    const outcomes = Object.fromEntries(results.map(({ target, outcome }) => [target, outcome]));
    expect(outcomes).toEqual({ anna: 'done', ben: 'do-not-call', carl: 'do-not-call', dora: 'done' });
    expect(await readFile(file, 'utf8')).toBe('# asked in writing\nBen # by letter\ncarl\nanna\n');
    expect(log.summaries()).toMatchObject([{ targets: 4, calls: 2 }]);
    const again = await testCampaign(listens, ['anna', 'ben'], {
      exchange: Exchange,
      campaign: { doNotCall, store: log.store('summer') },
    });
    expect(again.results.map(({ outcome }) => outcome)).toEqual(['do-not-call', 'do-not-call']);
  });

  it('ends when the do-not-call list cannot be read', async () => {
    const doNotCall = await DoNotCallList.open(join(folder, 'never.txt'));
    await rm(join(folder, 'never.txt'), { force: true });
    const broken = { has: () => Promise.reject(new Error('no list')), add: () => undefined };
    await expect(
      testCampaign(greet, ['anna'], { exchange: Exchange, campaign: { doNotCall: broken } }),
    ).rejects.toThrow('no list');
    await expect(
      testCampaign(greet, ['anna'], { exchange: Exchange, campaign: { doNotCall } }),
    ).resolves.toMatchObject({ results: [{ outcome: 'done' }] });
  });

  it('calls each target by the host that hostFor chooses', async () => {
    const asked: string[] = [];
    const { results } = await testCampaign(greet, ['anna', 'ben'], {
      exchange: Exchange,
      campaign: {
        hostFor: ({ target }) => {
          asked.push(target);
          return undefined;
        },
      },
    });
    expect(results).toHaveLength(2);
    expect(asked).toEqual(['anna', 'ben']);
  });

  it('shows each target the name of the endpoint of its host', async () => {
    const clock = new VirtualClock(Date.UTC(2027, 2, 1));
    await using server = new PcmServer();
    let sales: BotHost | undefined;
    const withSales: TestExchangeStarter = {
      start: async (options) => {
        const users = [...options.users, { handle: 'the.sales' }];
        const exchange = await Exchange.start({ ...options, users });
        // It closes with the exchange.
        const client = await attach(new MemoryTransport(exchange.endpoint('the.sales')), { clock });
        const prompts = await Prompts.open({ engine: melodyEngine() });
        sales = new BotHost({ client, server, prompts, clock });
        return exchange;
      },
    };
    const shown: Record<string, string> = {};
    const notes: TestScene = async (person) => {
      shown[person.handle] = await person.call.text('PARTNER_HANDLE');
      await person.hears(MELODY);
    };
    const { results } = await testCampaign(greet, ['anna', 'ben', 'carl'], {
      ...{ exchange: withSales, clock, people: { anna: notes, ben: notes, carl: notes } },
      campaign: { hostFor: ({ target }) => (target === 'ben' ? sales : undefined) },
    });
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done', 'done']);
    expect(shown).toEqual({ anna: 'the.bot', ben: 'the.sales', carl: 'the.bot' });
  });

  it.each([7, 11, 13, 29])(
    'keeps the order of the list, also at %d calls a minute',
    async (callsPerMinute) => {
      const people = ['zoe', 'anna', 'yves', 'ben', 'xaver', 'carl', 'will', 'dora'];
      const { results } = await testCampaign(greet, people, {
        exchange: Exchange,
        campaign: { callsPerMinute, concurrency: 2 },
      });
      expect(results.map(({ target }) => target)).toEqual(people);
    },
  );

  it('rings no more targets than agents are free, and puts them into a queue', async () => {
    const clock = new VirtualClock(Date.UTC(2027, 2, 1));
    const queue = await Queue.open({ clock });
    let most = 0;
    const people = ['anna', 'ben', 'carl', 'dora', 'emil'];
    queue.add({ name: 'one', serve: async (call) => call.pause(10_000) });
    queue.add({ name: 'two', serve: async (call) => call.pause(10_000) });
    const { results } = await testCampaign(
      (line) =>
        bot(async (call) => {
          most = Math.max(most, queue.figures.talking + queue.figures.waiting);
          await queue.enter(call, { onAgent: () => line.taken() });
        }),
      people,
      {
        ...{ exchange: Exchange, clock },
        campaign: { concurrency: 5, callsPerMinute: 6000, pacing: { freeAgents: () => queue.figures.free } },
      },
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(people.map(() => 'done'));
    expect(most).toBeLessThanOrEqual(2);
    expect(queue.figures).toMatchObject({ handled: 5, abandoned: 0 });
    await queue.close();
  });
});

describe('a do-not-call list', () => {
  it('compares numbers by digits and handles by letters', async () => {
    const file = join(folder, 'never.txt');
    await writeFile(file, '\ufeff+49 (30) 12-34.56\r\nAnna.Smith\r\n\r\n0049 40 777');
    const list = await DoNotCallList.open(file);
    for (const target of ['+4930123456', '0049 30 123456', 'anna.smith', '+4940777']) {
      expect(await list.has(target)).toBe(true);
    }
    for (const target of ['+493012345', 'anna', '30123456']) expect(await list.has(target)).toBe(false);
  });

  it('is refused in another encoding, as a table, and when its file was removed', async () => {
    const file = join(folder, 'never.txt');
    for (const bytes of [
      Buffer.from('\ufeffben\n', 'utf16le'),
      Buffer.from('ben\r\n', 'utf16le'),
      Buffer.from('ben\nM\u00fcller\n', 'latin1'),
      Buffer.from('anna\nben;Ben Smith;by letter\n'),
      Buffer.from('target,name\nben,Ben\n'),
      Buffer.from('Ben Smith\n'),
    ]) {
      await writeFile(file, bytes);
      await expect(DoNotCallList.open(file), bytes.toString()).rejects.toMatchObject({ code: 'ERR_FILE' });
    }
    await writeFile(file, 'ben\n');
    const list = await DoNotCallList.open(file);
    await rm(file);
    await expect(list.has('ben')).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it('ends an unfinished line of its file before it adds one', async () => {
    const file = join(folder, 'new', 'never.txt');
    const list = await DoNotCallList.open(file);
    await list.add('anna');
    await writeFile(file, 'anna\n+49301');
    await list.add('ben');
    await list.add('BEN');
    expect(await readFile(file, 'utf8')).toBe('anna\n+49301\nben\n');
    for (const wrong of ['two\nlines', 'two words', 'a;b', '#ben']) {
      await expect(list.add(wrong), wrong).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    }
  });
});
