import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../scripts/check-sleeps.mjs');

/** Runs the check over a test of these lines. Gives the lines that it names. */
function refused(lines: readonly string[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-sleeps-'));
  writeFileSync(join(folder, 'some.test.ts'), lines.join('\n'));
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, folder], { encoding: 'utf8' });
  const found = [...stderr.matchAll(/some\.test\.ts:(\d+) lets time pass/g)].map(([, line]) => Number(line));
  expect(status).toBe(found.length > 0 ? 1 : 0);
  return found;
}

describe('the check of sleeps', () => {
  it('names each line that waits for real time', () => {
    const lines = [
      'const a = 1;',
      // timer: these are what is refused.
      'await new Promise((resolve) => setTimeout(resolve, 50));',
      // timer: likewise.
      "import { setTimeout as pass } from 'node:timers/promises';",
      // timer: likewise.
      'const again = setInterval(look, 20);',
      // timer: likewise.
      'await sleep(systemClock, 20);',
      // timer: likewise.
      '    time.sleep(.02)',
      // timer: likewise.
      "spawn('sh', ['-c', 'sleep 1; echo'])",
    ];
    expect(refused(lines)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('accepts a timer with a reason on its line or the line before', () => {
    // timer: these are text.
    const timer = 'setTimeout(() => child.kill(), 9000);';
    expect(refused([`${timer} // timer: it ends what hangs`, '// timer: it ends what hangs', timer])).toEqual(
      [],
    );
  });

  it('allows virtual time, and turns of the event loop', () => {
    expect(
      refused(['await clock.advance(20);', 'await sleep(clock, 20);', 'setImmediate(resolve);']),
    ).toEqual([]);
  });
});
