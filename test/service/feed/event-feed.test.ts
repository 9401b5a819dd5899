import { getEventListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JackfieldError } from '../../../src/base/errors.js';
import { VirtualClock } from '../../../src/base/time/clock.js';
import { EventFeed, type FeedReader } from '../../../src/service/feed/event-feed.js';
import {
  type FeedEvent,
  feedEventSchema,
  feedJsonSchema,
  MAX_TEXT,
} from '../../../src/service/feed/feed-event.js';

const clock = new VirtualClock(Date.UTC(2026, 0, 1));
const ringing = (call: number) =>
  ({ type: 'state', account: 'alice', call, status: 'RINGING', phase: 'placing' }) as const;

async function all(reader: FeedReader): Promise<FeedEvent[]> {
  const events: FeedEvent[] = [];
  for await (const event of reader) events.push(event);
  return events;
}

describe('an event feed', () => {
  it('gives each reader each event in order, with version and time', async () => {
    const feed = new EventFeed(clock);
    const readers = [feed.read({ name: 'one' }), feed.read({ name: 'two' })];
    for (const call of [1, 2, 3]) feed.tell(ringing(call));
    feed.close();
    for (const reader of readers) {
      const events = await all(reader);
      expect(events).toEqual(
        [1, 2, 3].map((call) => ({ v: 1, at: '2026-01-01T00:00:00.000Z', ...ringing(call) })),
      );
    }
    expect(feed.readers).toEqual([]);
  });

  it('drops the oldest events of a slow reader, and reports their number; another reader has all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 300 }),
        async (limit, count) => {
          const feed = new EventFeed(clock);
          const stuck = feed.read({ name: 'stuck', limit });
          const quick = feed.read({ name: 'quick' });
          for (let call = 0; call < count; call++) feed.tell(ringing(call));
          const dropped = Math.max(0, count - limit);
          expect(stuck).toMatchObject({ waiting: Math.min(count, limit), dropped });
          feed.close();
          const left = await all(stuck);
          if (dropped > 0) expect(left.shift()).toMatchObject({ type: 'dropped', events: dropped });
          expect(left.map((event) => event.type === 'state' && event.call)).toEqual(
            Array.from({ length: count - dropped }, (_, index) => dropped + index),
          );
          expect(await all(quick)).toHaveLength(count);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('removes a reader that leaves its loop, and one whose signal fires', async () => {
    const feed = new EventFeed(clock);
    const stop = new AbortController();
    const reading = all(feed.read({ name: 'by signal', signal: stop.signal }));
    const leaving = feed.read({ name: 'leaves' });
    feed.tell(ringing(1));
    feed.tell(ringing(2));
    for await (const _ of leaving) break;
    stop.abort();
    expect(feed.readers).toEqual([]);
    expect(await reading).toHaveLength(2);
    expect(await leaving.next()).toEqual({ done: true, value: undefined });
    const { signal } = new AbortController();
    const leftBehind = feed.read({ name: 'leaves what lives on', signal });
    feed.tell(ringing(3));
    for await (const _ of leftBehind) break;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(await all(feed.read({ name: 'late', signal: stop.signal }))).toEqual([]);
  });

  it('continues when the receiver of an event throws', async () => {
    const feed = new EventFeed(clock);
    const failures: string[] = [];
    const taken: FeedEvent[] = [];
    const reading = feed.each(
      { name: 'hook' },
      (event) => {
        taken.push(event);
        throw new Error('this one');
      },
      (error) => failures.push(error.message),
    );
    feed.tell(ringing(1));
    feed.tell(ringing(2));
    feed.close();
    await reading;
    expect([taken.length, failures]).toEqual([2, ['this one', 'this one']]);
  });

  it('truncates endless texts, and gives errors with their code', async () => {
    const feed = new EventFeed(clock);
    const reader = feed.read({ name: 'one' });
    feed.failed('a place', new JackfieldError('ERR_FILE', `${'x'.repeat(999)}\n`.repeat(5)), { call: 7 });
    feed.failed('a place', 'no error at all');
    feed.close();
    const [first, second] = await all(reader);
    expect(first).toMatchObject({ type: 'failure', call: 7, code: 'ERR_FILE' });
    expect(first?.type === 'failure' && first.reason).toHaveLength(MAX_TEXT + 1);
    expect(second).toMatchObject({ reason: 'no error at all' });
    for (const event of [first, second]) expect(feedEventSchema.safeParse(event).error).toBeUndefined();
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: 'x', limit: 0 }, 'limit'],
    [{ name: 'x', limit: Number.NaN }, 'limit'],
    [{ name: 'x', size: 5 } as never, 'size'],
  ])('refuses %j', (options, name) => {
    expect(() => new EventFeed(clock).read(options)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringContaining(name) }),
    );
  });

  it('has its schema in docs', async () => {
    const schema = JSON.parse(await readFile('docs/event-feed.schema.json', 'utf8'));
    expect(schema).toEqual(JSON.parse(JSON.stringify(feedJsonSchema())));
  });
});
