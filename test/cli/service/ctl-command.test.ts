import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Exchange } from '../../../src/exchange.js';
import { freePort } from '../../free-port.js';
import { CommandHost } from '../command-host.js';

const host = new CommandHost();
const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const TOKEN = 'robot-0123456789abcdef';

let folder: string;
let exchange: Exchange;
let endpoint: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-ctl-'));
  exchange = await Exchange.start();
  endpoint = `tcp:${await exchange.listen()}`;
  await writeFile(join(folder, 'token'), `${TOKEN}\n`);
  await writeFile(join(folder, 'key'), 'key-0123456789abcdef\n');
});
afterAll(async () => {
  host[Symbol.dispose]();
  await exchange.close();
  await rm(folder, { recursive: true, force: true });
});

/** A service of its own, by a configuration that can be written anew. */
async function serving(name: string, parts: object) {
  const [file, socket] = [join(folder, `${name}.json`), join(folder, name, 's')];
  const always = { endpoints: { desk: { attach: endpoint } }, control: { socket } };
  const write = (more: object) => writeFile(file, JSON.stringify({ ...always, ...more }));
  await write(parts);
  const child = spawn(process.execPath, [MAIN, 'serve', file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('"ready"')) break;
  child.stdout.resume();
  const ctl = (...args: string[]) => host.run(['ctl', ...args, '--socket', socket, '--json']);
  // Its control is opened last.
  while ((await ctl('status')).code !== 0);
  return { write, ctl, [Symbol.asyncDispose]: () => ended(child) };
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

it.skipIf(process.getuid?.() !== 0)(
  'a user without a name in the system, as in a container, has a socket',
  async () => {
    const child = spawn(process.execPath, [MAIN, 'ctl', 'status'], {
      ...{ uid: 12_345, gid: 12_345, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] },
      env: { PATH: process.env['PATH'] },
    });
    const [chunks, [code]] = await Promise.all([child.stderr?.toArray(), once(child, 'exit')]);
    expect(String(chunks)).toMatch(/^jackfield: No service runs at .*jackfield-12345.*ERR_CLOSED/);
    expect(code).toBe(1);
  },
);

it('an empty list exits with the code for nothing found', async () => {
  await using service = await serving('lists', {});
  expect(await service.ctl('calls')).toMatchObject({ code: 3, stdout: '' });
  expect(await service.ctl('campaigns')).toMatchObject({ code: 3, stdout: '' });
  expect(await service.ctl('status')).toMatchObject({ code: 0 });
}, 60_000);

it('a token that a reload removes is refused, and its streams of events end', async () => {
  const http = { port: await freePort() };
  const api = { tokens: { robot: { file: 'token' } } };
  await using service = await serving('tokens', { http, api });
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${http.port}/v1${path}`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect((await ask('/status')).status).toBe(200);
  const tail = await ask('/events');
  await service.write({ http });
  expect(JSON.parse((await service.ctl('reload')).stdout)).toEqual({ unchanged: [] });
  expect((await ask('/status')).status).toBe(401);
  // It ends, which is all that matters.
  await tail.text();
  await service.write({ http, api: { ...api, requestsPerSecond: 7 } });
  expect(JSON.parse((await service.ctl('reload')).stdout)).toEqual({ unchanged: ['api.requestsPerSecond'] });
  expect((await ask('/status')).status).toBe(200);
}, 60_000);

it('parts that a reload cannot start are named', async () => {
  await using service = await serving('begun', {});
  const webhooks = { crm: { url: 'http://127.0.0.1:9/', secretFile: 'key' } };
  await service.write({ http: { port: 0 }, api: { tokens: {} }, webhooks });
  const { stdout } = await service.ctl('reload');
  expect(JSON.parse(stdout)).toEqual({ unchanged: ['http', 'api', 'webhooks'] });
}, 60_000);
