import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { sleep } from '../../src/bot.js';
import { attach, Exchange, MemoryTransport, VirtualClock } from '../../src/index.js';
import { EventFeed, type FeedEvent, Service } from '../../src/service.js';
import { driven, until } from '../turns.js';
import { reachable, serviceFolder } from './service-day.js';

const folder = serviceFolder();

it('a campaign waits while its endpoint is away, and continues when it returns', async () => {
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
  let exchange = await driven(clock, opened());
  let away = false;
  const present = reachable(() => (away ? undefined : exchange));
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
  const service = await driven(clock, Service.start(config, { feed, clock, exchange: present }));
  await driven(
    clock,
    until(() => told('called').length === 1),
  );
  away = true;
  await driven(clock, exchange.close());
  await driven(
    clock,
    until(() => told('waiting').length > 0),
  );
  expect(service.campaigns.status).toMatchObject([
    { stage: 'waiting', reason: 'the endpoint is disconnected' },
  ]);
  await driven(clock, sleep(clock, 600_000));
  expect(told('called')).toEqual(['ann']);
  away = false;
  exchange = await driven(clock, opened());
  await driven(
    clock,
    until(() => told('ended').length === 1),
  );
  expect(told('called')).toEqual(['ann', 'ben', 'cyd']);
  expect(told('failed')).toEqual([]);
  await driven(clock, service[Symbol.asyncDispose]());
  await driven(clock, exchange.close());
  feed.close();
  await reading;
});
