import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { Queue } from '../../src/bot.js';
import type { ServiceConfig } from '../../src/service.js';
import { onServiceDay, serviceFolder } from './service-day.js';

const folder = serviceFolder();

const flowOf = (queueFolder: string) => `name: Shop
queues:
  sales: { folder: ${queueFolder}, agents: [{ name: eve, dial: eve }] }
steps:
  wait: { do: enqueue, queue: sales, otherwise: later }
  later: { do: say, what: { tone: 700, ms: 500 } }
`;

it('a queue with a folder survives a reload, and takes callers after it', async () => {
  await writeFile(folder('shop.yaml'), flowOf('line'));
  const config: ServiceConfig = {
    endpoints: { desk: { attach: 'exchange:desk' } },
    bots: { shop: { flow: folder('shop.yaml') } },
    rules: [{ name: 'all', answer: 'shop' }],
  };
  // The agent is rung, and never there.
  const events = await onServiceDay({ config, people: ['ann', 'ben', 'eve'] }, async (day) => {
    const entered = (count: number) =>
      day.until((event) => event.type === 'queue' && event.what === 'entered' && event.waiting === count);
    await day.people['ann']?.call('desk');
    await entered(1);
    // The same, and with a change that is read.
    for (const text of [flowOf('line'), flowOf('./line')]) {
      await writeFile(folder('shop.yaml'), text);
      await day.service.reload(config);
    }
    await day.people['ben']?.call('desk');
    await entered(2);
    for (const queue of day.service.queueFolders.values()) await queue.close();
  });
  expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
});

it('queues of flows are closed with the service: their folders are free, and no caller waits', async () => {
  await writeFile(folder('shop.yaml'), flowOf('line'));
  const config: ServiceConfig = {
    endpoints: { desk: { attach: 'exchange:desk' } },
    bots: { shop: { flow: folder('shop.yaml') } },
    rules: [{ name: 'all', answer: 'shop' }],
  };
  let kept: Queue | undefined;
  await onServiceDay({ config, people: ['ann', 'eve'] }, async (day) => {
    await day.people['ann']?.call('desk');
    await day.until((event) => event.type === 'queue' && event.what === 'entered');
    [kept] = day.service.queueFolders.values();
  });
  expect(kept?.figures.waiting).toBe(0);
  await using _again = await Queue.open({ name: 'sales', folder: folder('line') });
});
