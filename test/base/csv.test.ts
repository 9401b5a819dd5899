import { expect, it } from 'vitest';
import { csvLine } from '../../src/base/csv.js';

it.each([
  [['a', 1, true, undefined, -2.5], 'a,1,true,,-2.5'],
  [['say "hi",\nthen'], '"say ""hi"",\nthen"'],
  [['+4930123', '-4.5', '1e-7'], '+4930123,-4.5,1e-7'],
  [['=1', '@x', '-x', '+1+cmd', ' =1', '\t1'], `'=1,'@x,'-x,'+1+cmd,' =1,"'\t1"`],
])('%j is a line that no spreadsheet runs', (cells, line) => {
  expect(csvLine(cells)).toBe(`${line}\r\n`);
});
