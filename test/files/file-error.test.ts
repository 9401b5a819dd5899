import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JackfieldError } from '../../src/base/errors.js';
import { systemClock } from '../../src/base/time/clock.js';
import { readCallList } from '../../src/bot/outbound/call-list.js';
import { readBot } from '../../src/bot/read-bot.js';
import { readFlow } from '../../src/bot.js';
import { ShareServer } from '../../src/call/share/share-server.js';
import { Scenario } from '../../src/exchange/scenario/scenario.js';
import { fileError } from '../../src/files/file-error.js';
import { FolderLock } from '../../src/files/folder-lock.js';
import { writeJson } from '../../src/files/whole-file.js';
import { readRecordConfig } from '../../src/recording/recorder/recorder-config.js';
import { readConfig } from '../../src/service/config/read-config.js';
import { EventFeed } from '../../src/service/feed/event-feed.js';
import { FeedLog } from '../../src/service/watch/feed-log.js';
import { WavReader } from '../../src/voice/wav/wav-reader.js';

/** A name that breaks lines, clears a screen and turns what follows. */
const HOSTILE = 'a\n\r\u001b[2J\u202e\u2028b';
const PRINTED = 'a\\u000a\\u000d\\u001b[2J\\u202e\\u2028b';

const ACTS: Readonly<Record<string, (path: string) => unknown>> = {
  'writing JSON': (path) => writeJson(path, {}),
  'opening a WAV': (path) => WavReader.open(path),
  'reading a call list': readCallList,
  'locking a folder': (path) => FolderLock.take(path, 'recorded to'),
  'reading a flow': readFlow,
  'reading a configuration': readConfig,
  'reading a configuration of a recorder': readRecordConfig,
  'reading a scenario': (path) => Scenario.load(path, systemClock),
  'sharing calls': (path) => ShareServer.open(() => [], path),
  logging: (path) => new FeedLog(new EventFeed(), { file: path }),
};

/** What a file holds is wrong; its name is hostile. */
const WRONG: Readonly<Record<string, (path: string) => unknown>> = {
  'a call list': (path) => readCallList(path),
  'a flow': readFlow,
  'a configuration': readConfig,
  'a configuration of a recorder': readRecordConfig,
  'a scenario': (path) => Scenario.load(path, systemClock),
  'a WAV': (path) => WavReader.open(path),
  'a script': (path) => readBot({ script: path }, { prompts: new Map() as never }),
};

describe('the error of a file has no control sequences and one line', () => {
  it.each(Object.entries(ACTS))('%s', async (_name, act) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-file-error-'));
    const failing = (async () => act(join(folder, 'none', HOSTILE)))();
    await expect(failing).rejects.toMatchObject({ code: 'ERR_FILE' });
    const { message } = (await failing.catch((error: unknown) => error)) as Error;
    expect(message).toContain(PRINTED);
    expect(message).not.toMatch(/[\p{Cc}\p{Zl}\u202e]/u);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(Object.entries(WRONG))(
    '%s that is invalid: the message has only its own line breaks',
    async (_name, act) => {
      const folder = await mkdtemp(join(tmpdir(), 'jackfield-file-error-'));
      const path = join(folder, HOSTILE);
      await writeFile(path, '{"x":');
      const { message } = (await (async () => act(path))().catch((error: unknown) => error)) as Error;
      expect(message).toContain(PRINTED);
      expect(message).not.toMatch(/[\p{Zl}\u202e]|(?!\n)\p{Cc}/u);
      for (const line of message.split('\n')) expect(line).not.toBe('b');
    },
  );

  it('the message of a JackfieldError has no control sequences', () => {
    const { message } = new JackfieldError('ERR_FILE', `First ${HOSTILE}\nsecond`);
    expect(message).toBe(`First a\n\\u000d\\u001b[2J\\u202e\\u2028b\nsecond`);
  });

  it('the message of the system has no control sequences', () => {
    const cause = new Error(`of its own, about ${HOSTILE}`);
    expect(fileError('read', HOSTILE, cause).message).toBe(
      `Cannot read ${PRINTED}: of its own, about ${PRINTED}`,
    );
  });
});
