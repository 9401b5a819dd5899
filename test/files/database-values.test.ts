import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Database, type SqlValue } from '../../src/files/database.js';

const TABLES = 'CREATE TABLE kept (value)';
const ROW = z.object({ value: z.union([z.string(), z.number(), z.null()]) });
const INSERT = 'INSERT INTO kept VALUES (?)';
const SELECT = 'SELECT value FROM kept WHERE value IS ?';

let folder: string;
let db: Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-values-'));
  db = Database.open(join(folder, 'kept.sqlite'), [TABLES]);
});

afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The package ends the process for some of them: none may get there. */
const REFUSED: readonly (readonly [name: string, value: unknown])[] = [
  ['nothing', undefined],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['true', true],
  ['a bigint', 1n],
  ['a bigint beyond 64 bits', 2n ** 70n],
  ['a symbol', Symbol('x')],
  ['a function', () => undefined],
  ['an object', { toString: () => 'x' }],
  ['a text that is an object', Object('x')],
  ['a Date', new Date(0)],
  ['a list', ['x']],
  ['bytes', new Uint8Array(2)],
  ['a buffer of 0 bytes', new ArrayBuffer(0)],
  ['a shared buffer', new Uint8Array(new SharedArrayBuffer(2))],
  ['a Map', new Map()],
  [
    'a proxy that throws',
    new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    ),
  ],
];

const TAKEN: readonly (readonly [name: string, value: SqlValue, kept?: string])[] = [
  ['null', null],
  ['0', 0],
  ['-0', -0],
  ['a fraction', 0.1],
  ['the smallest number', Number.MIN_VALUE],
  ['the largest number', Number.MAX_VALUE],
  ['a whole number of 53 bits', Number.MAX_SAFE_INTEGER],
  ['-2^63', -(2 ** 63)],
  ['2^63', 2 ** 63],
  ['a text of 0 characters', ''],
  ['a text of a million', 'ä'.repeat(1_000_000)],
  ['a text with NUL', 'a\0b'],
  ['half of a pair', 'a\ud800', 'a\ufffd'],
  ['line breaks and quotes', `'"\r\n;--`],
];

describe('a value of a database', () => {
  it.each(REFUSED)('that the package does not support is refused: %s', (_name, value) => {
    for (const ask of [
      () => db.run(INSERT, value as SqlValue),
      () => db.get(ROW, SELECT, value as SqlValue),
      () => db.all(ROW, SELECT, value as SqlValue),
      () => db.write(() => db.run(INSERT, 'first') + db.run(INSERT, value as SqlValue)),
    ]) {
      let thrown: unknown;
      try {
        ask();
      } catch (error) {
        thrown = error;
      }
      expect(thrown).toMatchObject({
        code: 'ERR_INVALID_ARG',
        message: expect.stringMatching(/^a value of a row must be /),
      });
    }
    expect(db.all(ROW, 'SELECT value FROM kept')).toEqual([]);
  });

  it.each(TAKEN.map(([name, value, kept]) => [name, value, kept ?? value] as const))(
    'that is supported is read back unchanged: %s',
    (_name, value, kept) => {
      db.run(INSERT, value);
      expect(db.all(ROW, 'SELECT value FROM kept')).toEqual([{ value: kept }]);
      expect(db.get(ROW, SELECT, value)).toEqual({ value: kept });
    },
  );

  it.each([[[]], [['a', 'b']]])(
    'beyond the parameters of the statement does not crash the process: %j',
    (values) => {
      try {
        db.run(INSERT, ...values);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
      expect(db.all(ROW, SELECT, null).length).toBeLessThanOrEqual(1);
    },
  );
});
