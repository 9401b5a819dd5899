import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCallList } from '../../src/bot/outbound/call-list.js';
import { fileError } from '../../src/files/file-error.js';
import { FolderLock } from '../../src/files/folder-lock.js';
import { writeJson } from '../../src/files/whole-file.js';
import { WavReader } from '../../src/voice/wav/wav-reader.js';

/** A name that breaks lines, clears a screen and turns what follows. */
const HOSTILE = 'a\n\r\u001b[2J\u202e\u2028b';
const PRINTED = 'a\\u000a\\u000d\\u001b[2J\\u202e\\u2028b';

const ACTS: Readonly<Record<string, (path: string) => unknown>> = {
  'writing JSON': (path) => writeJson(path, {}),
  'opening a WAV': (path) => WavReader.open(path),
  'reading a call list': readCallList,
  'locking a folder': (path) => FolderLock.take(path, 'recorded to'),
};

describe('an error of a file is one line that steers no terminal', () => {
  it.each(Object.entries(ACTS))('%s', async (_name, act) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-file-error-'));
    const failing = (async () => act(join(folder, 'none', HOSTILE)))();
    await expect(failing).rejects.toMatchObject({ code: 'ERR_FILE' });
    const { message } = (await failing.catch((error: unknown) => error)) as Error;
    expect(message).toContain(PRINTED);
    expect(message).not.toMatch(/[\p{Cc}\p{Zl}\u202e]/u);
    expect(await readdir(folder)).toEqual([]);
  });

  it('what the system says is, too', () => {
    const cause = new Error(`of its own, about ${HOSTILE}`);
    expect(fileError('read', HOSTILE, cause).message).toBe(
      `Cannot read ${PRINTED}: of its own, about ${PRINTED}`,
    );
  });
});
