import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_NAME_BYTES, nameKey, safeName } from '../../src/files/safe-name.js';
import { anyText } from '../any-text.js';
import { HOSTILE_NAMES } from './hostile-names.js';

/** What holds for each part of a path, whatever it was made of. */
function expectPlain(name: string): void {
  expect(name).not.toMatch(
    /^[.~\-\s]|[<>:"/\\|?*\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]|[.\s]$|^$/u,
  );
  expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
  expect(name.normalize('NFC')).toBe(name);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME_BYTES);
}

describe('safeName', () => {
  it.each([
    ['../../etc/passwd', '__.._etc_passwd'],
    ['CON.txt', '_CON.txt'],
    ['com¹', '_com¹'],
    ['nul .wav', '_nul .wav'],
    ['a\u202Egpj.exe', 'a_gpj.exe'],
    ['a\u061Cb\u200Bc\uFEFFd\u2028e', 'a_b_c_d_e'],
    ['-rf', '_rf'],
    ['$(reboot)`x`', '_(reboot)_x_'],
    ['', '_'],
    ['...', '_'],
    ['a. . .', 'a_'],
    ['half \ud83d', 'half _'],
    ['Zoë Müller', 'Zoë Müller'],
    ['Zoe\u0308 Mu\u0308ller', 'Zoë Müller'],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
  ])('makes %j into %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it.each(HOSTILE_NAMES)('makes a plain name of %j', (name) => {
    expectPlain(safeName(name));
  });

  it('makes a plain name of any text, and leaves plain names unchanged', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 400 }), (text) => {
        const name = safeName(text);
        expectPlain(name);
        expect(safeName(name)).toBe(name);
      }),
    );
  });

  it('cuts at a whole character, and leaves no blank or dot at the cut', () => {
    expect(safeName('é'.repeat(200), 11)).toBe('é'.repeat(5));
    expect(safeName(`${'a'.repeat(9)}. more`, 11)).toBe('aaaaaaaaa_');
    expect(safeName('👍'.repeat(200))).toBe('👍'.repeat(MAX_NAME_BYTES / 4));
  });

  it.each(['a', ' ', '.', '. ', '~', '-', '<', '\u0301', 'a\u0301', '\u200b', '\ud800', 'con.', '👍'])(
    'reads only as much of a long text of %j as it needs',
    (unit) => {
      // Reading a character is what takes time: a text of 5 MB costs no more reads than one of 5 kB.
      expect(safeName(unit.repeat(2_500_000))).toBe(safeName(unit.repeat(5000)));
    },
  );
});

describe('nameKey', () => {
  it.each([
    ['Ann', 'ann'],
    ['Zoë', 'Zoe\u0308'],
    ['STRASSE', 'straße'],
    ['K', '\u212a'],
    ['ΟΔΟΣ', 'οδος'],
  ])('is the same for %j and %j', (a, b) => {
    expect(nameKey(a)).toBe(nameKey(b));
  });

  it('is different for different names', () => {
    expect(new Set(['ann', 'anna', 'ann.local', 'änn', 'ann_2'].map(nameKey)).size).toBe(5);
  });
});
