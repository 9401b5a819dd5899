import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { bot } from '../../../src/bot/bot.js';
import { Queue } from '../../../src/bot/queue/queue.js';
import { testBot } from '../../../src/bot/test/test-bot.js';
import { Exchange } from '../../../src/exchange/exchange.js';
import { EventFeed } from '../../../src/service/feed/event-feed.js';
import { type FeedEvent, feedEventSchema } from '../../../src/service/feed/feed-event.js';
import { FeedSources } from '../../../src/service/feed/feed-sources.js';

it('the feed reports the callers and figures of a queue, as in the schema', async () => {
  const clock = new VirtualClock();
  const feed = new EventFeed(clock);
  const events: FeedEvent[] = [];
  void feed.each({ name: 'test' }, (event) => events.push(event));
  const queue = await Queue.open({
    clock,
    name: 'sales',
    agents: [{ name: 'anna', serve: () => undefined }],
  });
  new FeedSources(feed).queue(queue, 'the.bot');
  const desk = bot(async (call) => void (await queue.enter(call)));
  await testBot(desk, (caller) => caller.hasStatus('FINISHED'), { exchange: Exchange, clock });
  await queue.close();
  await new Promise((resolve) => setImmediate(resolve));
  for (const event of events) expect(feedEventSchema.safeParse(event).error).toBeUndefined();
  expect(events.map((event) => (event.type === 'queue' ? event.what : event.type))).toEqual([
    ...['entered', 'offered', 'connected', 'ended'],
  ]);
  expect(events.at(-1)).toMatchObject({
    account: 'the.bot',
    queue: 'sales',
    agent: 'anna',
    handled: 1,
    talking: 0,
  });
});
