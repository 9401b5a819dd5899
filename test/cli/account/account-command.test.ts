import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AccountClient } from '../../../src/control.js';
import { Exchange } from '../../../src/index.js';
import { certificate, hasOpenssl } from '../../certificate.js';
import { CommandHost } from '../command-host.js';

const MAIN = 'dist/cli/main.js';
const run = promisify(execFile);
const TOKENS = { jack: 'jack-0123456789abcdef', anna: 'anna-0123456789abcdef' };

let folder: string;
let exchange: Exchange;
let address: string;
let to: string[];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-account-'));
  await writeFile(join(folder, 'token'), `${TOKENS.jack}\n`);
  exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'anna' }] });
  address = `http://127.0.0.1:${await exchange.listenHttp({ tokens: TOKENS })}`;
  to = ['--address', address, '--token-file', join(folder, 'token')];
});
afterAll(async () => {
  host[Symbol.dispose]();
  await exchange.close();
  await rm(folder, { recursive: true });
});

/** Commands of which none serves share a process. */
const host = new CommandHost();

/** Runs commands one after the other; all must end well. */
async function account(...commands: string[][]): Promise<string> {
  let printed = '';
  for (const [what = '', ...more] of commands) {
    const ended = await host.run(['account', what, ...to, ...more]);
    expect({ what, ...ended }).toMatchObject({ code: 0 });
    printed += ended.stdout;
  }
  return printed;
}

it('shows and changes status, settings, profile, services and conversations', async () => {
  const anna = new AccountClient({ address, token: TOKENS.anna });
  await anna.send('8:jack', 'hello \u001b[2J there');
  const out = await account(
    ['status'],
    ['settings', 'darkTheme', 'on'],
    ['settings', 'callsFrom', 'contacts', '--json'],
    ['profile', 'mood=at sea', 'city=Narva'],
    ['services'],
    ['conversations'],
    ['conversations', '8:anna', '--last', '1', '--json'],
  );
  const lines = out.trimEnd().split('\n');
  expect(lines.slice(0, 3)).toEqual(['Online', 'darkTheme  on', '{"callsFrom":"contacts"}']);
  expect(out).toMatch(/^mood +at sea$/m);
  expect(out).toMatch(/^voicemail +active/m);
  expect(out).toMatch(/^8:anna +\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +anna .*hello/m);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ from: 'anna', type: 'Text' });
  expect(out).not.toContain('\u001b');
  expect(await new AccountClient({ address, token: TOKENS.jack }).settings.get('callsFrom')).toBe('contacts');
});

it('prints JSON alone with --json', async () => {
  const whats = ['status', 'settings', 'profile', 'services', 'conversations'];
  for (const what of whats) {
    const printed = (await account([what, '--json'])).trimEnd().split('\n');
    expect(printed.map((each) => typeof JSON.parse(each))).toEqual(printed.map(() => 'object'));
  }
});

it('reports errors', async () => {
  const wrong = [
    [['account', 'settings', ...to, 'constructor'], /ERR_INVALID_ARG/],
    [['account', 'profile', ...to, 'mood'], /ERR_INVALID_ARG/],
    [['account', 'status', '--token-file', join(folder, 'nothing')], /ERR_FILE/],
    [['account', 'status', '--token-file', MAIN, '--address', address], /ERR_/],
  ] as const;
  for (const [words, text] of wrong) {
    const { code, stderr } = await host.run(words);
    expect({ words, code, stderr }).toEqual({ words, code: 1, stderr: expect.stringMatching(text) });
  }
});

it('jackfield exchange --http serves them, and shows the tokens that it has made', async () => {
  const child = spawn(process.execPath, [MAIN, 'exchange', '--tcp', '0', '--http', '0', '--json']);
  const found: { http?: number; token?: string } = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { event: string; http?: number; token?: string };
    if (event.http !== undefined) found.http = event.http;
    if (event.token !== undefined) found.token = event.token;
    if (event.event === 'ready') break;
  }
  const client = new AccountClient({ address: `http://127.0.0.1:${found.http}`, token: found.token ?? '' });
  expect((await client.profile()).username).toBe('jack');
  child.kill('SIGTERM');
  await once(child, 'close');
});

it.skipIf(!hasOpenssl)(
  'jackfield exchange serves them over TLS, on a host that is named (needs openssl)',
  async () => {
    const { certFile: cert, keyFile: secret } = certificate(folder, 'tls', ['DNS:localhost', 'IP:127.0.0.1']);
    await writeFile(join(folder, 'tokens'), `jack ${TOKENS.jack}\n`);
    const child = spawn(process.execPath, [
      ...[MAIN, 'exchange', '--tcp', '0', '--http', '0', '--http-host', '127.0.0.1', '--json'],
      ...['--http-tls-cert', cert, '--http-tls-key', secret, '--http-tokens', join(folder, 'tokens')],
      ...[
        '--http-messaging',
        'https://client-s.example.net',
        '--http-url-hosts',
        'example.net',
        'example.org',
      ],
    ]);
    let origin = '';
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as { event: string; origin?: string };
      origin = event.origin ?? origin;
      if (event.event === 'ready') break;
    }
    expect(origin).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const { stdout } = await run(
      process.execPath,
      [MAIN, 'account', 'profile', '--address', origin, '--token-file', join(folder, 'token'), '--json'],
      { env: { ...process.env, NODE_EXTRA_CA_CERTS: cert } },
    );
    expect(stdout).toContain('"username":"jack"');
    child.kill('SIGTERM');
    await once(child, 'close');
    const wrong = [
      [['--http', '0', '--http-tls-cert', cert], /give both --http-tls-cert and --http-tls-key/],
      [['--http-host', '127.0.0.1'], /need --http PORT/],
      [['--http', '0', '--http-messaging', 'ftp://x'], /messagingOrigin/],
    ] as const;
    for (const [words, text] of wrong) {
      const { code, stderr } = await host.run(['exchange', '--tcp', '0', ...words]);
      expect(stderr).toMatch(text);
      expect(code).toBe(1);
    }
  },
);
