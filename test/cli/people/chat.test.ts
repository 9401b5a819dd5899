import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attach, type Client, Exchange, MemoryTransport } from '../../../src/index.js';
import { commands } from '../../../src/protocol.js';
import { CommandHost, type Ended } from '../command-host.js';

const MAIN = 'dist/cli/main.js';
const HOSTILE = 'one <b>&"\'\u001b[2J\n2026-01-01 00:00:00Z  anna: never said\u2028x\u202ey';

/** Characters that steer a terminal, or turn the direction of a text. */
const STEERS = /\p{Bidi_Control}|(?!\n)\p{Cc}/u;

let folder: string;
let exchange: Exchange;
let anna: Client;
let to: string[];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-chat-'));
  exchange = await Exchange.start({
    users: [{ handle: 'jack' }, { handle: 'anna', fullName: 'Anna <script>\u001b[2J' }],
  });
  to = ['--attach', `tcp:${await exchange.listen({ handle: 'jack' })}`];
  anna = await attach(new MemoryTransport(exchange.endpoint('anna')));
});
afterAll(async () => {
  host[Symbol.dispose]();
  await anna.close();
  await exchange.close();
  await rm(folder, { recursive: true });
});

/** Commands that read no input and end by themselves share a process. */
const host = new CommandHost();

/** Runs commands of jack, one after the other; all must end well. */
async function jack(...commands: string[][]): Promise<string> {
  let printed = '';
  for (const [command = '', what = '', ...more] of commands) {
    const ended = await host.run([command, what, ...to, ...more]);
    expect({ command, what, ...ended }).toMatchObject({ code: 0 });
    printed += ended.stdout;
  }
  return printed;
}

/** Runs one command with a text on its standard input. */
async function alone(words: string[], input = ''): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...words]);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

it('sends, reads, lists, follows and exports; texts of others cannot control the terminal or the page', async () => {
  const got = anna.chats.incoming();
  const [sent, followed] = [
    await alone(['chat', 'send', 'anna', ...to], 'one\ntwo\n'),
    spawn(process.execPath, [MAIN, 'chat', 'follow', '--json', ...to]),
  ];
  expect([sent.code, sent.stdout]).toEqual([0, expect.stringMatching(/^Message \d+ to anna is sent\.\n$/)]);
  const message = (await got.next()).value;
  expect(message?.body).toBe('one\ntwo');
  let shown = '';
  followed.stdout.on('data', (chunk) => {
    shown += chunk;
  });
  await once(followed.stderr, 'data');
  const chat = anna.chats.get(await (message?.get('CHATNAME') ?? ''));
  await chat.send(HOSTILE);
  while (!shown.includes('never said')) await once(followed.stdout, 'data');
  followed.kill('SIGINT');
  expect(await once(followed, 'close')).toEqual([130, null]);
  const news = shown.split('\n').filter((line) => line !== '');
  expect(news.map((line) => JSON.parse(line).body)).toContain(HOSTILE);
  const seen = await jack(['chat', 'read', 'anna', '--last', '1', '--seen']);
  expect(shown).not.toMatch(STEERS);
  expect(seen).toMatch(
    /anna: one <b>&"'\\u001b\[2J\n {4}2026-01-01 00:00:00Z {2}anna: never said\n {4}x\\u202ey\n/,
  );
  expect(seen).not.toMatch(STEERS);
  const files = ['json', 'text', 'html'].map((format) => join(folder, `chat.${format}`));
  const exports = files.map((file) => [
    'chat',
    'export',
    'anna',
    file,
    '--format',
    file.split('.').at(-1) ?? '',
  ]);
  const told = await jack(['chat', 'list', '--json'], ...exports);
  expect(JSON.parse(told.split('\n')[0] ?? '')).toMatchObject({ id: chat.id, members: ['anna', 'jack'] });
  const [json = '', text = '', html = ''] = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  const { messages } = JSON.parse(json) as { messages: { type: string; body: string; from: string }[] };
  const said = messages.filter(({ type }) => type === 'SAID').map(({ from, body }) => [from, body]);
  expect(said).toEqual([
    ['jack', 'one\ntwo'],
    ['anna', HOSTILE],
  ]);
  expect(text.match(/^\S+ \S+ {2}anna: never said/gm)).toBe(null);
  expect(html).not.toMatch(/<script|<b>&/);
  expect(html).not.toMatch(STEERS);
  expect(html).toContain('one &#60;b&#62;&#38;&#34;&#39;\\u001b[2J\n');
  expect(html).toContain('Content-Security-Policy');
  expect((await stat(files[0] ?? '')).mode & 0o777).toBe(0o600);
}, 60_000);

it('overwrites nothing without --force, and reports the result by its exit code', async () => {
  const file = join(folder, 'mine.json');
  await writeFile(file, 'mine');
  const results = await Promise.all([
    host.run(['chat', 'export', 'anna', file, ...to]),
    host.run(['chat', 'read', 'who.knows', ...to]),
    host.run(['chat', 'send', 'nobody.there', 'hi', ...to]),
    alone(['chat', 'send', 'anna', ...to]),
    host.run(['chat', 'list', '--only', 'bookmarked', ...to]),
    host.run(['contacts', 'list', '--only', 'waiting', ...to]),
  ]);
  expect(results.map(({ code }) => code)).toEqual([1, 1, 1, 1, 3, 3]);
  const [taken, unknown, unsent, empty] = results.map(({ stderr }) => stderr);
  expect(taken).toMatch(/ERR_FILE/);
  expect(unknown).toMatch(/There is no chat "who.knows".*ERR_INVALID_ARG/);
  expect(unsent).toMatch(/there is no such user \(USER_NOT_FOUND\).*ERR_CHAT_REFUSED/);
  expect(empty).toMatch(/There is no text.*ERR_INVALID_ARG/);
  expect(await readFile(file, 'utf8')).toBe('mine');
  await jack(['chat', 'export', 'anna', file, '--force']);
  expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('messages');
}, 60_000);

it('manages contacts', async () => {
  const asked = new Promise<string>((resolve) => anna.contacts.on('request', (_, text) => resolve(text)));
  const out = await jack(
    ['contacts', 'add', 'anna', 'Please', 'authorise', 'me'],
    ['contacts', 'rename', 'anna', 'Anna', 'B.'],
    ['contacts', 'speed-dial', 'anna', '7'],
    ['contacts', 'list'],
    ['contacts', 'authorise', 'anna'],
    ['contacts', 'block', 'anna'],
    ['contacts', 'list', '--only', 'blocked', '--json'],
    ['contacts', 'unblock', 'anna'],
    ['contacts', 'dismiss', 'anna'],
    ['contacts', 'remove', 'anna'],
  );
  expect(await asked).toBe('Please authorise me');
  const lines = out.trim().split('\n');
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([
    'anna is asked.',
    'anna is renamed.',
    'anna has the code.',
    expect.stringMatching(/^anna {2}\w+ {2}Anna B\. {2}pending$/),
    'anna is authorised.',
    'anna is blocked.',
    'anna is not blocked.',
    'anna is not authorised.',
    'anna is no longer a contact.',
  ]);
  const blocked = JSON.parse(lines.find((line) => line.startsWith('{')) ?? '{}');
  expect(blocked).toMatchObject({ handle: 'anna', isBlocked: true, isAuthorised: true, name: 'Anna B.' });
}, 60_000);

it('reports that a message to an offline user waits, and does not wait itself with --no-wait', async () => {
  await anna.command(commands.setParameter('USERSTATUS', 'OFFLINE'));
  try {
    const late = await alone(['chat', 'send', 'anna', 'hi', '--timeout', '1', ...to]);
    expect([late.code, late.stderr]).toEqual([
      1,
      expect.stringMatching(/was not delivered .*do not send it again.*ERR_TIMEOUT/),
    ]);
    const out = await jack(['chat', 'send', 'anna', 'hi', 'again', '--no-wait', '--json']);
    expect(JSON.parse(out)).toMatchObject({ status: 'SENDING', to: 'anna' });
  } finally {
    await anna.command(commands.setParameter('USERSTATUS', 'ONLINE'));
  }
}, 60_000);
