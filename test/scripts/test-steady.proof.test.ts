import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const CONFIG = 'test/scripts/planted/vitest.config.ts';

/** Runs a command over the planted tests. */
function planted(args: string[], env: NodeJS.ProcessEnv = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'jackfield-planted-'));
  const retried = join(folder, 'retried.txt');
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1', PLANTED_FOLDER: folder, JACKFIELD_RETRIED: retried, ...env },
  });
  return { status, stdout, stderr, retried };
}

const steady = (args: string[], env?: NodeJS.ProcessEnv) =>
  planted(['scripts/test-steady.mjs', ...args], env);

describe('npm run test:steady', () => {
  it('ends with each test that failed, and how often', () => {
    const args = ['--times', '2', '--cpus', '0', '--config', CONFIG];
    const { status, stdout } = steady(args, { PLANTED_FAILS: 'yes' });
    expect(stdout.slice(stdout.lastIndexOf('Runs:'))).toBe(
      [
        'Runs: 2, with 0 busy.',
        '  2 of 2  test/scripts/planted/flaky.planted.ts > planted fails always',
        "          AssertionError: that is always so: expected 'yes' to be undefined",
        '  1 of 2  test/scripts/planted/flaky.planted.ts > planted fails the first time',
        '          AssertionError: that is the first time: expected 1 to be greater than 1',
        '',
      ].join('\n'),
    );
    expect(status).toBe(1);
  });

  it('tells how to install stress-ng when it is missing, and the range of a number', () => {
    const { status, stderr } = steady([], { PATH: '' });
    expect(stderr).toMatch(/^stress-ng is not installed; .*apt-get install stress-ng/);
    expect(status).toBe(2);
    expect(steady(['--times', '0'])).toMatchObject({
      status: 2,
      stderr: '--times must be a whole number of 1 or more; it is 0.\n',
    });
  });
});

describe('the reporter of tests that were tried again', () => {
  const run = (args: string[]) =>
    planted(['node_modules/vitest/vitest.mjs', 'run', '--config', CONFIG, ...args]);

  it('names them in the last lines, with their first error', () => {
    const { status, stdout, retried } = run(['--retry', '1']);
    const text = [
      'Passed only when tried again (npm run test:steady -- FILE repeats it):',
      '  test/scripts/planted/flaky.planted.ts > planted > fails the first time',
      '    that is the first time: expected 1 to be greater than 1',
      '',
    ].join('\n');
    expect(stdout.slice(stdout.lastIndexOf('Passed only'))).toBe(text);
    expect(readFileSync(retried, 'utf8')).toBe(text);
    expect(status).toBe(0);
  });

  it('prints nothing when no test was retried', () => {
    const { status, stdout } = run(['--testNamePattern', 'passes']);
    expect(stdout).not.toContain('Passed only');
    expect(status).toBe(0);
  });
});

describe('an unhandled rejection', () => {
  const run = (env: NodeJS.ProcessEnv) => {
    const config = 'test/scripts/planted/left.config.ts';
    return planted(['node_modules/vitest/vitest.mjs', 'run', '--retry', '1', '--config', config], env);
  };

  it('does not end the run when a test of the file has already failed: it is reported', () => {
    const { status, stderr } = run({ PLANTED_FAILS: 'yes' });
    expect(stderr).toContain('A test that failed has left a rejection behind: Error: the work has failed');
    expect(status).toBe(0);
  });

  it('ends the run when all tests have passed', () => {
    const { status, stderr } = run({ PLANTED_FAILS: '' });
    expect(stderr).toMatch(/Unhandled Rejection.*the work has failed/s);
    expect(status).toBe(1);
  });
});
