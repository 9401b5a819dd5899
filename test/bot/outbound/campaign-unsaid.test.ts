import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JackfieldError } from '../../../src/base/errors.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import { BotHost } from '../../../src/bot/bot-host.js';
import { runCampaign } from '../../../src/bot/outbound/campaign.js';
import type { CampaignResult } from '../../../src/bot/outbound/campaign-call.js';
import { CampaignLog } from '../../../src/bot/outbound/campaign-log.js';
import { Prompts } from '../../../src/bot/prompt/prompts.js';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { driven } from '../../turns.js';

const NAMES = ['anna', 'ben', 'carl'];

/** Runs a campaign that greets everybody by name; an engine that fails for one of them is found out in mid-call. */
async function run(log: CampaignLog, failsFor: string | undefined, awaits: boolean) {
  const clock = new VirtualClock();
  await using exchange = await Exchange.start({
    clock,
    patienceMs: 5000,
    users: ['the.bot', ...NAMES].map((handle) => ({ handle })),
  });
  const attached = (handle: string) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  for (const handle of NAMES) {
    (await attached(handle)).on('call', (call) => void call.reached('RINGING').then(() => call.answer()));
  }
  await using server = new PcmServer();
  const prompts = await Prompts.open({
    engine: {
      name: 'test',
      speak: async (text) => {
        if (failsFor && text.includes(failsFor)) throw new JackfieldError('ERR_TOOL', 'The engine is gone.');
        return { samples: new Int16Array(8000), format: { sampleRate: 16_000, channels: 1 } };
      },
    },
  });
  const host = new BotHost({ client: await attached('the.bot'), server, prompts, clock });
  const results: CampaignResult[] = [];
  const running = (async () => {
    const greeting = (target: string) =>
      bot(async (call) => {
        const said = call.say({ text: `Good day, ${target}` });
        if (awaits) await said;
      });
    const options = { clock, store: log.store('spring'), callsPerMinute: 6000 };
    for await (const result of runCampaign(host, ({ target }) => greeting(target), NAMES, options)) {
      results.push(result);
    }
  })();
  const error = await driven(clock, running).catch((cause: unknown) => cause);
  await host.close();
  return { results, error };
}

it.each([true, false])(
  'a call whose prompts could not be said is placed again (prompt awaited: %s)',
  async (awaits) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-unsaid-'));
    try {
      using log = CampaignLog.open(folder);
      const first = await run(log, 'ben', awaits);
      expect(first.error).toMatchObject({
        code: 'ERR_TOOL',
        message: expect.stringContaining('to ben could not be played'),
      });
      expect(log.search({ target: 'ben' })).toMatchObject([{ attempt: 1, outcome: 'unsaid', retry: true }]);
      expect(log.search({ target: 'carl' })).toEqual([]);
      const second = await run(log, undefined, awaits);
      expect(second.error).toBeUndefined();
      expect(second.results).toMatchObject([
        { target: 'ben', attempt: 1, outcome: 'done' },
        { target: 'carl', attempt: 1, outcome: 'done' },
      ]);
      expect(log.summaries()).toMatchObject([{ targets: 3, calls: 3, outcomes: { done: 3 } }]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
