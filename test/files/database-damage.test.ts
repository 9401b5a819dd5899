import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Database, isDamage } from '../../src/files/database.js';
import { json } from '../../src/files/row.js';

const TABLES =
  'CREATE TABLE notes (text TEXT NOT NULL, tags TEXT); CREATE VIRTUAL TABLE words USING fts5 (text)';
const NOTE = z.object({ text: z.string(), tags: json(z.array(z.string())) });
const ALL = 'SELECT * FROM notes';

let folder: string;
const path = () => join(folder, 'notes.sqlite');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-database-'));
  using db = Database.open(path(), [TABLES]);
  for (let each = 0; each < 40; each++) {
    db.run('INSERT INTO notes VALUES (?, ?)', `called ${each}`, '["a"]');
    db.run('INSERT INTO words VALUES (?)', `called ${each}`);
  }
  // All of it into the file itself.
  db.run('PRAGMA wal_checkpoint(TRUNCATE)');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Exchanges a text of the file, byte by byte. */
function exchange(from: string, to: Buffer): void {
  const bytes = readFileSync(path());
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) to.copy(bytes, at);
  writeFileSync(path(), bytes);
}

describe('a database with damage', () => {
  it('separates damaged rows from valid ones', () => {
    using db = Database.open(path(), [TABLES]);
    db.run("INSERT INTO notes VALUES (CAST(x'ff41' AS TEXT), '[]'), ('x', '{'), (x'00', NULL), ('y', '[7]')");
    db.run("INSERT INTO notes VALUES ('null' || char(0) || 'byte', '[]'), (4, '[]')");
    const { rows, faults } = db.checked(NOTE, ALL);
    // A number in a column of text is text.
    expect(rows.slice(40)).toEqual([
      { text: 'null\0byte', tags: [] },
      { text: '4', tags: [] },
    ]);
    expect(faults.map(({ code }) => code)).toEqual(Array(4).fill('ERR_FILE'));
    expect(faults[1]?.message).toContain('tags: expected JSON');
    expect(() => db.all(NOTE, ALL)).toThrow('text: ');
  });

  it('finds a column whose name is no longer text', () => {
    exchange('notes (text', Buffer.from([...Buffer.from('notes ('), 0xf4]));
    const read = () => {
      using db = Database.open(path(), [TABLES]);
      return db.all(NOTE, ALL);
    };
    expect(read).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
    expect(read).toThrow(expect.toSatisfy(isDamage));
  });

  it('finds damaged pages when it is opened', () => {
    const bytes = readFileSync(path());
    bytes.fill(0xff, 4096 + 8, 4096 + 64);
    writeFileSync(path(), bytes);
    expect(() => Database.open(path(), [TABLES])).toThrow(expect.toSatisfy(isDamage));
    writeFileSync(path(), 'no database at all, but as long as one should be: '.repeat(100));
    expect(() => Database.open(path(), [TABLES])).toThrow(expect.toSatisfy(isDamage));
  });

  it('does not take an unreachable file for a damaged one', () => {
    expect(() => Database.open(join(folder, 'no', 'folder.sqlite'), [TABLES])).toThrow(
      expect.toSatisfy((error) => !isDamage(error)),
    );
  });

  it('never crashes the process, whichever bits are flipped', () => {
    const whole = readFileSync(path());
    const flips = fc.sample(fc.array(fc.nat(whole.length * 8 - 1), { minLength: 1, maxLength: 3 }), 100);
    const copies = flips.map((bits, index) => {
      const bytes = Buffer.from(whole);
      for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const copy = join(folder, `${index}.sqlite`);
      writeFileSync(copy, bytes);
      return copy;
    });
    const target = join(import.meta.dirname, 'read-databases.mjs');
    const { status, signal, stderr } = spawnSync(process.execPath, [target, folder, String(copies.length)], {
      encoding: 'utf8',
    });
    expect({ status, signal, stderr }).toEqual({ status: 0, signal: null, stderr: '' });
  });
});
