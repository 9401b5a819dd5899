import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Exchange } from '../../../src/exchange.js';
import {
  ControlDesk,
  ControlServer,
  EventFeed,
  type FeedEvent,
  FeedLog,
  FeedMetrics,
  HttpServer,
  Service,
  tailService,
} from '../../../src/service.js';
import { until } from '../../turns.js';

it('the loss of an endpoint and its return are reported in every output', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
  const first = await Exchange.start({ users: [{ handle: 'desk' }] });
  const port = await first.listen({ port: 0 });
  const feed = new EventFeed();
  const log = new FeedLog(feed, { file: join(folder, 'log') });
  const service = await Service.start({ endpoints: { desk: { attach: `tcp:${port}` } } }, { feed });
  const stop = new AbortController();
  const metrics = new FeedMetrics(feed, service.figures, stop.signal);
  const http = await HttpServer.open(service, metrics, { port: 0 });
  const socket = join(folder, 'run', 'serve.sock');
  const desk = new ControlDesk(service, { reload: async () => [], drained: () => undefined });
  const control = await ControlServer.open(desk, socket, await ControlServer.claim(socket));
  const tailed: FeedEvent[] = [];
  const tailing = (async () => {
    for await (const event of tailService(socket)) tailed.push(event);
  })();
  const page = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${http.port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const told = (what: string) => tailed.some((event) => event.type === 'endpoint' && event.what === what);
  await until(() => feed.readers.some(({ name }) => name === 'tail'));
  expect(await page('/readyz')).toEqual({ status: 200, text: 'ok\n' });

  await first.close();
  await until(() => told('lost'));
  expect(await page('/readyz')).toEqual({ status: 503, text: 'desk is not attached\n' });
  expect(await page('/healthz')).toEqual({ status: 200, text: 'ok\n' });
  expect((await page('/metrics')).text).toContain('jackfield_endpoint_up{endpoint="desk"} 0');

  const second = await Exchange.start({ users: [{ handle: 'desk' }] });
  await second.listen({ port });
  await until(() => told('returned'));
  expect(await page('/readyz')).toEqual({ status: 200, text: 'ok\n' });
  const { text } = await page('/metrics');
  expect(text).toContain('jackfield_endpoint_up{endpoint="desk"} 1');
  expect(text).toContain('jackfield_endpoint_losses_total{endpoint="desk"} 1');

  void service.drain();
  expect(await page('/readyz')).toEqual({ status: 503, text: 'draining\n' });
  stop.abort();
  await http[Symbol.asyncDispose]();
  await control[Symbol.asyncDispose]();
  await tailing;
  await service[Symbol.asyncDispose]();
  await log[Symbol.asyncDispose]();
  await second.close();
  const logged = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
  const outages = logged.map((line) => JSON.parse(line)).filter(({ type }) => type === 'endpoint');
  expect(outages.map(({ what, level }) => `${what} ${level}`)).toEqual([
    'attached 30',
    'lost 50',
    'returned 30',
    'closed 40',
  ]);
  await rm(folder, { recursive: true });
});
