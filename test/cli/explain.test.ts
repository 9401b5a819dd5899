import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const MAIN = 'dist/cli/main.js';

/** Runs `jackfield explain`; a line that is not of the language ends it with exit code 1. */
async function explain(...args: string[]): Promise<{ stdout: string; code: number }> {
  const run = promisify(execFile)(process.execPath, [MAIN, 'explain', ...args]);
  return run.then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (failed: { stdout: string; code: number }) => ({ stdout: failed.stdout, code: failed.code }),
  );
}

describe('jackfield explain', () => {
  beforeAll(() => {
    if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  });

  it('explains each part, the replies and the errors', async () => {
    const { stdout, code } = await explain('ALTER CALL 5 SET_INPUT PORT="5001"');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}PORT="5001" +TCP port/m);
    expect(stdout).toMatch(/Answered with\n {2}ALTER CALL 5 SET_INPUT PORT="5001"/);
    expect(stdout).toMatch(/^ {2}ERROR 589 +ALTER CALL: unable to alter input\/output/m);
  });

  it('suggests the right spelling of a line, and explains it', async () => {
    const { stdout, code } = await explain('SERCH', 'ACTIVECALS');
    expect(code).toBe(1);
    expect(stdout).toContain('Did you mean SEARCH instead of SERCH, ACTIVECALLS instead of ACTIVECALS?');
    expect(stdout).toContain('CALLS [<id>[, <id>]*]');
  });

  it('takes an arrow in front, quoted or not', async () => {
    expect(await explain('-> CALL 14 STATUS RINGING')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^A command/),
    });
    expect(await explain('<-', 'OK')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Sent by the endpoint/),
    });
  });

  it('speaks JSON', async () => {
    const { stdout } = await explain('--json', '<- CALL 14 STATUS RINGING');
    expect(JSON.parse(stdout)).toMatchObject({ from: 'endpoint', message: { kind: 'property', id: 14 } });
  });
});
