import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { MemoryEndpoint } from '../../src/control.js';
import type { UserOptions } from '../../src/exchange.js';
import {
  attach,
  type Client,
  Exchange,
  JackfieldError,
  MemoryTransport,
  VirtualClock,
} from '../../src/index.js';
import { EventFeed, type FeedEvent, Service, type ServiceConfig } from '../../src/service.js';
import { driven } from '../turns.js';

/** A flow that says one tone. */
export const TONE_FLOW = `name: Greeting
steps:
  hello: { do: say, what: { tone: 700, ms: 1500 } }
`;

/** A service on an exchange, with everybody who calls and is called. */
export interface Day {
  readonly service: Service;
  readonly exchange: Exchange;
  readonly clock: VirtualClock;
  readonly events: readonly FeedEvent[];
  /** By handle. */
  readonly people: Readonly<Record<string, Client>>;
  /** Resolves with the first event that fits, told already or yet to come. */
  until(fits: (event: FeedEvent) => boolean): Promise<FeedEvent>;
}

/** Makes a folder for each test, with `flow.yaml` in it; returns what gives its path, or that of a file in it. */
export function serviceFolder(): (name?: string) => string {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
    await writeFile(join(folder, 'flow.yaml'), TONE_FLOW);
  });
  afterEach(() => rm(folder, { recursive: true }));
  return (name = '') => join(folder, name);
}

export interface DayOptions {
  readonly config: ServiceConfig;
  /** Those who are attached to by the test; the endpoints of the configuration are users as well. */
  readonly people: readonly (string | UserOptions)[];
  readonly desks?: readonly UserOptions[];
}

/** Runs `work` beside a service on an exchange whose clock goes on by itself; resolves to all that was told. */
export async function onServiceDay(
  { config, people, desks = [{ handle: 'desk' }] }: DayOptions,
  work: (day: Day) => Promise<void>,
): Promise<readonly FeedEvent[]> {
  // A Monday.
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  const others = people.map((each) => (typeof each === 'string' ? { handle: each } : each));
  await using exchange = await Exchange.start({ clock, patienceMs: 5000, users: [...desks, ...others] });
  const feed = new EventFeed(clock);
  const events: FeedEvent[] = [];
  const waiting = new Set<(event: FeedEvent) => void>();
  const reading = feed.each({ name: 'test' }, (event) => {
    events.push(event);
    for (const take of [...waiting]) take(event);
  });
  const until = (fits: (event: FeedEvent) => boolean) =>
    new Promise<FeedEvent>((resolve) => {
      const take = (event: FeedEvent) => {
        if (!fits(event)) return;
        waiting.delete(take);
        resolve(event);
      };
      const told = events.find(fits);
      if (told) resolve(told);
      else waiting.add(take);
    });
  const service = await Service.start(config, { feed, clock, exchange });
  const clients: Client[] = [];
  for (const { handle } of others)
    clients.push(await attach(new MemoryTransport(exchange.endpoint(handle)), { clock }));
  const byHandle = Object.fromEntries(others.map(({ handle }, index) => [handle, clients[index]]));
  const day = { service, exchange, clock, events, people: byHandle as Record<string, Client>, until };
  try {
    await driven(clock, work(day));
  } finally {
    await service[Symbol.asyncDispose]();
    for (const client of clients) await client.close();
    feed.close();
    await reading;
  }
  return events;
}

/** An exchange to attach to that may be away for a while, and another one when it is there again. */
export function reachable(present: () => Exchange | undefined): Exchange {
  const endpoint = (handle: string) => ({
    connect(client: Parameters<MemoryEndpoint['connect']>[0]) {
      const exchange = present();
      if (!exchange) throw new JackfieldError('ERR_ATTACH_UNAVAILABLE', 'It is away.');
      return exchange.endpoint(handle).connect(client);
    },
  });
  return { endpoint, on: () => undefined } as unknown as Exchange;
}
