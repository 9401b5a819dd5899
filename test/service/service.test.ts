import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  attach,
  type Client,
  Exchange,
  MemoryTransport,
  VirtualClock,
  verifyRecording,
} from '../../src/index.js';
import { Catalogue } from '../../src/recording.js';
import {
  askService,
  ControlDesk,
  ControlServer,
  EventFeed,
  type FeedEvent,
  Service,
  type ServiceConfig,
} from '../../src/service.js';

const FLOW = `name: Greeting
steps:
  hello: { do: say, what: { tone: 700, ms: 1500 } }
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
  await writeFile(join(folder, 'flow.yaml'), FLOW);
});
afterEach(() => rm(folder, { recursive: true }));

interface Day {
  readonly service: Service;
  readonly events: readonly FeedEvent[];
  readonly callers: readonly Client[];
}

/** Runs `work` beside a service on an exchange whose clock goes on by itself. */
async function onDay(
  changes: Partial<ServiceConfig>,
  callers: number,
  work: (day: Day) => Promise<void>,
): Promise<FeedEvent[]> {
  const clock = new VirtualClock(Date.UTC(2026, 0, 5, 9));
  const handles = Array.from({ length: callers }, (_, index) => `caller${index}`);
  const users = ['desk', 'night', ...handles].map((handle) => ({ handle }));
  await using exchange = await Exchange.start({ clock, patienceMs: 5000, users });
  const config: ServiceConfig = {
    endpoints: { desk: { attach: 'exchange:desk' }, night: { attach: 'exchange:night' } },
    record: { out: join(folder, 'recordings') },
    bots: { greeter: { flow: join(folder, 'flow.yaml') }, other: { flow: join(folder, 'flow.yaml') } },
    rules: [
      { name: 'rest', answer: 'greeter' },
      { name: 'vip', priority: 5, callers: ['caller0'], answer: 'other' },
      { name: 'spam', priority: 9, callers: ['caller1'], endpoints: ['desk'], answer: 'nobody' },
    ],
    ...changes,
  };
  const feed = new EventFeed(clock);
  const events: FeedEvent[] = [];
  const reading = feed.each({ name: 'test' }, (event) => events.push(event));
  const service = await Service.start(config, { feed, clock, exchange });
  const clients: Client[] = [];
  for (const handle of handles)
    clients.push(await attach(new MemoryTransport(exchange.endpoint(handle)), { clock }));
  const over = new AbortController();
  const working = work({ service, events, callers: clients }).finally(() => over.abort());
  working.catch(() => undefined);
  while (!over.signal.aborted) {
    await clock.run(over);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await service[Symbol.asyncDispose]();
  for (const client of clients) await client.close();
  feed.close();
  await reading;
  await working;
  return events;
}

describe('a service', () => {
  it('has each call answered by whom the rules say, and recorded from its first sample on the same redirection', async () => {
    const events = await onDay({}, 3, async ({ callers }) => {
      const [vip, spam, anybody] = callers;
      const calls = [await vip!.call('desk'), await anybody!.call('desk'), await spam!.call('night')];
      const refused = await spam!.call('desk');
      for (const call of calls) expect(await call.ended()).toBe('FINISHED');
      expect(refused.status).toBe('RINGING');
      await refused.hangUp();
    });
    const decisions = events.flatMap((event) =>
      event.type === 'decision' ? [`${event.rule} ${event.answer}`] : [],
    );
    expect(decisions.toSorted()).toEqual(['rest greeter', 'rest greeter', 'spam undefined', 'vip other']);
    const outcomes = events.flatMap((event) =>
      event.type === 'bot' && event.what !== 'talking' ? [event.what] : [],
    );
    expect(outcomes).toEqual(['done', 'done', 'done']);
    expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
    const catalogue = Catalogue.open(join(folder, 'recordings'));
    const entries = catalogue.search({});
    catalogue.close();
    expect(entries).toHaveLength(3);
    for (const { file } of entries) {
      const { misses, findings } = await verifyRecording(join(folder, 'recordings', file));
      expect({ misses, findings }).toEqual({ misses: [], findings: [] });
    }
    const published = events.filter((event) => event.type === 'recording' && event.what === 'published');
    expect(published.map(({ account }) => account).toSorted()).toEqual(['desk', 'desk', 'night']);
  });

  it('takes other rules for the calls to come, names what cannot change, and keeps the old ones when it cannot', async () => {
    await onDay({}, 1, async ({ service, callers, events }) => {
      const config: ServiceConfig = {
        endpoints: { desk: { attach: 'exchange:desk' } },
        record: { out: join(folder, 'recordings') },
        bots: { greeter: { flow: join(folder, 'flow.yaml') } },
        rules: [{ name: 'closed', answer: 'nobody' }],
      };
      expect(await service.reload(config)).toEqual(['endpoints']);
      await expect(
        service.reload({ ...config, bots: { x: { flow: 'nowhere.yaml' } } }),
      ).rejects.toMatchObject({
        code: 'ERR_FILE',
      });
      const call = await callers[0]!.call('desk');
      while (!events.some(({ type }) => type === 'decision'))
        await new Promise((resolve) => setImmediate(resolve));
      expect(events.find(({ type }) => type === 'decision')).toMatchObject({ rule: 'closed' });
      await call.hangUp();
    });
  });
});

describe('the control socket', () => {
  it('is for its owner alone, tells the second service who runs, and does what it is asked', async () => {
    const socket = join(folder, 'run', 'serve.sock');
    await onDay({}, 1, async ({ service, callers }) => {
      const lock = await ControlServer.claim(socket);
      const drained = new Promise<void>((resolve) => {
        const desk = new ControlDesk(service, { reload: async () => ['http'], drained: resolve });
        void ControlServer.open(desk, socket, lock);
      });
      while (!(await readdir(join(folder, 'run'))).includes('serve.sock')) await new Promise(setImmediate);
      if (process.platform !== 'win32') expect((await stat(socket)).mode & 0o777).toBe(0o600);
      await expect(ControlServer.claim(socket)).rejects.toMatchObject({
        code: 'ERR_INVALID_STATE',
        message: expect.stringContaining('this process'),
      });
      expect(await askService(socket, { do: 'status' })).toMatchObject({
        pid: process.pid,
        draining: false,
        endpoints: [{ name: 'desk', up: true }, { name: 'night' }],
      });
      expect(await askService(socket, { do: 'reload' })).toEqual({ unchanged: ['http'] });
      for (const request of [{ do: 'hangup', call: 99 }, { do: 'hangup' }, { do: 'constructor' }]) {
        await expect(askService(socket, request as never)).rejects.toMatchObject({
          code: 'ERR_INVALID_STATE',
        });
      }
      const deep = '['.repeat(30_000) + ']'.repeat(30_000);
      const lines = [
        ...[`{"id":${deep},"do":"status"}`, `{"do":${deep}}`, `{"id":1,"do":"hangup","call":${deep}}`, deep],
        ...[
          '{"__proto__":{"do":"status"}}',
          '{"do":"constructor","id":{}}',
          'null',
          '\0',
          '{"do":"\\u001b[2J"}',
        ],
        ...[`{"id":"${'x'.repeat(60_000)}","do":"status"}`, '{"id":1,"do":"hangup","call":1e308}'],
      ];
      for (const line of lines) {
        const peer = connect(socket);
        peer.end(`${line}\n`);
        const said = (await text(peer)).slice(0, 2000);
        expect([line.slice(0, 60), said]).toEqual([line.slice(0, 60), expect.stringContaining('"ok":false')]);
      }
      expect(await askService(socket, { do: 'status' })).toMatchObject({ pid: process.pid });
      const call = await callers[0]!.call('desk');
      await call.reached('INPROGRESS');
      await askService(socket, { do: 'drain' });
      await drained;
      expect(call.status).toBe('FINISHED');
    });
  });
});
