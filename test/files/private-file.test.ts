import { closeSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  copyPrivate,
  makePrivateFolder,
  makePrivateFolderSync,
  openPrivate,
  openPrivateSync,
  privateStream,
  writePrivate,
} from '../../src/files/private-file.js';

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
  privateStream: (path) => finished(privateStream(path).end('text')),
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

  it('takes a file that others could read from them', async () => {
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

describe.skipIf(process.platform === 'win32')('makePrivateFolder', () => {
  it.each([makePrivateFolder, makePrivateFolderSync])(
    'makes each folder for its owner alone: %#',
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
