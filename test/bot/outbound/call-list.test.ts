import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCallList } from '../../../src/bot/outbound/call-list.js';
import { parseCsv } from '../../../src/bot/outbound/parse-csv.js';

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

describe('CSV', () => {
  it('returns every cell unchanged, for any content', () => {
    const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
      fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: width, maxLength: width }), {
        minLength: 1,
      }),
    );
    fc.assert(
      fc.property(
        table,
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        (rows, comma, end) => {
          // A first cell that no one would take for another separator.
          const all = [rows[0]!.map(() => 'x'), ...rows];
          const text = all.map((cells) => cells.map(quoted).join(comma)).join(end);
          const filled = all.filter((cells) => cells.some((cell) => cell !== ''));
          if (rows[0]!.length > 1) expect(parseCsv(text).rows.map(({ cells }) => cells)).toEqual(filled);
        },
      ),
    );
  });

  it('never hangs, and reports the line of a quote that is not closed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('"', ',', ';', 'a', '\n', '\r')), (parts) => {
        parseCsv(parts.join(''));
      }),
    );
    expect(parseCsv('a,b\n1,2\n3,"4')).toMatchObject({ rows: [{}, {}], problem: { line: 3 } });
  });
});

describe('a call list', () => {
  it('is CSV with the columns that it names', () => {
    const csv = '\ufefftarget;name\r\n+4930123;"Anna; the first"\r\n\r\nben;\r\n';
    expect(parseCallList(csv, { format: 'csv' })).toEqual([
      { target: '+4930123', fields: { name: 'Anna; the first' } },
      { target: 'ben', fields: { name: '' } },
    ]);
  });

  it('is JSON: names, or objects', () => {
    expect(parseCallList('["anna", { "target": "ben", "age": 7 }]', { format: 'json' })).toEqual([
      { target: 'anna', fields: {} },
      { target: 'ben', fields: { age: '7' } },
    ]);
  });

  it('reports everything that is wrong with it, and where', () => {
    const csv = 'target,name\nanna,A\n+49 30 1,B\nben\nANNA,C\n,D\n';
    expect(() => parseCallList(csv, { file: 'l.csv', format: 'csv' })).toThrow(
      [
        'The call list has errors:',
        '  l.csv:4: this line has 1 columns; the first line names 2',
        '  l.csv:3: the target "+49 30 1" must be written without spaces',
        '  l.csv:5: ANNA is already listed at l.csv:2: keep one',
        '  l.csv:6: the target must be a Skype name or a phone number; it is ""',
      ].join('\n'),
    );
  });

  it.each([
    ['', 'csv', 'the list is empty'],
    ['target\n', 'csv', 'the list is empty'],
    ['anna\nben\n', 'csv', 'list:1: the first line must name the columns: there is no column "target"'],
    ['target,a b\nx,y\n', 'csv', '"a b" is not a valid column name'],
    ['target,target\nx,y\n', 'csv', 'each name once'],
    ['{}', 'json', 'must be an array'],
    ['[', 'json', 'list: '],
    ['[7]', 'json', 'list[0]: the target must be a Skype name or a phone number; it is 7'],
    ['[{"name":"x"}]', 'json', 'it is missing'],
    ['[{"target":"x","y":{}}]', 'json', 'y must be a string or a number'],
  ] as const)('refuses %j as %s', (text, format, message) => {
    expect(() => parseCallList(text, { format })).toThrow(message);
  });
});
