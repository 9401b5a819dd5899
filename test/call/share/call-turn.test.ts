import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { turnAt } from '../../../src/call/share/call-turn.js';
import { attach, Exchange, MemoryTransport, openCallVoice, PcmServer } from '../../../src/index.js';
import { serviceFolder } from '../../service/service-day.js';
import { until } from '../../turns.js';

const folder = serviceFolder();
let before: string | undefined;
beforeEach(() => {
  before = process.env['XDG_RUNTIME_DIR'];
  process.env['XDG_RUNTIME_DIR'] = folder('run');
});
afterEach(() => {
  if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
  else process.env['XDG_RUNTIME_DIR'] = before;
});

/** A call that rings. */
async function ringing(work: (call: Parameters<typeof turnAt>[0]) => Promise<void>): Promise<void> {
  await using exchange = await Exchange.start({ users: [{ handle: 'jack' }, { handle: 'ann' }] });
  await using client = await attach(new MemoryTransport(exchange.endpoint('jack')));
  await work(await client.call('ann'));
}

const { signal } = new AbortController();
const files = () => readdir(folder('run/jackfield'));

it('a turn is a file of this process until it is given back', async () => {
  await ringing(async (call) => {
    const done = await turnAt(call, signal);
    const [file = ''] = await files();
    expect(file).toMatch(/^turn-[0-9a-f]{16}$/);
    expect(await readFile(join(folder('run/jackfield'), file), 'utf8')).toBe(String(process.pid));
    await done();
    expect(await files()).toEqual([]);
  });
});

it('a turn is waited for while another process holds it, and taken over from a process that was killed', async () => {
  await ringing(async (call) => {
    const done = await turnAt(call, signal);
    const [file = ''] = await files();
    await done();
    const path = join(folder('run/jackfield'), file);
    // The process that runs the tests is another one.
    await writeFile(path, String(process.ppid));
    const given = new AbortController();
    const waiting = turnAt(call, given.signal);
    given.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(await readFile(path, 'utf8')).toBe(String(process.ppid));
    const { pid } = spawnSync(process.execPath, ['--version']);
    await writeFile(path, String(pid));
    await (await turnAt(call, signal))();
    expect(await files()).toEqual([]);
  });
});

it('a turn is given back while the call still rings, once the call is redirected', async () => {
  await ringing(async (call) => {
    await using server = new PcmServer();
    await call.reached('RINGING');
    const given = new AbortController();
    const opening = openCallVoice(call, server, { join: { turn: turnAt }, signal: given.signal });
    await until(async () => (await call.output.get()).some(({ kind }) => kind === 'port'));
    await until(async () => (await files()).length === 0);
    expect(call.status).toBe('RINGING');
    // Giving it back again takes it from nobody else.
    const done = await turnAt(call, signal);
    given.abort();
    // A busy machine may have opened it by now.
    await opening.then((voice) => voice.close()).catch((error) => expect(error.code).toBe('ERR_ABORTED'));
    expect(await files()).toHaveLength(1);
    await done();
  });
});

it('a turn is not needed when its folder cannot be made: the call is taken all the same', async () => {
  await mkdir(folder('run'));
  // A file in the place of the folder: nobody can write there, root neither.
  await writeFile(folder('run/jackfield'), '');
  await ringing(async (call) => {
    await (await turnAt(call, signal))();
  });
});
