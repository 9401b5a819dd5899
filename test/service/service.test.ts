import { readdir, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Client, Exchange, verifyRecording } from '../../src/index.js';
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
import { turn, until } from '../turns.js';
import { type Day, onServiceDay, serviceFolder } from './service-day.js';

const folder = serviceFolder();

/** Runs `work` beside a service on an exchange whose clock goes on by itself. */
function onDay(
  changes: Partial<ServiceConfig>,
  callers: number,
  work: (day: Pick<Day, 'service' | 'events'> & { readonly callers: readonly Client[] }) => Promise<void>,
): Promise<readonly FeedEvent[]> {
  const people = Array.from({ length: callers }, (_, index) => `caller${index}`);
  const config: ServiceConfig = {
    endpoints: { desk: { attach: 'exchange:desk' }, night: { attach: 'exchange:night' } },
    record: { out: folder('recordings') },
    bots: { greeter: { flow: folder('flow.yaml') }, other: { flow: folder('flow.yaml') } },
    rules: [
      { name: 'rest', answer: 'greeter' },
      { name: 'vip', priority: 5, callers: ['caller0'], answer: 'other' },
      { name: 'spam', priority: 9, callers: ['caller1'], endpoints: ['desk'], answer: 'nobody' },
    ],
    ...changes,
  };
  const desks = [{ handle: 'desk' }, { handle: 'night' }];
  return onServiceDay({ config, people, desks }, ({ service, events, people: all }) =>
    work({ service, events, callers: people.map((handle) => all[handle] as Client) }),
  );
}

describe('a service', () => {
  it('is ready when its servers are open, and fails with them before it answers a call', async () => {
    await using exchange = await Exchange.start({ users: [{ handle: 'desk' }] });
    const config: ServiceConfig = { endpoints: { desk: { attach: 'exchange:desk' } } };
    const feed = new EventFeed();
    const told: string[] = [];
    const reading = feed.each({ name: 'test' }, (event) => {
      if (event.type === 'service') told.push(event.what);
    });
    const beside = async ({ lines }: Service) => {
      expect(lines.map(({ name }) => name)).toEqual(['desk']);
      await turn();
      told.push('beside');
    };
    await (await Service.start(config, { exchange, feed, beside }))[Symbol.asyncDispose]();
    const refused = Service.start(config, {
      exchange,
      feed,
      beside: () => Promise.reject(new Error('The port is taken.')),
    });
    await expect(refused).rejects.toThrow('The port is taken.');
    feed.close();
    await reading;
    expect(told).toEqual(['beside', 'ready', 'ended', 'ended']);
  });

  it('has each call answered as the rules say, and recorded from its first sample on the same redirection', async () => {
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
    const catalogue = Catalogue.open(folder('recordings'));
    const entries = catalogue.search({});
    catalogue.close();
    expect(entries).toHaveLength(3);
    for (const { file } of entries) {
      const { misses, findings } = await verifyRecording(join(folder('recordings'), file));
      expect({ misses, findings }).toEqual({ misses: [], findings: [] });
    }
    const published = events.filter((event) => event.type === 'recording' && event.what === 'published');
    expect(published.map(({ account }) => account).toSorted()).toEqual(['desk', 'desk', 'night']);
  });

  it('uses new rules for later calls, names fields that cannot change, and keeps the old rules on an error', async () => {
    await onDay({}, 1, async ({ service, callers, events }) => {
      const config: ServiceConfig = {
        endpoints: { desk: { attach: 'exchange:desk' } },
        record: { out: folder('recordings') },
        bots: { greeter: { flow: folder('flow.yaml') } },
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
  it('is for its owner only, makes a second service name the running one, and runs commands', async () => {
    const socket = folder('run/serve.sock');
    await onDay({}, 1, async ({ service, callers }) => {
      const lock = await ControlServer.claim(socket);
      const drained = new Promise<void>((resolve) => {
        const desk = new ControlDesk(service, { reload: async () => ['http'], drained: resolve });
        void ControlServer.open(desk, socket, lock);
      });
      await until(async () => (await readdir(folder('run'))).includes('serve.sock'));
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
