import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOutput, checkOutputFolder, intoFile } from '../../src/cli/outputs.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-outputs-'));
});
afterEach(() => rm(folder, { recursive: true }));

const KEEP = { force: false };
const FORCE = { force: true };
const at = (name: string) => join(folder, name);
const REFUSED = { code: 'ERR_FILE', message: expect.stringContaining('--force') };

describe('a file that a command writes', () => {
  it('appears when it is complete, under the requested name, and leaves no other file', async () => {
    const written = await intoFile(at('new.svg'), KEEP, async (part) => {
      expect(part).toMatch(/\.svg$/);
      expect(await readdir(folder)).not.toContain('new.svg');
      await writeFile(part, 'text');
      return 7;
    });
    expect(written).toBe(7);
    expect(await readFile(at('new.svg'), 'utf8')).toBe('text');
    expect(await readdir(folder)).toEqual(['new.svg']);
  });

  it('does not replace a file, a folder or a dangling link without --force', async () => {
    await writeFile(at('file'), 'kept');
    await mkdir(at('folder'));
    await symlink(at('nowhere'), at('link'));
    const work = () => Promise.reject(new Error('work was begun'));
    for (const name of ['file', 'link']) {
      await expect(intoFile(at(name), KEEP, work)).rejects.toMatchObject(REFUSED);
    }
    for (const options of [KEEP, FORCE]) {
      await expect(intoFile(at('folder'), options, work)).rejects.toMatchObject({ code: 'ERR_FILE' });
    }
    expect(await readFile(at('file'), 'utf8')).toBe('kept');
    expect((await readdir(folder)).sort()).toEqual(['file', 'folder', 'link']);
  });

  it.skipIf(process.platform !== 'linux')(
    'is named when the disk is full, rather than the input file',
    async () => {
      const work = () => writeFile('/dev/full', 'text', { flag: 'a' });
      await expect(intoFile(at('page.html'), KEEP, work)).rejects.toMatchObject({
        code: 'ERR_FILE',
        message: `Cannot write ${at('page.html')}: The disk is full. (ENOSPC)`,
      });
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it('is replaced with --force, also when it is the input', async () => {
    await writeFile(at('file'), 'old');
    await intoFile(at('file'), FORCE, async (part) => {
      await writeFile(part, `${await readFile(at('file'), 'utf8')} and new`);
    });
    expect(await readFile(at('file'), 'utf8')).toBe('old and new');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('leaves the earlier file untouched when the work fails', async () => {
    await writeFile(at('file'), 'old');
    const work = async (part: string) => {
      await writeFile(part, 'half');
      throw new Error(`no room for ${part}`);
    };
    await expect(intoFile(at('file'), FORCE, work)).rejects.toThrow(`no room for ${at('file')}`);
    await expect(intoFile(at('new'), KEEP, work)).rejects.toThrow('no room');
    expect(await readFile(at('file'), 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['file']);
  });

  it('belongs to one of two commands that write it at once; the other fails', async () => {
    const both = ['one', 'two'].map((text) => intoFile(at('file'), KEEP, (part) => writeFile(part, text)));
    const ends = await Promise.allSettled(both);
    const [failed] = ends.filter(({ status }) => status === 'rejected');
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(failed).toMatchObject({ reason: REFUSED });
    expect(await readdir(folder)).toEqual(['file']);
  });

  it.each(['none/file', 'file/below', '', `${'x'.repeat(300)}.wav`])(
    'is refused with the reason: %s',
    async (name) => {
      await writeFile(at('file'), '');
      const text = name === '' ? folder : at(name);
      const failed = intoFile(text, KEEP, () => Promise.reject(new Error('work was begun')));
      await expect(failed).rejects.toMatchObject({
        code: 'ERR_FILE',
        message: expect.stringContaining(text),
      });
    },
  );

  it('may have a name of the maximal length', async () => {
    const name = `${'x'.repeat(251)}.wav`;
    await intoFile(at(name), KEEP, (part) => writeFile(part, ''));
    await expect(checkOutput(at(name), KEEP)).rejects.toMatchObject(REFUSED);
  });
});

it('an output folder must be missing or empty, or --force is given', async () => {
  await mkdir(at('empty'));
  await checkOutputFolder(at('missing'), KEEP);
  await checkOutputFolder(at('empty'), KEEP);
  await writeFile(at('empty/tape'), '');
  await expect(checkOutputFolder(at('empty'), KEEP)).rejects.toMatchObject(REFUSED);
  await checkOutputFolder(at('empty'), FORCE);
  await expect(checkOutputFolder(at('empty/tape'), FORCE)).rejects.toMatchObject({ code: 'ERR_FILE' });
});
