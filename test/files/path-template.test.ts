import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confinedPath, isInside } from '../../src/files/confined-path.js';
import { checkPathTemplate, fillPath } from '../../src/files/path-template.js';
import { MAX_NAME_BYTES, safeName } from '../../src/files/safe-name.js';
import { HOSTILE_NAMES } from './hostile-names.js';

describe('checkPathTemplate', () => {
  it('accepts a relative path with known fields', () => {
    expect(checkPathTemplate('template', '{date}/x/{name}-{date}', ['date', 'name'])).toBe(
      '{date}/x/{name}-{date}',
    );
  });

  it.each([
    '',
    '/a',
    'a//b',
    '../a',
    'a/..',
    './a',
    'a\\b',
    'a\0',
    '{other}',
    '{}',
    '{a b}',
    'a/'.repeat(20),
    'a'.repeat(501),
    5,
  ])('refuses %j', (template) => {
    expect(() => checkPathTemplate('template', template, ['date'])).toThrow(/^template must be/);
  });
});

describe('fillPath', () => {
  it.each(HOSTILE_NAMES)('keeps %j within its part', (name) => {
    const path = fillPath('messages/{name}/of {name}', () => name);
    const parts = path.split('/');
    expect(parts).toHaveLength(3);
    expect(parts[0]).toBe('messages');
    expect(parts[1]).toBe(safeName(name));
    for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(MAX_NAME_BYTES);
    expect(isInside(resolve('/root/messages'), resolve('/root', path))).toBe(true);
  });

  it('keeps parts without fields, and does not expand fields in a value', () => {
    expect(fillPath('../my messages./{a}', () => '{b}')).toBe('../my messages./{b}');
  });

  it('shortens only long values', () => {
    const values: Record<string, string> = { time: '120000', name: '👍'.repeat(200), id: 'rec-01' };
    const path = fillPath('{time}-{name}-{id}', (field) => values[field] ?? '');
    expect(path).toMatch(/^120000-👍+-rec-01$/u);
    expect(Buffer.byteLength(path)).toBeGreaterThan(MAX_NAME_BYTES - 4);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(MAX_NAME_BYTES);
  });
});

describe('confinedPath', () => {
  it.each(['a', 'a/b.wav', './a', 'a/../b', '..a', '...'])('finds %j in its folder', (path) => {
    expect(confinedPath('/root/folder', path)).toBe(resolve('/root/folder', path));
  });

  it.each(['..', '../a', 'a/../../b', '/a', '', '.', 'a/..', '/root/folder/a', 'a\0b', '../folder2/a'])(
    'refuses %j',
    (path) => {
      expect(() => confinedPath('/root/folder', path)).toThrow(expect.objectContaining({ code: 'ERR_FILE' }));
    },
  );

  it('gives a path in the folder or throws, for any text', () => {
    const piece = fc.constantFrom('..', '.', '/', '\\', 'a', '\0', '//', '../');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        let found: string;
        try {
          found = confinedPath('/root/folder', pieces.join(''));
        } catch {
          return;
        }
        expect(found.startsWith('/root/folder/')).toBe(true);
      }),
    );
  });
});
