import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Counts how often it was called with `name`, over all runs that share the folder. */
function turn(name: string): number {
  const file = join(process.env['PLANTED_FOLDER'] ?? '', name);
  appendFileSync(file, '.');
  return existsSync(file) ? readFileSync(file, 'utf8').length : 0;
}

describe('planted', () => {
  it('passes', () => expect(1).toBe(1));
  it('fails the first time', () => expect(turn('first'), 'that is the first time').toBeGreaterThan(1));
  it('fails always', () => expect(process.env['PLANTED_FAILS'], 'that is always so').toBeUndefined());
});
