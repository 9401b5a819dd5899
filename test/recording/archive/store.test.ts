import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Database } from '../../../src/files/database.js';
import { writeWhole } from '../../../src/files/whole-file.js';
import { type ZipEntry, zipOf } from '../../../src/recording/archive/export-zip.js';
import { likeOf, matchOf } from '../../../src/recording/archive/query.js';
import { expendable } from '../../../src/recording/archive/retention.js';
import { SealedWav, sealedWavSamples } from '../../../src/recording/sealed/sealed-wav.js';

const run = promisify(execFile);
const hasUnzip = spawnSync('unzip', ['-v']).status === 0;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-store-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('SealedWav', () => {
  const STEREO = { sampleRate: 16_000, channels: 2 };
  const ramp = (count: number) => Int16Array.from({ length: count }, (_, i) => (i * 7) % 30_000);

  async function sealed(samples: Int16Array, recipient: string): Promise<string> {
    const wav = await SealedWav.create(join(folder, 'call.wav.age'), [recipient], { format: STEREO });
    for (let at = 0; at < samples.length; at += 6400) await wav.write(samples.subarray(at, at + 6400));
    await wav.close();
    await wav.close();
    return wav.path;
  }
  async function read(file: string, identity: string, cutOff = false): Promise<Int16Array> {
    const pieces: number[] = [];
    for await (const piece of sealedWavSamples(file, identity, cutOff)) pieces.push(...piece);
    return Int16Array.from(pieces);
  }

  it('can be read by its recipient, sample by sample, and by nobody else', async () => {
    const identity = await generateIdentity();
    const samples = ramp(100_000);
    const file = await sealed(samples, await identityToRecipient(identity));
    expect((await readFile(file)).toString('latin1', 0, 21)).toBe('age-encryption.org/v1');
    expect(await read(file, identity)).toEqual(samples);
    await expect(read(file, await generateIdentity())).rejects.toMatchObject({ code: 'ERR_FILE' });
    await expect(read(file, 'AGE-SECRET-KEY-1NOT')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
  });

  it('reports truncation, or is read up to there when that is allowed', async () => {
    const identity = await generateIdentity();
    const samples = ramp(100_000);
    const file = await sealed(samples, await identityToRecipient(identity));
    await truncate(file, 150_000);
    await expect(read(file, identity)).rejects.toMatchObject({ code: 'ERR_FILE' });
    const found = await read(file, identity, true);
    expect(found.length).toBeGreaterThan(60_000);
    expect(found).toEqual(samples.subarray(0, found.length));
  });

  it('refuses an invalid recipient before it creates a file', async () => {
    const file = join(folder, 'call.wav.age');
    const made = SealedWav.create(file, ['age1nobody'], { format: STEREO });
    await expect(made).rejects.toMatchObject({ code: 'ERR_INVALID_ARG' });
    await expect(SealedWav.create(file, [], { format: STEREO })).rejects.toThrow('encryptTo');
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('Database', () => {
  const NOTES = 'CREATE TABLE notes (text TEXT); CREATE VIRTUAL TABLE words USING fts5 (text)';
  const RANK = 'ALTER TABLE notes ADD COLUMN rank INTEGER NOT NULL DEFAULT 1';
  const path = () => join(folder, 'notes.sqlite');
  const NOTE = z.object({ text: z.string() });
  const RANKED = z.object({ text: z.string(), rank: z.int() });
  const ROWID = z.object({ rowid: z.int() });

  it('is migrated from any version to the newest, and refuses a newer one', () => {
    {
      using old = Database.open(path(), [NOTES]);
      old.write(() => old.run('INSERT INTO notes VALUES (?)', 'kept'), true);
    }
    {
      using now = Database.open(path(), [NOTES, RANK]);
      expect(now.all(RANKED, 'SELECT * FROM notes')).toEqual([{ text: 'kept', rank: 1 }]);
    }
    expect(() => Database.open(path(), [NOTES])).toThrow('version 2');
  });

  it('leaves nothing of a transaction that throws', () => {
    using db = Database.open(path(), [NOTES]);
    const half = () =>
      db.write(() => {
        db.run('INSERT INTO notes VALUES (?)', 'half');
        throw new Error('no');
      });
    expect(half).toThrow('no');
    expect(db.all(NOTE, 'SELECT * FROM notes')).toEqual([]);
  });

  it('reports a full disk, and leaves nothing of the transaction', () => {
    using db = Database.open(path(), [NOTES]);
    db.run('PRAGMA max_page_count = 20');
    const tooMuch = () =>
      db.write(() => {
        db.run('INSERT INTO notes VALUES (?)', 'first');
        db.run('INSERT INTO notes VALUES (?)', 'x'.repeat(200_000));
      });
    for (const work of [tooMuch, tooMuch]) {
      expect(work).toThrow(
        expect.objectContaining({ code: 'ERR_FILE', message: expect.stringMatching(/notes\.sqlite.*full/) }),
      );
    }
    expect(db.all(NOTE, 'SELECT * FROM notes')).toEqual([]);
    db.write(() => db.run('INSERT INTO notes VALUES (?)', 'fits'));
    expect(db.all(NOTE, 'SELECT * FROM notes')).toEqual([{ text: 'fits' }]);
  });

  it('reports a file that is not a database', async () => {
    await writeFile(path(), 'not a database, but long enough to look like a page of one '.repeat(40));
    expect(() => Database.open(path(), [NOTES])).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
  });

  it('treats a search text as words, never as operators', () => {
    using db = Database.open(path(), [NOTES]);
    const word = fc.string({ unit: 'grapheme' }).filter((text) => /[\p{L}\p{N}]/u.test(text));
    fc.assert(
      fc.property(word, (text) => {
        db.all(ROWID, 'SELECT rowid FROM words WHERE words MATCH ?', matchOf(text));
      }),
    );
    db.run("INSERT INTO words (rowid, text) VALUES (1, 'invoice 42 to \"ann\"'), (2, 'weather')");
    const found = (text: string) =>
      db.all(ROWID, 'SELECT rowid FROM words WHERE words MATCH ?', matchOf(text));
    expect(found('invoi* ANN')).toEqual([{ rowid: 1 }]);
    expect(found('invoi')).toEqual([]);
    expect(() => matchOf('*')).toThrow('at least one word');
  });

  it('treats a search text literally, without wildcards', () => {
    using db = Database.open(path(), [NOTES]);
    db.run("INSERT INTO notes VALUES ('100%'), ('1000'), ('a_b'), ('aXb')");
    const like = (text: string) =>
      db.all(NOTE, "SELECT text FROM notes WHERE text LIKE ? ESCAPE '\\'", likeOf(text));
    expect(like('100%')).toEqual([{ text: '100%' }]);
    expect(like('a_')).toEqual([{ text: 'a_b' }]);
  });
});

describe('expendable', () => {
  const DAY = 86_400_000;
  const item = (day: number, bytes: number, held = false) => ({ atMs: day * DAY, bytes, held });
  const days = (items: ReturnType<typeof item>[], rules: object) => {
    const totalBytes = items.reduce((sum, { bytes }) => sum + bytes, 0);
    const gone = expendable(items, (it) => it, rules, { totalBytes, nowMs: 10 * DAY });
    return Array.from(gone, ({ atMs }) => atMs / DAY);
  };

  it('removes by age, by size, or by both, oldest first, and never held recordings', () => {
    const items = [item(1, 10), item(2, 10, true), item(3, 10), item(8, 10), item(9, 10)];
    expect(days(items, {})).toEqual([]);
    expect(days(items, { maxAgeDays: 7 })).toEqual([1]);
    expect(days(items, { maxAgeDays: 6 })).toEqual([1, 3]);
    expect(days(items, { maxBytes: 30 })).toEqual([1, 3]);
    expect(days(items, { maxBytes: 15 })).toEqual([1, 3, 8, 9]);
    // What goes by age counts for the size, too.
    expect(days(items, { maxAgeDays: 7, maxBytes: 40 })).toEqual([1]);
    expect(() => days(items, { maxAgeDays: -1 })).toThrow('retention.maxAgeDays');
    expect(() => days(items, { maxBytes: Number.NaN })).toThrow('retention.maxBytes');
  });
});

describe('zipOf', () => {
  async function* pieces() {
    yield Buffer.from('in ');
    yield Buffer.from('pieces');
  }

  it.skipIf(!hasUnzip)('can be read by unzip, with valid checksums (needs unzip)', async () => {
    const file = join(folder, 'audio');
    await writeFile(file, 'from a file');
    const entries: ZipEntry[] = [
      { name: 'a/file.wav', from: { file } },
      { name: 'ü.json', from: { text: '{}\n' } },
      { name: 'b', from: pieces() },
    ];
    const zip = join(folder, 'all.zip');
    await writeWhole(zip, zipOf(entries));
    const out = join(folder, 'out');
    await run('unzip', ['-q', zip, '-d', out]);
    const { stdout } = await run('sha256sum', ['-c', 'SHA256SUMS'], { cwd: out });
    expect(stdout).toBe('a/file.wav: OK\nü.json: OK\nb: OK\n');
    expect(await readFile(join(out, 'b'), 'utf8')).toBe('in pieces');
  });

  it('leaves no file when a source fails, one is missing, or two have one name', async () => {
    const zip = join(folder, 'all.zip');
    async function* broken() {
      yield Buffer.from('so far');
      throw new Error('and no further');
    }
    const wrong: [ZipEntry[], string][] = [
      [[{ name: 'a', from: broken() }], 'and no further'],
      [[{ name: 'a', from: { file: join(folder, 'nowhere') } }], 'ENOENT'],
      [['a', 'a'].map((name) => ({ name, from: { text: '' } })), 'two files would have the name a'],
    ];
    for (const [entries, message] of wrong) {
      await expect(writeWhole(zip, zipOf(entries))).rejects.toThrow(message);
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('writes nothing more when it is aborted', async () => {
    const given = AbortSignal.abort();
    const written = writeWhole(join(folder, 'all.zip'), zipOf([]), { signal: given });
    await expect(written).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(await readdir(folder)).toEqual([]);
  });
});
