import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { MemoryEndpoint } from '../../src/control.js';
import {
  attach,
  Exchange,
  JackfieldError,
  MemoryTransport,
  VirtualClock,
  verifyRecording,
} from '../../src/index.js';
import { EventFeed, type FeedEvent, Service } from '../../src/service.js';
import { turn, until } from '../turns.js';

const TIMES = 50;
const FLOW = 'name: Tone\nsteps:\n  hello: { do: say, what: { tone: 700, ms: 400 } }\n';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-returns-'));
  await writeFile(join(folder, 'flow.yaml'), FLOW);
});
afterEach(() => rm(folder, { recursive: true }));

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

it(`an endpoint that goes and returns ${TIMES} times is attached again each time, and nothing is left of the times before`, async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  const users = [{ handle: 'desk' }, { handle: 'anna' }];
  const opened = () => Exchange.start({ clock, patienceMs: 5000, users });
  let exchange = await opened();
  let away = false;
  /** The exchange that is there at the moment. */
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
  const service = await drive(
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
    const { call, client } = await drive(clock, called(exchange, clock));
    // Every third time it goes in the midst of a call, and hangs it up.
    if (time % 3 > 0) expect(await drive(clock, call.ended())).toBe('FINISHED');
    await drive(clock, client.close());
    away = true;
    await drive(clock, exchange.close());
    await drive(
      clock,
      until(() => told('lost').length === time + 1),
    );
    expect(ready()).toBe(false);
    exchange = await opened();
    away = false;
    await drive(
      clock,
      until(() => told('returned').length === time + 1),
    );
    expect(ready()).toBe(true);
    if (time === 9 || time === TIMES - 1) handles.push(process.getActiveResourcesInfo().length);
  }
  await drive(
    clock,
    until(() => (service.recorder?.recordings.length ?? 0) === 0),
  );
  await drive(clock, service[Symbol.asyncDispose]());
  await drive(clock, exchange.close());
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
