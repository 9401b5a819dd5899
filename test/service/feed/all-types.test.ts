import { readFile, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { BotHost, bot, Queue } from '../../../src/bot.js';
import { PcmServer } from '../../../src/pcm.js';
import { ControlDesk, FEED_EVENT_TYPES, type FeedEvent, feedEventSchema } from '../../../src/service.js';
import { onServiceDay, serviceFolder } from '../service-day.js';

const folder = serviceFolder();

it('each type of event occurs in a busy hour, and each event fits the published schema', async () => {
  await writeFile(folder('list.csv'), 'target\ncyd\n');
  await writeFile(
    folder('long.yaml'),
    'name: Long\nsteps:\n  hello: { do: say, what: { tone: 700, ms: 8000 } }\n',
  );
  const config = {
    endpoints: { desk: { attach: 'exchange:desk' } },
    record: { out: folder('recordings'), analyse: true },
    bots: { greeter: { flow: folder('long.yaml') } },
    answeringMachine: { archive: folder('voicemails'), afterMs: 0, minMs: 0, silenceMs: 1000 },
    campaigns: {
      reminders: { list: folder('list.csv'), flow: folder('flow.yaml'), begin: 'at-once' as const },
    },
    rules: [
      { name: 'message', callers: ['ben'], answer: 'answering-machine' },
      { name: 'rest', answer: 'greeter' },
    ],
  };
  const late: FeedEvent[] = [];
  const events = await onServiceDay({ config, people: ['ann', 'ben', 'cyd', 'shop'] }, async (day) => {
    const { service, clock, people, until } = day;
    const [line] = service.lines;
    // A reader that does not keep up, a sink that does not either, and a listener that throws.
    const slow = service.feed.read({ name: 'slow', limit: 1 });
    line?.server.on('lease', async (lease) => {
      const frames = lease.frames({ policy: 'drop-oldest', maxBufferedMs: 20, name: 'slow' });
      await until(({ type }) => type === 'loss');
      for await (const _ of frames);
    });
    line?.client.on('call', () => {
      throw new Error('a listener');
    });
    people['cyd']?.on('call', (call) => void call.answer().catch(() => undefined));
    await until((event) => event.type === 'campaign' && event.what === 'ended');

    const call = await people['ann']!.call('desk');
    await until((event) => event.type === 'bot' && event.bot === 'greeter' && event.what === 'talking');
    await call.sendDtmf('4');
    await until(({ type }) => type === 'digit');
    await until(({ type }) => type === 'loss');
    const { call: id } = (await until((event) => event.type === 'call' && event.partner === 'ann')) as {
      call: number;
    };
    const desk = new ControlDesk(service, { reload: async () => [], drained: () => undefined });
    await desk.obey('hangup', { call: id }, 'the test');
    await until((event) => event.type === 'recording' && event.what === 'published' && event.call === id);

    await (await people['ben']!.call('desk')).ended();
    await until(({ type }) => type === 'message');

    await using server = new PcmServer();
    await using queue = await Queue.open({ name: 'sales', agents: [], clock, music: { tone: 440, ms: 500 } });
    service.sources.queue(queue, 'shop');
    await using host = new BotHost({ client: people['shop']!, server, clock });
    await host.attend(bot(async (caller) => void (await queue.enter(caller))));
    const waiting = await people['ann']!.call('shop');
    await until((event) => event.type === 'queue' && event.what === 'entered');
    await waiting.hangUp();
    await until((event) => event.type === 'queue' && event.what === 'left');
    // What it is told of what it missed, and the one event that waits for it.
    for (const { value } of [await slow.next(), await slow.next()]) if (value) late.push(value);
    await slow.return?.();
  });
  const all = [...events, ...late];
  const seen = new Set(all.map(({ type }) => type));
  expect(FEED_EVENT_TYPES.filter((type) => !seen.has(type))).toEqual([]);
  const published = z.fromJSONSchema(JSON.parse(await readFile('docs/event-feed.schema.json', 'utf8')));
  for (const event of all) {
    feedEventSchema.parse(event);
    expect(published.safeParse(event).error?.message, JSON.stringify(event)).toBeUndefined();
  }
});
