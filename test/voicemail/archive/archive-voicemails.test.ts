import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Client } from '../../../src/index.js';
import {
  type ArchiveProgress,
  type ArchiveVoicemailsOptions,
  archiveVoicemails,
  commandTranscriber,
  deleteVoicemail,
  downloadVoicemail,
  rebuildArchive,
  type Transcriber,
  VoicemailArchive,
  type VoicemailSidecar,
} from '../../../src/voicemail.js';
import { canMount, smallDisk } from '../../exchange/disk.js';
import { Line, samplesOf, tone } from '../line.js';

const FREQUENCIES = [300, 400, 500, 600];

let line: Line;
let client: Client;
let root: string;

beforeEach(async () => {
  line = await Line.open();
  client = await line.client();
  root = join(line.folder, 'archive');
});
afterEach(() => line[Symbol.asyncDispose]());

/** Four messages, a minute apart. */
async function four(): Promise<number[]> {
  const ids: number[] = [];
  for (const [index, frequency] of FREQUENCIES.entries()) {
    const file = await line.wav(`${index}.wav`, 200 + index * 20, frequency);
    ids.push(await line.deposit(file, { atMs: Date.UTC(2026, 4, 1, 10, index) }));
  }
  return ids;
}

async function run(options: Partial<ArchiveVoicemailsOptions> = {}) {
  await using archive = await VoicemailArchive.open(root, { clock: line.clock });
  const report = await line.during(
    archiveVoicemails(client, archive, { route: { server: line.server }, retryMs: 20, ...options }),
  );
  return { report, messages: [...archive.find()] };
}

async function files(folder = root): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}

describe('archiveVoicemails', () => {
  it('takes every message out, with its sidecar and checksums', async () => {
    const ids = await four();
    const told: ArchiveProgress[] = [];
    const { report, messages } = await run({ concurrency: 3, onProgress: (progress) => told.push(progress) });
    expect(report).toMatchObject({
      account: 'jack',
      listed: 4,
      stored: 4,
      duplicates: 0,
      known: 0,
      failed: [],
    });
    expect(told.map(({ done, total }) => [done, total])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(messages.map(({ id }) => id)).toEqual(ids);
    for (const [index, message] of messages.entries()) {
      const file = join(root, message.audio?.path ?? '');
      expect(message.audio?.path).toBe(`audio/2026/05/20260501T100${index}00Z_anna_jack-${message.id}.wav`);
      expect(await samplesOf(file)).toEqual(tone(200 + index * 20, FREQUENCIES[index]));
      const sidecar = JSON.parse(
        await readFile(file.replace('.wav', `.${message.key}.json`), 'utf8'),
      ) as VoicemailSidecar;
      expect(sidecar).toMatchObject({
        schema: 'jackfield.voicemail/1',
        voicemail: { account: 'jack', partner: 'anna', partnerName: 'Anna Ash', duration: 1, played: false },
        audio: { samples: message.audio?.samples, fileSha256: message.audio?.fileSha256 },
        complete: true,
      });
    }
    // They are as new as they were.
    expect(await client.search('MISSEDVOICEMAILS')).toEqual(ids);
  });

  it('is incremental: the second run fetches what is new', async () => {
    await four();
    await run();
    const id = await line.deposit(await line.wav('new.wav', 300, 900));
    const { report, messages } = await run();
    expect(report).toMatchObject({ listed: 5, known: 4, stored: 1 });
    expect(messages.at(-1)?.id).toBe(id);
    expect(messages.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
  });

  it('keeps the same samples once, also when they come at the same time', async () => {
    const file = await line.wav('same.wav', 300);
    for (let i = 0; i < 4; i++) await line.deposit(file, { atMs: Date.UTC(2026, 4, 1, 10, i) });
    const { report, messages } = await run({ concurrency: 4 });
    expect(report).toMatchObject({ stored: 4, duplicates: 3 });
    expect(new Set(messages.map(({ audio }) => audio?.path)).size).toBe(1);
    expect((await files()).filter((name) => name.endsWith('.wav'))).toHaveLength(1);
    expect((await files()).filter((name) => name.endsWith('.json'))).toHaveLength(4);
  });

  it('goes on past a message that fails, lists it with its reason, and gets it in the next run', async () => {
    const file = await line.wav('bad.wav', 300, 800);
    await four();
    const fault = { at: 'playback', reason: 'PLAYBACK_ERROR' } as const;
    const id = await line.deposit(file, { fault, atMs: Date.UTC(2026, 4, 1, 10, 1) });
    const { report } = await run({ attempts: 1 });
    expect(report).toMatchObject({ listed: 5, stored: 4 });
    expect(report.failed).toMatchObject([{ id, state: 'failed', failure: 'PLAYBACK_ERROR', attempts: 1 }]);
    const second = await run();
    expect(second.report).toMatchObject({ listed: 5, stored: 1, known: 4, failed: [] });
    expect(second.messages.find((message) => message.id === id)).toMatchObject({
      state: 'stored',
      attempts: 2,
    });
  });

  it.each(['port', 'file'] as const)(
    'goes on past a message in the middle whose file is damaged, by %s',
    async (by) => {
      await four();
      const file = await line.wav('torn.wav', 300, 800);
      const torn = await line.deposit(file, { atMs: Date.UTC(2026, 4, 1, 10, 1, 30) });
      await writeFile(file, 'RIFF and then nothing that is a WAV file');
      const route = by === 'port' ? { server: line.server } : { folder: line.folder };
      const { report, messages } = await run({ route, attempts: 1, deleteOriginals: true });
      expect(report).toMatchObject({ listed: 5, stored: 4, incomplete: [], originalsDeleted: 4 });
      expect(report.failed).toMatchObject([
        { id: torn, state: 'failed', failure: 'FILE_READ_ERROR', original: 'kept' },
      ]);
      expect(messages.map(({ state }) => state)).toEqual(['stored', 'stored', 'failed', 'stored', 'stored']);
      await line.wav('torn.wav', 300, 800);
      expect((await run({ route })).report).toMatchObject({ stored: 1, failed: [] });
    },
  );

  it('tries again within a run', async () => {
    const fault = { at: 'download', reason: 'CONNECT_ERROR' } as const;
    await line.deposit(await line.wav('a.wav', 200), { fault });
    const { report, messages } = await run({ attempts: 2 });
    expect(report).toMatchObject({ stored: 1, failed: [] });
    expect(messages[0]).toMatchObject({ attempts: 2, failure: undefined });
  });

  it('keeps what there is of a message that stays short, and never deletes its original', async () => {
    const ids = await four();
    const corrupt = await line.deposit(await line.wav('short.wav', 500, 777), {
      durationSec: 30,
      atMs: Date.UTC(2026, 4, 1, 10, 1, 30),
    });
    const { report, messages } = await run({ deleteOriginals: true });
    expect(report).toMatchObject({ listed: 5, stored: 4, originalsDeleted: 4, failed: [] });
    expect(report.incomplete.map(({ id }) => id)).toEqual([corrupt]);
    const short = messages.find(({ id }) => id === corrupt);
    expect(short).toMatchObject({ state: 'stored', complete: false, failure: 'SHORT', original: 'kept' });
    expect(short?.detail).toMatch(/0\.5 s of 30 s/);
    expect(await samplesOf(join(root, short?.audio?.path ?? ''))).toEqual(tone(500, 777));
    expect((await client.search('VOICEMAILS')).filter((id) => !ids.includes(id))).toEqual([corrupt]);
  });

  it('puts what is more in the place of what came short, and takes nothing less', async () => {
    const id = await line.deposit(await line.wav('growing.wav', 500, 777), { durationSec: 3 });
    await run({ attempts: 1 });
    await line.wav('growing.wav', 300, 777);
    const less = await run({ attempts: 1 });
    expect(less.report).toMatchObject({ stored: 0, failed: [], incomplete: [{ id, failure: 'SHORT' }] });
    expect(less.messages[0]).toMatchObject({ state: 'stored', complete: false, audio: { samples: 8000 } });
    await line.wav('growing.wav', 1500, 777);
    const more = await run({ attempts: 1 });
    expect(more.messages[0]).toMatchObject({ complete: false, unwritten: { samples: 24_000 } });
    await line.wav('growing.wav', 3000, 777);
    const { report, messages } = await run({ attempts: 1 });
    expect(report).toMatchObject({ listed: 1, stored: 1, incomplete: [], failed: [] });
    expect(messages).toMatchObject([
      {
        id,
        complete: true,
        failure: undefined,
        unwritten: undefined,
        ledger: { received: 48_000, missing: 0 },
      },
    ]);
    expect(await samplesOf(join(root, messages[0]?.audio?.path ?? ''))).toEqual(tone(3000, 777));
    expect(await files(join(root, 'audio'))).toHaveLength(2);
    await using archive = await VoicemailArchive.open(root);
    expect(await archive.verify()).toEqual({ checked: 1, unstored: 0, faults: [] });
  });

  it('keeps what came before the connection broke, and says what it is', async () => {
    await line.deposit(await line.wav('long.wav', 4000, 600));
    const running = run({ attempts: 1 });
    const [lease] = await line.during(
      (async () => {
        for (;;) {
          const found = [...line.server.leases].filter(({ received }) => received.position > 16_000);
          if (found.length > 0) return found;
          await new Promise((resolve) => setImmediate(resolve));
        }
      })(),
    );
    lease?.abort(new Error('the wire was cut'));
    const { report, messages } = await running;
    expect(report).toMatchObject({ stored: 0, failed: [] });
    const [message] = messages;
    expect(message).toMatchObject({
      complete: false,
      failure: 'STREAM',
      detail: 'the wire was cut',
      unwritten: { reason: 'connection-lost' },
    });
    const kept = await samplesOf(join(root, message?.audio?.path ?? ''));
    expect(kept.length + (message?.unwritten?.samples ?? 0)).toBe(64_000);
    expect(kept).toEqual(tone(4000, 600).subarray(0, kept.length));
    const again = await run();
    expect(again.messages[0]).toMatchObject({ complete: true, audio: { samples: 64_000 } });
  });

  it.each([false, true])(
    'has an engine hear the messages while they come in, encrypted: %s',
    async (encrypted) => {
      const { generateX25519Identity, identityToRecipient } = await import('age-encryption');
      const ids = await four();
      const recipient = await identityToRecipient(await generateX25519Identity());
      const heard: { file: string | undefined; samples: Int16Array }[] = [];
      const transcriber: Transcriber = {
        name: 'listener',
        async transcribe({ file, samples }) {
          const all: Int16Array[] = [];
          for await (const part of samples) all.push(part);
          heard.push({ file, samples: new Int16Array(all.flatMap((part) => [...part])) });
          if (heard.length === 2) throw new Error('did not understand');
          return { text: `words of ${heard.length}` };
        },
      };
      await using archive = await VoicemailArchive.open(root, encrypted ? { encryptTo: [recipient] } : {});
      const told: (string | undefined)[] = [];
      const report = await line.during(
        archiveVoicemails(client, archive, {
          route: { server: line.server },
          transcriber,
          clock: line.clock,
          onProgress: ({ untranscribed }) => told.push(untranscribed?.message),
        }),
      );
      expect(report).toMatchObject({ stored: 4, untranscribed: 1, failed: [] });
      expect(told).toEqual([undefined, 'did not understand', undefined, undefined]);
      for (const [index, { file, samples }] of heard.entries()) {
        expect(file).toBeUndefined();
        expect(samples).toEqual(tone(200 + index * 20, FREQUENCIES[index]));
      }
      expect([...archive.find()].map(({ transcript }) => transcript)).toEqual([
        'words of 1',
        '',
        'words of 3',
        'words of 4',
      ]);
      expect([...archive.find({ text: 'words' })].map(({ id }) => id)).toEqual(
        ids.filter((_, index) => index !== 1),
      );
      expect((await archive.verify()).faults).toEqual([]);
    },
  );

  it('marks what it stores with tags and a legal hold, and leaves alone what it has', async () => {
    await four();
    await run({ tags: ['first', 'case 12'], hold: 'case 12' });
    await line.deposit(await line.wav('new.wav', 300, 900));
    const { messages } = await run({ tags: ['second'] });
    expect(messages.map(({ tags, hold }) => [tags.join(), hold])).toEqual([
      ...Array(4).fill(['first,case 12', 'case 12']),
      ['second', undefined],
    ]);
    await using archive = await VoicemailArchive.open(root);
    expect([...archive.find({ text: 'case 12' })]).toHaveLength(4);
    expect((await archive.verify()).faults).toEqual([]);
    expect(await archive.purge({ maxBytes: 0 })).toHaveLength(1);
  });

  it('lets no engine hold a message up', async () => {
    await line.deposit(await line.wav('long.wav', 70_000, 600));
    const stuck: Transcriber = {
      name: 'stuck',
      transcribe: ({ signal }) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('stopped')))),
    };
    const { report, messages } = await run({ transcriber: stuck });
    expect(report).toMatchObject({ stored: 1, untranscribed: 1 });
    expect(messages[0]).toMatchObject({ complete: true, transcript: '' });
  });

  it('deletes originals only when asked, and only those that read back as they came', async () => {
    const [first] = await four();
    await run();
    expect(await client.search('VOICEMAILS')).toHaveLength(4);
    const [damaged] = (await files(join(root, 'audio'))).filter((name) => name.endsWith(`jack-${first}.wav`));
    await truncate(join(root, 'audio/2026/05', damaged ?? ''), 3000);
    const { report, messages } = await run({ deleteOriginals: true });
    expect(report).toMatchObject({ known: 4, originalsDeleted: 3 });
    expect(report.failed).toMatchObject([{ id: first, state: 'failed', failure: 'STORAGE' }]);
    expect(messages.map(({ original }) => original)).toEqual(['kept', 'deleted', 'deleted', 'deleted']);
    const statuses = await Promise.all(
      (await client.search('VOICEMAILS')).map((id) => client.voicemail(id).text('STATUS')),
    );
    expect(statuses.filter((status) => status !== 'DELETING')).toEqual(['UNPLAYED']);
    // What was damaged is fetched again, from the original that is still there.
    const third = await run({ deleteOriginals: true });
    expect(third.report).toMatchObject({ stored: 1, originalsDeleted: 1, failed: [] });
    await using archive = await VoicemailArchive.open(root);
    expect((await archive.verify()).faults).toEqual([]);
  });

  it('notes originals that somebody else has deleted', async () => {
    const ids = await four();
    await run();
    await line.during(deleteVoicemail(client.voicemail(ids[2] ?? 0)));
    const { report, messages } = await run();
    expect(messages.map(({ original }) => original)).toEqual(['kept', 'kept', 'gone', 'kept']);
    expect(report.known + report.gone).toBe(report.listed);
  });

  it.each(['port', 'file'] as const)(
    'has a message whole that is being played when it comes to it, by %s',
    async (by) => {
      const voicemail = client.voicemail(await line.deposit(await line.wav('a.wav', 400, 600)));
      await line.during(downloadVoicemail(voicemail));
      await voicemail.startPlayback();
      await line.during(voicemail.reached('PLAYING'));
      await line.clock.advance(100);
      expect(voicemail.state?.phase).toBe('playing');
      const route = by === 'port' ? { server: line.server } : { folder: line.folder };
      const { messages } = await run({ route, attempts: 1 });
      expect(messages).toMatchObject([{ state: 'stored', complete: true }]);
      expect(await samplesOf(join(root, messages[0]?.audio?.path ?? ''))).toEqual(tone(400, 600));
    },
  );

  it('goes by a file that the endpoint writes, and removes it', async () => {
    await four();
    const folder = join(line.folder, 'drop');
    await (await import('node:fs/promises')).mkdir(folder);
    const { report, messages } = await run({ route: { folder } });
    expect(report).toMatchObject({ stored: 4, failed: [] });
    expect(await samplesOf(join(root, messages[1]?.audio?.path ?? ''))).toEqual(tone(220, 400));
    expect(await files(folder)).toEqual([]);
  });

  it('notes the refusal where the endpoint may not write, and does not begin where there is no folder', async () => {
    await four();
    await expect(run({ route: { folder: '/nowhere/to/be' } })).rejects.toMatchObject({ code: 'ERR_FILE' });
    const { report } = await run({ route: { folder: tmpdir() }, attempts: 1 });
    expect(report.stored).toBe(0);
    expect(report.failed.map(({ failure }) => failure)).toEqual(Array(4).fill('REFUSED'));
  });

  it('says that protocol 7 cannot do it', async () => {
    const old = await line.client('jack', { protocol: 7 });
    await using archive = await VoicemailArchive.open(root);
    const running = archiveVoicemails(old, archive, { route: { server: line.server } });
    await expect(running).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('stops the run when the archive cannot be written, and says so', async () => {
    await four();
    await using archive = await VoicemailArchive.open(root);
    await rm(join(root, '.partial'), { recursive: true });
    await writeFile(join(root, '.partial'), 'no folder');
    const running = archiveVoicemails(client, archive, { route: { server: line.server } });
    await expect(line.during(running)).rejects.toMatchObject({ code: 'ERR_FILE' });
  });

  it.runIf(canMount)('ends on a disk that is full, says so, and goes on when there is room', async () => {
    await four();
    await using disk = smallDisk(150_000);
    root = join(disk.path, 'archive');
    await expect(run()).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(run()).rejects.toMatchObject({ code: 'ERR_FILE' });
    disk.resize(4_000_000);
    const { report, messages } = await run();
    expect(report).toMatchObject({ listed: 4, failed: [], incomplete: [] });
    expect(messages.map(({ state, complete }) => [state, complete])).toEqual(Array(4).fill(['stored', true]));
    await using archive = await VoicemailArchive.open(root);
    expect((await archive.verify()).faults).toEqual([]);
    expect(await files(join(root, '.partial'))).toEqual([]);
  });

  it('is alone in its archive, and leaves alone what others are writing there', async () => {
    await four();
    await using archive = await VoicemailArchive.open(root, { clock: line.clock });
    await using other = await VoicemailArchive.open(root);
    const facts = { account: 'jack', id: 99, partner: 'bob', partnerName: 'Bob', timestamp: 1 };
    const more = { type: 'INCOMING', durationSeconds: 1, played: false };
    const { key } = other.catalogue.see({ ...facts, ...more });
    const intake = await other.take({ ...facts, ...more });
    await intake.write(tone(1000));
    const route = { server: line.server };
    const running = archiveVoicemails(client, archive, { route });
    await expect(archiveVoicemails(client, other, { route })).rejects.toMatchObject({
      code: 'ERR_INVALID_STATE',
    });
    expect(await line.during(running)).toMatchObject({ stored: 4 });
    const ledger = { received: 16_000, idle: 0, masked: 0, missing: 0, spans: [] };
    await other.store(key, intake, { ledger });
    expect(await samplesOf(other.audioFile(other.catalogue.message(key)) ?? '')).toEqual(tone(1000));
  });

  it('does not begin without the engine that is to listen', async () => {
    await four();
    const transcriber = commandTranscriber({ command: 'no-such-command' });
    await expect(run({ transcriber })).rejects.toMatchObject({ code: 'ERR_TOOL' });
    await using archive = await VoicemailArchive.open(root);
    expect(archive.catalogue.count()).toBe(0);
  });

  it('is aborted, and what it was at is done again', async () => {
    await four();
    const aborter = new AbortController();
    const running = run({ signal: aborter.signal, onProgress: ({ done }) => done === 2 && aborter.abort() });
    await expect(running).rejects.toMatchObject({ name: /Abort|Jackfield/ });
    const { report } = await run();
    expect(report).toMatchObject({ known: 2, stored: 2 });
    expect((await files(join(root, '.partial'))).length).toBe(0);
  });

  it('brings a mailbox of 10,000 up to date', { timeout: 120_000 }, async () => {
    const file = await line.wav('one.wav', 100);
    await using archive = await VoicemailArchive.open(root, { clock: line.clock });
    await client.close();
    for (let i = 0; i < 10_000; i++) await line.deposit(file, { atMs: i * 1000, durationSec: 1 });
    client = await line.client();
    // What retention has removed is known without being there.
    const db = new Database(join(root, 'catalogue.db'));
    db.exec(`
      WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
      INSERT INTO messages (account, voicemail, timestamp, partner, name, type, duration, played, state)
      SELECT 'jack', i + 1, i, 'anna', 'Anna Ash', 'INCOMING', 1, 0, 'purged' FROM n WHERE i % 1000 <> 500`);
    db.close();
    const report = await line.during(
      archiveVoicemails(client, archive, { route: { server: line.server }, concurrency: 10 }),
    );
    expect(report).toMatchObject({ listed: 10_000, known: 9990, stored: 10, duplicates: 9, failed: [] });
    expect(archive.catalogue.count({ state: 'stored' })).toBe(10);
  });

  it('refuses options out of range', async () => {
    await expect(run({ concurrency: 0 })).rejects.toThrow(/concurrency/);
    await expect(run({ attempts: 11 })).rejects.toThrow(/attempts/);
  });
});

it('a damaged row costs its message alone, and is made anew by rebuildArchive', async () => {
  await four();
  await run();
  for (const change of ["tags = '{bad'", "state = 'x'", 'ledger = 5']) {
    const db = new Database(join(root, 'catalogue.db'));
    db.exec(`UPDATE messages SET ${change} WHERE key = 2`);
    db.exec(`INSERT OR REPLACE INTO unfinished SELECT replace(path, '.wav', '.2.json'), 2, 0
      FROM audio JOIN messages ON audio = sha256 WHERE key = 2`);
    db.close();
    const { report, messages } = await run();
    expect([change, report.known, report.damaged, messages.length]).toEqual([change, 3, 1, 3]);
    expect(await rebuildArchive(root)).toMatchObject({ messages: 4, failed: new Map() });
    expect((await run()).report).toMatchObject({ known: 4, failed: [] });
  }
});
