import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printedTime } from '../../src/cli/terminal-text.js';
import { anyText } from '../any-text.js';

describe('printedTime', () => {
  it('is UTC and marked as such, to the second, in any zone', () => {
    expect(printedTime(Date.UTC(2026, 10, 23, 9, 0, 1, 999))).toBe('2026-11-23 09:00:01Z');
    expect(printedTime('2026-11-23T10:00:01+01:00')).toBe('2026-11-23 09:00:01Z');
    for (const damaged of ['', 'yesterday', Number.NaN, 1e300])
      expect(printedTime(damaged)).toBe(String(damaged));
  });

  it('is used by every command', () => {
    const folder = new URL('../../src/cli/', import.meta.url);
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((each) =>
      each.endsWith('.ts'),
    )) {
      if (name === 'terminal-text.ts') continue;
      expect(readFileSync(new URL(name, folder), 'utf8'), name).not.toMatch(
        /toISOString\(\)\.slice|toLocale\w*String/,
      );
    }
  });
});

describe('printable', () => {
  it('removes control sequences and marks of direction, and keeps letters, emoji and blanks', () => {
    expect(printable('\u001b[2Jann\u009b31m\r\n\u0007\u202e')).toBe(
      '\\u001b[2Jann\\u009b31m\\u000d\\u000a\\u0007\\u202e',
    );
    expect(printable('Zoë 李 \u{1f468}\u200d\u{1f469} \u00a0x')).toBe(
      'Zoë 李 \u{1f468}\u200d\u{1f469} \u00a0x',
    );
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('keeps the meaning of JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const json = JSON.stringify(JSON.parse(text));
        expect(JSON.parse(printable(json))).toEqual(JSON.parse(json));
      }),
    );
    expect(JSON.parse(printable(JSON.stringify('\u009b\u202e\ud800')))).toBe('\u009b\u202e\ud800');
  });
});
