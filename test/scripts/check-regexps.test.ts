import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'jackfield-regexps-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the checker says of a file. */
function said(code: string): string {
  writeFileSync(join(folder, 'planted.ts'), code);
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-regexps.mjs', folder], {
    encoding: 'utf8',
  });
  expect(status).toBe(stderr === '' ? 0 : 1);
  return stderr;
}

it('the check refuses patterns of more than linear time, and those built at run time, with their place', () => {
  const found = said(
    [
      'export const nested = /^(?:a+)+$/;',
      'export const shared = /x*x*$/;',
      'export const made = (text: string) => new RegExp(text + text);',
      'export const called = (text: string) => RegExp(text);',
      'export const fine = /^[a-z]+=[^;]*;$/;',
    ].join('\n'),
  );
  expect(Array.from(found.matchAll(/planted\.ts:(\d)/g), ([, line]) => line)).toEqual(
    expect.arrayContaining(['1', '2', '3', '4']),
  );
  expect(found).not.toContain('planted.ts:5');
});
