import { describe, expect, it } from 'vitest';
import { csvLine, csvOf } from '../../src/base/csv.js';

it.each([
  [['a', 1, true, undefined, -2.5], 'a,1,true,,-2.5'],
  [['say "hi",\nthen'], '"say ""hi"",\nthen"'],
  [['+4930123', '-4.5', '1e-7'], '+4930123,-4.5,1e-7'],
  [['=1', '@x', '-x', '+1+cmd', ' =1', '\t1'], `'=1,'@x,'-x,'+1+cmd,' =1,"'\t1"`],
])('%j is a line that no spreadsheet runs', (cells, line) => {
  expect(csvLine(cells)).toBe(`${line}\r\n`);
});

describe('csvOf', () => {
  it('quotes what has to be, and lets no text be run by a spreadsheet', async () => {
    const columns = {
      name: (row: string) => row,
      length: ({ length }: string) => length,
      none: () => undefined,
    };
    const rows = ['ann', '=1+1', 'say "hi",\r\nthen go', '-5', '-x'];
    let text = '';
    for await (const line of csvOf(columns, rows)) text += line;
    expect(text).toBe(
      'name,length,none\r\nann,3,\r\n\'=1+1,4,\r\n"say ""hi"",\r\nthen go",18,\r\n-5,2,\r\n\'-x,2,\r\n',
    );
  });
});
