import { spawn } from 'node:child_process';
import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileRoots } from '../../src/files/file-roots.js';
import { HOSTILE_NAMES } from './hostile-names.js';

let parent: string;
let root: string;
let outside: string;
beforeEach(async () => {
  parent = await realpath(await mkdtemp(join(tmpdir(), 'jackfield-roots-')));
  root = join(parent, 'root');
  outside = join(parent, 'outside');
  await mkdir(join(root, 'a/b'), { recursive: true });
  await mkdir(outside);
  await writeFile(join(outside, 'secret.wav'), 'secret');
  await writeFile(join(root, 'a/b/file.wav'), 'sound');
});
afterEach(() => rm(parent, { recursive: true }));

async function textOf(roots: FileRoots, path: string): Promise<string> {
  const { handle } = await roots.read(path);
  await using file = handle;
  return await file.readFile('utf8');
}

async function made(roots: FileRoots, path: string): Promise<string> {
  const file = await roots.create(path, () => undefined);
  closeSync(file.fd);
  return file.path;
}

const messageOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: Error) => error.message,
  );

describe('FileRoots', () => {
  it('finds files by relative and absolute paths, through links within', async () => {
    await symlink('a/b', join(root, 'link'));
    await symlink(join(root, 'link/file.wav'), join(root, 'again.wav'));
    const roots = new FileRoots([root]);
    for (const path of [
      'a/b/file.wav',
      './a/../a/b/file.wav',
      'link/file.wav',
      'again.wav',
      join(root, 'a/b/file.wav'),
    ])
      expect(await textOf(roots, path)).toBe('sound');
    expect(await made(roots, 'link/new.wav')).toBe(join(root, 'a/b/new.wav'));
  });

  it('takes a link from one root to another, and a root that is a link itself', async () => {
    await symlink(root, join(parent, 'alias'));
    const roots = new FileRoots([join(parent, 'alias'), outside]);
    await symlink(outside, join(root, 'second'));
    expect(await textOf(roots, 'second/secret.wav')).toBe('secret');
    expect(await textOf(roots, join(parent, 'alias/a/b/file.wav'))).toBe('sound');
    expect(await textOf(roots, join(root, 'a/b/file.wav'))).toBe('sound');
  });

  it('creates a file for its owner only, and keeps the former one for readers that have it open', async () => {
    const roots = new FileRoots([root]);
    await chmod(join(root, 'a/b/file.wav'), 0o644);
    const { handle } = await roots.read('a/b/file.wav');
    await using reader = handle;
    await made(roots, 'a/b/file.wav');
    expect(await reader.readFile('utf8')).toBe('sound');
    if (process.platform !== 'win32') {
      expect((await stat(join(root, 'a/b/file.wav'))).mode & 0o777).toBe(0o600);
    }
  });

  it('replaces a hard link, not what it is linked to', async () => {
    await link(join(outside, 'secret.wav'), join(root, 'hard.wav'));
    await made(new FileRoots([root]), 'hard.wav');
    expect(await readFile(join(outside, 'secret.wav'), 'utf8')).toBe('secret');
  });

  it('asks before it replaces, and leaves the file as it is where that is refused', async () => {
    const asked: unknown[] = [];
    const creating = new FileRoots([root]).create('a/b/file.wav', (path, existing) => {
      asked.push(path, existing?.size);
      throw new Error('not this one');
    });
    await expect(creating).rejects.toThrow('not this one');
    expect(asked).toEqual([join(root, 'a/b/file.wav'), 5]);
    expect(await textOf(new FileRoots([root]), 'a/b/file.wav')).toBe('sound');
  });

  it('answers the same for a path outside, whether it exists or not', async () => {
    const roots = new FileRoots([root]);
    await symlink(outside, join(root, 'link'));
    await symlink(join(parent, 'nothing'), join(root, 'dangling'));
    const say = async (path: string) => {
      const read = await messageOf(roots.read(path));
      expect(await messageOf(roots.create(path, () => undefined))).toBe(read);
      return read.replace(path, 'IT');
    };
    const there = [
      join(outside, 'secret.wav'),
      '../outside/secret.wav',
      'link/secret.wav',
      '/etc/passwd',
      parent,
    ];
    const not = [
      join(outside, 'no.wav'),
      '../no/no.wav',
      'link/no.wav',
      'dangling/no.wav',
      'dangling',
      '/no/no.wav',
    ];
    for (const path of [...there, ...not])
      expect(await say(path)).toBe('IT is outside the folders of this endpoint');
    expect(await readdir(outside)).toEqual(['secret.wav']);
  });

  it.each([
    ['none/a.wav', /folder for it, does not exist/],
    ['a/b/file.wav/a.wav', /not a folder/],
    [`${'x'.repeat(300)}.wav`, /too long/],
    ['a', /not a regular file/],
  ])('reports what is wrong with %j', async (path, reason) => {
    expect(await messageOf(new FileRoots([root]).create(path, () => undefined))).toMatch(reason);
    expect(await messageOf(new FileRoots([root]).read(path))).toMatch(reason);
  });

  it('refuses a circle of links', async () => {
    await symlink('one', join(root, 'two'));
    await symlink('two', join(root, 'one'));
    expect(await messageOf(new FileRoots([root]).read('one/a.wav'))).toMatch(/too many links/);
  });

  it.each(HOSTILE_NAMES)('creates nothing outside for %j', async (name) => {
    const roots = new FileRoots([root]);
    for (const path of [name, `a/${name}`, `../${name}`]) await messageOf(made(roots, path));
    expect(await readdir(parent)).toEqual(['outside', 'root']);
    expect(await readdir(outside)).toEqual(['secret.wav']);
  });

  it.skipIf(process.platform !== 'linux')('leaves no folder open', async () => {
    const roots = new FileRoots([root]);
    await symlink(outside, join(root, 'link'));
    for (const path of ['a/b/file.wav', 'none/a.wav', 'link/a.wav', 'a', '../x']) {
      await messageOf(roots.read(path).then(({ handle }) => handle.close()));
      await messageOf(made(roots, path));
    }
    const open = readdirSync('/proc/self/fd').flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    expect(open.filter((path) => path.startsWith(parent))).toEqual([]);
  });
});

/** Swaps a folder for a link that leads outside, and back, as fast as it can. */
const SWAP = `
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const [folder, away, outside] = process.argv.slice(1);
process.stdout.write('swapping');
for (;;) {
  renameSync(folder, away);
  symlinkSync(outside, folder);
  unlinkSync(folder);
  renameSync(away, folder);
}`;

describe.skipIf(process.platform !== 'linux')('FileRoots, while a folder is swapped for a link', () => {
  it.each(['a', 'a/b'])('neither reads nor writes outside: %s', async (swapped) => {
    await mkdir(join(outside, 'b'));
    await writeFile(join(outside, 'b/file.wav'), 'secret');
    await writeFile(join(outside, 'file.wav'), 'secret');
    const args = [join(root, swapped), join(root, 'away'), outside];
    const swapping = spawn(process.execPath, ['-e', SWAP, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await new Promise((resolve) => swapping.stdout?.once('data', resolve));
      const roots = new FileRoots([root]);
      const results = { done: 0, refused: 0 };
      for (let index = 0; index < 1500 || results.done === 0 || results.refused === 0; index++) {
        const reading = await textOf(roots, 'a/b/file.wav').catch(() => undefined);
        expect(reading === undefined || reading === 'sound').toBe(true);
        const writing = await made(roots, `a/b/${index}.wav`).catch(() => undefined);
        if (writing === undefined) results.refused++;
        else results.done++;
      }
    } finally {
      const ended = new Promise((resolve) => swapping.once('exit', resolve));
      swapping.kill('SIGKILL');
      await ended;
    }
    expect(await readdir(outside)).toEqual(['b', 'file.wav', 'secret.wav']);
    expect(await readdir(join(outside, 'b'))).toEqual(['file.wav']);
  });
});
