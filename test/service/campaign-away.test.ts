import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { sleep } from '../../src/bot.js';
import type { MemoryEndpoint } from '../../src/control.js';
import { attach, Exchange, JackfieldError, MemoryTransport, VirtualClock } from '../../src/index.js';
import { EventFeed, type FeedEvent, Service } from '../../src/service.js';
import { turn, until } from '../turns.js';
import { serviceFolder } from './service-day.js';

const folder = serviceFolder();

/** Has time pass until the work is done. */
async function drive<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const ended = work.finally(() => over.abort());
  ended.catch(() => undefined);
  while (!over.signal.aborted) {
    await clock.run({ signal: over.signal });
    await turn();
  }
  return await ended;
}

it('a campaign waits while its endpoint is away, and goes on when it is there again', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  const people = ['ann', 'ben', 'cyd'];
  await writeFile(folder('list.csv'), `target\n${people.join('\n')}\n`);
  const opened = async () => {
    const exchange = await Exchange.start({
      ...{ clock, patienceMs: 5000 },
      users: ['desk', ...people].map((handle) => ({ handle })),
    });
    for (const handle of people) {
      const client = await attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
      client.on('call', (call) => void call.answer().catch(() => undefined));
    }
    return exchange;
  };
  let exchange = await drive(clock, opened());
  let away = false;
  const present = {
    endpoint: (handle: string) => ({
      connect(client: Parameters<MemoryEndpoint['connect']>[0]) {
        if (away) throw new JackfieldError('ERR_ATTACH_UNAVAILABLE', 'It is away.');
        return exchange.endpoint(handle).connect(client);
      },
    }),
    on: () => undefined,
  } as unknown as Exchange;
  const feed = new EventFeed(clock);
  const events: FeedEvent[] = [];
  const reading = feed.each({ name: 'test' }, (event) => events.push(event));
  const told = (what: string) =>
    events.flatMap((event) =>
      event.type === 'campaign' && event.what === what ? [event.target ?? what] : [],
    );
  const config = {
    endpoints: { desk: { attach: 'exchange:desk' } },
    campaigns: {
      reminders: {
        ...{ list: folder('list.csv'), flow: folder('flow.yaml'), log: folder('calls') },
        ...{ begin: 'at-once' as const, callsPerMinute: 6, retryAfterMs: 60_000 },
      },
    },
  };
  const service = await drive(clock, Service.start(config, { feed, clock, exchange: present }));
  await drive(
    clock,
    until(() => told('called').length === 1),
  );
  away = true;
  await drive(clock, exchange.close());
  await drive(
    clock,
    until(() => told('waiting').length > 0),
  );
  expect(service.campaigns.status).toMatchObject([{ stage: 'waiting', reason: 'the endpoint is away' }]);
  await drive(clock, sleep(clock, 600_000));
  expect(told('called')).toEqual(['ann']);
  away = false;
  exchange = await drive(clock, opened());
  await drive(
    clock,
    until(() => told('ended').length === 1),
  );
  expect(told('called')).toEqual(['ann', 'ben', 'cyd']);
  expect(told('failed')).toEqual([]);
  await drive(clock, service[Symbol.asyncDispose]());
  await drive(clock, exchange.close());
  feed.close();
  await reading;
});
