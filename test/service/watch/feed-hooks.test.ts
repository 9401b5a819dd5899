import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyWebhook } from '../../../src/recording.js';
import { EventFeed, type FeedEvent, FeedHooks, feedEventSchema } from '../../../src/service.js';
import { until } from '../../turns.js';

const SECRET = 'a secret of sixteen or more';
const called = { type: 'call', account: 'alice', call: 7, direction: 'in', partner: 'anna' } as const;

let folder: string;
let feed: EventFeed;
let events: FeedEvent[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
  await writeFile(join(folder, 'secret'), `${SECRET}\n`);
  feed = new EventFeed();
  events = [];
  void feed.each({ name: 'test' }, (event) => events.push(event));
});
afterEach(async () => {
  feed.close();
  await rm(folder, { recursive: true });
});

const opened = (config: object) => FeedHooks.open(feed, { outbox: join(folder, 'outbox'), ...config });
const webhookTo = (server: Server, more: object = {}) => ({
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  secretFile: join(folder, 'secret'),
  ...more,
});
async function receiver(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
/** A receiver that takes everything, and keeps it. */
async function taking() {
  const taken: { readonly body: string; readonly signature: string }[] = [];
  const server = await receiver(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    taken.push({ body, signature: String(request.headers['jackfield-signature']) });
    response.end();
  });
  return { taken, server };
}
const dataOf = ({ body }: { readonly body: string }) => JSON.parse(body).data as FeedEvent;

describe('webhooks', () => {
  it('get each event of their types, signed, in order', async () => {
    const { taken, server } = await taking();
    const hooks = await opened({
      webhooks: { crm: webhookTo(server, { events: ['call', 'state', 'message'] }) },
    });
    feed.tell({ type: 'digit', account: 'alice', call: 7, digit: '4' });
    for (let call = 0; call < 12; call++) feed.tell({ ...called, call });
    await until(() => taken.length === 12);
    expect(taken.map((each) => (dataOf(each) as { call: number }).call)).toEqual(
      Array.from({ length: 12 }, (_, n) => n),
    );
    for (const { body, signature } of taken) {
      expect(verifyWebhook(body, signature, SECRET)).toBe(true);
      expect(verifyWebhook(`${body} `, signature, SECRET)).toBe(false);
      const { id, type, at, data } = JSON.parse(body);
      expect({ id, type, at }).toEqual({ id: expect.any(String), type: 'call', at: expect.any(String) });
      feedEventSchema.parse(data);
    }
    await hooks[Symbol.asyncDispose]();
    server.close();
  });

  it('are independent: one that never answers or refuses delays neither the others nor the feed', async () => {
    const { taken, server } = await taking();
    const silent = await receiver(() => undefined);
    const refusing = await receiver((_, response) => void response.writeHead(500).end());
    const types = { events: ['call', 'failure'] };
    const hooks = await opened({
      webhooks: {
        silent: webhookTo(silent, { ...types, timeoutMs: 600_000 }),
        refusing: webhookTo(refusing, types),
        good: webhookTo(server, types),
      },
    });
    for (let call = 0; call < 20; call++) feed.tell({ ...called, call });
    await until(() => taken.length === 20);
    const failures = () => events.filter((event) => event.type === 'failure');
    await until(() => failures().length > 0);
    // Told once, for however many events it refuses; and it is not told to hooks.
    expect(failures()).toMatchObject([{ where: 'webhook.refusing', code: 'ERR_PEER' }]);
    expect(taken).toHaveLength(20);
    // What is on its way when it ends has not failed: it need not wait for its next try.
    await hooks[Symbol.asyncDispose]();
    silent.closeAllConnections();
    // What was not taken waits for the next start, which finds it.
    const waiting = await readdir(join(folder, 'outbox'));
    expect(waiting.filter((name) => name.endsWith('.webhook.refusing.json'))).toHaveLength(20);
    const next = await opened({ webhooks: { silent: webhookTo(server) } });
    await until(() => taken.length === 40);
    await next[Symbol.asyncDispose]();
    for (const each of [server, silent, refusing]) each.close();
  });

  it('get no speech and no digits unless configured', async () => {
    const { taken, server } = await taking();
    const hooks = await opened({ webhooks: { crm: webhookTo(server) } });
    feed.tell({ type: 'digit', account: 'alice', call: 7, digit: '4' });
    feed.tell({ type: 'transcript', account: 'alice', call: 7, by: 'caller', text: 'the PIN' });
    feed.tell(called);
    await until(() => taken.length === 1);
    expect(taken.map((each) => dataOf(each).type)).toEqual(['call']);
    await hooks[Symbol.asyncDispose]();
    server.close();
  });

  it('are replaced by a reload, or kept when the new ones are invalid', async () => {
    const [before, after] = [await taking(), await taking()];
    const hooks = await opened({ webhooks: { crm: webhookTo(before.server) } });
    const gone = { webhooks: { crm: { ...webhookTo(after.server), secretFile: join(folder, 'gone') } } };
    await expect(hooks.prepare(gone)).rejects.toMatchObject({ code: 'ERR_FILE' });
    feed.tell(called);
    await until(() => before.taken.length === 1);
    (await hooks.prepare({ webhooks: { crm: webhookTo(after.server) } }))();
    feed.tell(called);
    await until(() => after.taken.length === 1);
    await hooks[Symbol.asyncDispose]();
    for (const { server } of [before, after]) server.close();
  });

  it('lock their folder', async () => {
    const hooks = await opened({ webhooks: {} });
    await expect(opened({ webhooks: {} })).rejects.toMatchObject({ code: 'ERR_INVALID_STATE' });
    await hooks[Symbol.asyncDispose]();
  });
});

describe('hooks', () => {
  it('are programs that get the event on standard input, or modules that are called with it', async () => {
    const [program, module, told] = ['program.mjs', 'module.mjs', 'told'].map((name) => join(folder, name));
    const write = `import { appendFileSync, readFileSync } from 'node:fs';\n`;
    const save = (text: string) => `appendFileSync(${JSON.stringify(told)}, ${text} + '\\n');\n`;
    await writeFile(program!, `${write}${save(`'program ' + JSON.parse(readFileSync(0)).data.type`)}`);
    await writeFile(
      module!,
      `${write}export default async (event) => { ${save(`'module ' + event.type`)} };\n`,
    );
    const hooks = await opened({
      hooks: {
        lamp: { command: process.execPath, args: [program!], events: ['call'] },
        own: { module: module!, events: ['message'] },
      },
    });
    feed.tell(called);
    feed.tell({ type: 'message', account: 'alice', partner: 'anna', file: 'x.wav', durationMs: 5 });
    let lines: string[] = [];
    while (lines.length < 2) {
      lines = (await readFile(told!, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
    }
    expect(lines.toSorted()).toEqual(['module message', 'program call']);
    await hooks[Symbol.asyncDispose]();
    expect(events.filter(({ type }) => type === 'failure')).toEqual([]);
  });

  it.each([
    ['is not there', undefined, 'ERR_FILE'],
    ['cannot be read', 'export default {', 'ERR_FILE'],
    ['exports nothing to call', 'export const x = 1;', 'ERR_INVALID_ARG'],
  ])('are refused when their module %s', async (_, code, error) => {
    const module = join(folder, 'module.mjs');
    if (code !== undefined) await writeFile(module, code);
    await expect(opened({ hooks: { own: { module } } })).rejects.toMatchObject({ code: error });
  });

  it('are reported as failed and retried when their module throws or never ends', async () => {
    const module = join(folder, 'module.mjs');
    await writeFile(module, 'export default ({ call }) => call === 1 ? new Promise(() => {}) : null.x;');
    const hooks = await opened({ hooks: { own: { module, timeoutMs: 100 } } });
    feed.tell(called);
    await until(() => events.some(({ type }) => type === 'failure'));
    feed.tell({ ...called, call: 1 });
    await hooks[Symbol.asyncDispose]();
    expect(events.find(({ type }) => type === 'failure')).toMatchObject({ where: 'hook.own' });
  });
});
