import { describe, expect, it } from 'vitest';
import { textTable } from '../../src/cli/text-table.js';

describe('a table of the command line', () => {
  it('aligns cells as a terminal shows them, wide characters and emoji included', () => {
    const rows = [
      ['anna', '1.0 s', 'done'],
      ['日本語', '22.0 s', ''],
      ['👩‍👩‍👧', '3.0 s', 'x'],
    ];
    expect(textTable(rows, [{}, { align: 'right' }])).toEqual([
      'anna     1.0 s  done',
      '日本語  22.0 s',
      '👩‍👩‍👧       3.0 s  x',
    ]);
  });

  it('cuts a cell that is wider than its column, and keeps others at their place', () => {
    expect(
      textTable(
        [
          ['a long name', '1'],
          ['日本語', '2'],
        ],
        [{ width: 6 }],
      ),
    ).toEqual(['a lon…  1', '日本語  2']);
  });

  it('shows controls, line breaks and marks of direction instead of sending them to the terminal', () => {
    expect(textTable([['a\u001b[2Jb', 'c\nd', '\u202ee']])).toEqual(['a\\u001b[2Jb  c\\u000ad  \\u202ee']);
  });

  it('is empty without rows', () => {
    expect(textTable([])).toEqual([]);
  });
});
