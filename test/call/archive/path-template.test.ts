import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillTemplate } from '../../../src/call/archive/path-template.js';
import { safeName } from '../../../src/call/store/safe-name.js';

describe('safeName', () => {
  it.each([
    ['../../etc/passwd', '__.._etc_passwd'],
    ['CON.txt', '_CON.txt'],
    ['a\u202Egpj.exe', 'a_gpj.exe'],
    ['-rf', '_rf'],
    ['$(reboot)`x`', '_(reboot)_x_'],
    ['', '_'],
    ['Zoë Müller', 'Zoë Müller'],
  ])('makes %j into %j', (name, safe) => {
    expect(safeName(name)).toBe(safe);
  });

  it('is one plain part of a path, whatever the partner calls itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (partner) => {
        const path = fillTemplate('{date}/{partner}', {
          startedAt: new Date(0),
          partner,
          call: 1,
          id: 'x',
          segment: 1,
          direction: 'in',
        });
        const [date, name, ...more] = path.split('/');
        expect([date, more]).toEqual(['1970-01-01', []]);
        expect(name).not.toMatch(/^\.|[\\:*?"<>|]|^$/);
        expect([...(name ?? '')].every((character) => character >= ' ')).toBe(true);
        expect([...(name ?? '')].length).toBeLessThanOrEqual(121);
      }),
    );
  });
});
