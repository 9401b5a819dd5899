import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SimulatedSms } from '../../../src/exchange.js';
import { Exchange, systemClock } from '../../../src/index.js';
import { CommandHost } from '../command-host.js';

const MAIN = 'dist/cli/main.js';
/** Commands that end by themselves share a process. */
const host = new CommandHost();

let folder: string;
let exchange: Exchange;
let to: string[];

beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-sms-'));
  const numbers = [{ number: '+8*', outcome: 'failed' }] as const;
  exchange = await Exchange.start({
    smsGateway: new SimulatedSms(systemClock, { analyseMs: 0, sendMs: 0, deliverMs: 0, numbers }),
    users: [
      { handle: 'jack', contacts: ['anna'], transferFolder: folder, profile: { PSTN_BALANCE: '1000' } },
      { handle: 'anna', contacts: ['jack'], transferFolder: folder },
    ],
  });
  to = ['--attach', `tcp:${await exchange.listen({ handle: 'jack' })}`];
});
afterAll(async () => {
  host[Symbol.dispose]();
  await exchange.close();
  await rm(folder, { recursive: true });
});

/** Starts a command that goes on; resolves once it says that it does. */
async function begun(...words: string[]) {
  const child = spawn(process.execPath, [MAIN, ...words, ...to, '--json']);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await once(child.stderr, 'data');
  return {
    next: async () => JSON.parse((await lines.next()).value as string) as Record<string, unknown>,
    end: async () => {
      child.kill('SIGTERM');
      await once(child, 'close');
    },
  };
}

it('sms: sends, lists, follows, and reports why a text has not arrived', async () => {
  const following = await begun('sms', 'follow');
  const sent = await host.run(['sms', 'send', ...to, '+37255512345', 'on', 'my', 'way']);
  const listed = await host.run(['sms', 'list', ...to]);
  expect([sent.code, listed.code]).toEqual([0, 0]);
  expect(sent.stdout + listed.stdout).toMatch(
    /^Message (\d+) has arrived\.\n\1 {2}\S+ \S+ {2}DELIVERED {2}to \+37255512345 {2}on my way\n/,
  );
  exchange.receiveSms({ to: 'jack', from: '+3729', body: 'steers \u001b[2J a terminal' });
  const told: unknown[] = [];
  while (told.at(-1) !== 'RECEIVED') told.push((await following.next())['status']);
  expect(told).toContain('SENT_TO_SERVER');
  await following.end();
  const missed = await host.run(['sms', 'list', '--missed', ...to]);
  expect(missed.code).toBe(0);
  expect(missed.stdout).toContain('RECEIVED  from +3729');
  expect(missed.stdout).not.toContain('\u001b');
  const failed = await host.run(['sms', 'send', '+8001', 'x', ...to]);
  expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining('FAILED (MISC_ERROR)') as string });
});

it('files: follows a file until it has arrived, and lists it', async () => {
  const watching = await begun('files', 'watch');
  writeFileSync(join(folder, 'a.txt'), 'a text');
  await exchange.desk('anna').files.send('jack', 'a.txt');
  expect(await watching.next()).toMatchObject({ type: 'INCOMING', partner: 'anna', name: 'a.txt' });
  await exchange.desk('jack').files.accept({ name: 'b.txt' });
  const told: unknown[] = [];
  while (told.at(-1) !== 'COMPLETED') told.push((await watching.next())['status']);
  await watching.end();
  const { code, stdout } = await host.run(['files', 'list', ...to]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^\d+ {2}from anna {2}COMPLETED {2}6 of 6 bytes {2}a\.txt\n$/);
});
