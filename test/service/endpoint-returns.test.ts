import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { attach, Exchange, MemoryTransport, VirtualClock, verifyRecording } from '../../src/index.js';
import { EventFeed, type FeedEvent, Service } from '../../src/service.js';
import { driven, until } from '../turns.js';
import { reachable } from './service-day.js';

const TIMES = 50;
const FLOW = 'name: Tone\nsteps:\n  hello: { do: say, what: { tone: 700, ms: 400 } }\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-returns-'));
  await writeFile(join(folder, 'flow.yaml'), FLOW);
});
afterEach(() => rm(folder, { recursive: true }));

it(`an endpoint that disappears and returns ${TIMES} times is attached again each time, without leaks`, async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  const users = [{ handle: 'desk' }, { handle: 'anna' }];
  const opened = () => Exchange.start({ clock, patienceMs: 5000, users });
  let exchange = await opened();
  let away = false;
  const present = reachable(() => (away ? undefined : exchange));
  const feed = new EventFeed(clock);
  const events: FeedEvent[] = [];
  const reading = feed.each({ name: 'test' }, (event) => events.push(event));
  const service = await driven(
    clock,
    Service.start(
      {
        endpoints: { desk: { attach: 'exchange:desk' } },
        record: { out: join(folder, 'recordings') },
        bots: { tone: { flow: join(folder, 'flow.yaml') } },
        rules: [{ name: 'all', answer: 'tone' }],
      },
      { feed, clock, exchange: present },
    ),
  );
  /** What /readyz is made of. */
  const ready = () => service.lines.every(({ up }) => up);
  const told = (what: string) => events.filter((event) => event.type === 'endpoint' && event.what === what);
  const handles: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const { call, client } = await driven(clock, called(exchange, clock));
    // Every third time it goes in the midst of a call, and hangs it up.
    if (time % 3 > 0) expect(await driven(clock, call.ended())).toBe('FINISHED');
    await driven(clock, client.close());
    away = true;
    await driven(clock, exchange.close());
    await driven(
      clock,
      until(() => told('lost').length === time + 1),
    );
    expect(ready()).toBe(false);
    exchange = await opened();
    away = false;
    await driven(
      clock,
      until(() => told('returned').length === time + 1),
    );
    expect(ready()).toBe(true);
    if (time === 9 || time === TIMES - 1) handles.push(process.getActiveResourcesInfo().length);
  }
  await driven(
    clock,
    until(() => (service.recorder?.recordings.length ?? 0) === 0),
  );
  await driven(clock, service[Symbol.asyncDispose]());
  await driven(clock, exchange.close());
  feed.close();
  await reading;

  const published = events.flatMap((event) =>
    event.type === 'recording' && event.what === 'published' ? [event] : [],
  );
  expect(published).toHaveLength(TIMES);
  expect(published.filter(({ complete }) => !complete)).toEqual([]);
  for (const { file } of published) expect((await verifyRecording(file ?? '')).findings).toEqual([]);
  expect(handles[1]).toBeLessThanOrEqual((handles[0] ?? 0) + 2);
});

/** A call that the bot has taken. */
async function called(exchange: Exchange, clock: VirtualClock) {
  const client = await attach(new MemoryTransport(exchange.endpoint('anna')), { clock });
  const call = await client.call('desk');
  await call.reached('INPROGRESS');
  return { call, client };
}
