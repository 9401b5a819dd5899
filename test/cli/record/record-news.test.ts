import { expect, it } from 'vitest';
import { newsOf } from '../../../src/cli/record/record-news.js';
import { EventFeed, type FeedEvent, type ToldEvent } from '../../../src/feed.js';

const told = newsOf({ attached: 'tcp:4100', folder: 'out', from: 'recorder.json' });
const about = { account: 'desk', call: 7 };

it.each<[ToldEvent, string | undefined, object]>([
  [
    { type: 'endpoint', endpoint: 'tcp:4100', what: 'lost', reason: 'reset' },
    'endpoint lost',
    { attached: 'tcp:4100', reason: 'reset' },
  ],
  [{ type: 'endpoint', endpoint: 'tcp:4100', what: 'attached' }, undefined, {}],
  [
    { type: 'recording', ...about, what: 'begun', partner: 'ann', file: 'a.wav' },
    'recording',
    { call: 7, partner: 'ann', file: 'a.wav' },
  ],
  [
    { type: 'recording', ...about, what: 'disk-full', reason: 'no room' },
    'disk full',
    { call: 7, reason: 'no room' },
  ],
  [{ type: 'recording', ...about, what: 'ended' }, undefined, {}],
  [{ type: 'service', what: 'ready' }, 'ready', { attached: 'tcp:4100', folder: 'out' }],
  [{ type: 'service', what: 'not-configured', text: 'wrong' }, 'not configured', { reason: 'wrong' }],
  [{ type: 'loss', ...about, where: 'remote leg', ms: 20 }, 'loss', { call: 7, where: 'remote leg', ms: 20 }],
  [{ type: 'failure', ...about, where: 'recorder', reason: 'no' }, 'failed', { call: 7, reason: 'no' }],
  [{ type: 'state', ...about, status: 'RINGING', phase: 'placing' }, undefined, {}],
])('the line of %j is %s', async (event, name, fields) => {
  const feed = new EventFeed();
  const lines: FeedEvent[] = [];
  const reading = feed.each({ name: 'test' }, (each) => lines.push(each));
  feed.tell(event);
  feed.close();
  await reading;
  const news = lines.map(told)[0];
  expect(news?.event).toBe(name);
  expect(news?.fields ?? {}).toMatchObject(fields);
});
