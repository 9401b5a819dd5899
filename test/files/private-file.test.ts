import { closeSync } from 'node:fs';
import { chmod, link, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { noteReading } from '../../src/files/being-read.js';
import {
  copyPrivate,
  makePrivateFolder,
  makePrivateFolderSync,
  openPrivate,
  openPrivateSync,
  privateStream,
  writePrivate,
} from '../../src/files/private-file.js';
import { makeFolder } from '../../src/files/whole-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-private-'));
});
afterEach(() => rm(folder, { recursive: true }));

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

const MAKERS: Record<string, (path: string) => Promise<unknown>> = {
  openPrivate: async (path) => closeSync(await openPrivate(path, 'w')),
  openPrivateSync: async (path) => closeSync(openPrivateSync(path, 'a')),
  writePrivate: (path) => writePrivate(path, 'text'),
  privateStream: async (path) => finished(privateStream(path).end('text')),
  copyPrivate: async (path) => {
    await writeFile(join(folder, 'source'), 'text');
    await chmod(join(folder, 'source'), 0o644);
    await copyPrivate(join(folder, 'source'), path);
    expect(await readFile(path, 'utf8')).toBe('text');
  },
};

// The umask belongs to the process: that of a worker thread cannot be set. The commands are run under others.
describe.skipIf(process.platform === 'win32').each(Object.entries(MAKERS))('%s', (_, make) => {
  it('makes a file for its owner alone', async () => {
    await make(join(folder, 'new'));
    expect(await modeOf(join(folder, 'new'))).toBe('600');
  });

  it('makes a file private that others could read', async () => {
    await writeFile(join(folder, 'old'), '');
    await chmod(join(folder, 'old'), 0o666);
    await make(join(folder, 'old'));
    expect(await modeOf(join(folder, 'old'))).toBe('600');
  });

  it('leaves a device as it is', async () => {
    const before = await modeOf('/dev/null');
    await make('/dev/null').catch(() => undefined);
    expect(await modeOf('/dev/null')).toBe(before);
  });
});

describe('a file that is being read', () => {
  it.each(
    Object.entries({ ...MAKERS, openPrivateSync: async (path: string) => openPrivateSync(path, 'w+') }),
  )('is not truncated by %s, under any name, while it is being read', async (_, make) => {
    const path = join(folder, 'old');
    await writeFile(path, 'whole');
    await link(path, join(folder, 'other'));
    await symlink(path, join(folder, 'link'));
    const readers = [noteReading(await stat(path)), noteReading(await stat(path))];
    for (const endReading of readers) {
      for (const name of ['old', 'other', 'link']) {
        await expect(make(join(folder, name))).rejects.toThrow(/is being read and was not overwritten/);
      }
      expect(await readFile(path, 'utf8')).toBe('whole');
      endReading();
    }
    await make(path);
    expect(await readFile(path, 'utf8')).not.toBe('whole');
  });

  it('does not block appending to it, or writing other files', async () => {
    await writeFile(join(folder, 'old'), 'whole');
    const endReading = noteReading(await stat(join(folder, 'old')));
    closeSync(await openPrivate(join(folder, 'old'), 'a'));
    await writePrivate(join(folder, 'new'), 'text');
    endReading();
  });
});

it('a folder whose path is blocked by a file is refused with advice', async () => {
  await writeFile(join(folder, 'file'), '');
  for (const path of ['file', 'file/a', 'file/a/b']) {
    await expect(makeFolder(join(folder, path))).rejects.toThrow(
      /^Cannot make the folder .*: Its path, or a part of it, is not a folder/,
    );
  }
});

describe.skipIf(process.platform === 'win32')('makePrivateFolder', () => {
  it.each([makePrivateFolder, makePrivateFolderSync])(
    'creates each folder for its owner only: %#',
    async (make) => {
      await chmod(folder, 0o755);
      await make(join(folder, 'a/b'));
      await make(join(folder, 'a/b'));
      expect(await Promise.all(['', 'a', 'a/b'].map((path) => modeOf(join(folder, path))))).toEqual([
        '755',
        '700',
        '700',
      ]);
    },
  );
});
