import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import { BotHost } from '../../../src/bot/bot-host.js';
import { attach } from '../../../src/control/attach.js';
import { MemoryTransport } from '../../../src/control/transport/memory-transport.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { Recorder } from '../../../src/recording/recorder/recorder.js';
import { EventFeed } from '../../../src/service/feed/event-feed.js';
import { type FeedEvent, feedEventSchema } from '../../../src/service/feed/feed-event.js';
import { ACCOUNT_TAG, FeedSources } from '../../../src/service/feed/feed-sources.js';
import { PcmServer } from '../../../src/tcp/pcm-server.js';
import { driven } from '../../turns.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('the feed masks card numbers in the transcript of a bot, as in recordings', async () => {
  await using recorder = await Recorder.open({ folder, recording: { mask: {} } });
  const feed = new EventFeed();
  const texts: string[] = [];
  const read = feed.each({ name: 'test' }, (event) => event.type === 'transcript' && texts.push(event.text));
  const sources = new FeedSources(feed);
  sources.recorder(recorder);
  const host = new EventEmitter();
  sources.host(host as unknown as BotHost, 'desk');
  for (const text of [
    'asks “Your card?”',
    'gathered 4111 (length)',
    'gathered “one one one one” (silence)',
    'says “4111 1111 1111 1111, thank you”',
  ])
    host.emit('trace', { id: 7 }, text);
  feed.close();
  await read;
  expect(texts).toEqual([
    'asks “Your card?”',
    'gathered [masked] (length)',
    'gathered “[masked]” (silence)',
    'says “[masked], thank you”',
  ]);
});

it('the feed reports calls, states, streams, digits, bots and recordings, each as in the schema', async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1));
  const users = ['the.bot', 'caller', 'recorded'].map((handle) => ({ handle }));
  await using exchange = await Exchange.start({ clock, patienceMs: 5000, users });
  const attached = (handle: string) => attach(new MemoryTransport(exchange.endpoint(handle)), { clock });
  await using server = new PcmServer();
  const feed = new EventFeed(clock);
  const events: FeedEvent[] = [];
  void feed.each({ name: 'test' }, (event) => events.push(event));
  const sources = new FeedSources(feed);
  const [botClient, recorded, caller] = [
    await attached('the.bot'),
    await attached('recorded'),
    await attached('caller'),
  ];
  sources.client('desk', 'the.bot', botClient);
  sources.client('archive', 'recorded', recorded);
  sources.server(server, 'the.bot');
  sources.exchange(exchange);
  const host = new BotHost({ client: botClient, server, clock });
  sources.host(host, 'the.bot');
  const recording = { tags: { [ACCOUNT_TAG]: 'recorded' } };
  const recorder = await Recorder.start(recorded, server, { folder, clock, catalogue: false, recording });
  sources.recorder(recorder);
  const work = async () => {
    await host.attend(bot(async (call) => void (await call.say({ tone: 440, ms: 3000 }))));
    const talk = await caller.call('the.bot');
    await talk.reached('INPROGRESS');
    await talk.sendDtmf('5');
    await (await recorded.call('echo123')).ended();
    await talk.ended();
  };
  await driven(clock, work());
  await host.close();
  await recorder.close();
  for (const client of [botClient, recorded, caller]) await client.close();
  await new Promise((resolve) => setImmediate(resolve));
  for (const event of events) expect(feedEventSchema.safeParse(event).error).toBeUndefined();
  const ofBot = events.filter(({ account }) => account === 'the.bot');
  const kinds = (of: readonly FeedEvent[]) =>
    of.map((it) => `${it.type} ${'what' in it ? it.what : ''}`.trim());
  expect(kinds(ofBot)[0]).toBe('endpoint attached');
  expect(kinds(ofBot)).toEqual(
    expect.arrayContaining(['call', 'state', 'stream flowing', 'digit', 'bot talking', 'transcript']),
  );
  const call = ofBot.findIndex(({ type }) => type === 'call');
  expect(ofBot.findIndex(({ type }) => type === 'state')).toBeGreaterThan(call);
  expect(ofBot[call]).toMatchObject({ direction: 'in', partner: 'caller' });
  const states = events.flatMap((it) =>
    it.type === 'state' && it.account === 'recorded' ? [it.status] : [],
  );
  expect(states.at(0)).toBe('UNPLACED');
  expect(states.at(-1)).toBe('FINISHED');
  expect(kinds(events.filter(({ type, account }) => type === 'recording' && account === 'recorded'))).toEqual(
    ['recording begun', 'recording ended', 'recording published'],
  );
  expect(kinds(events.filter(({ type }) => type === 'endpoint')).slice(-2)).toEqual([
    'endpoint closed',
    'endpoint closed',
  ]);
});
