import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';

/** Runs the driver with the planted part, and stops it when a line fits. */
async function torture(args: string[], stopAt?: RegExp) {
  const child = spawn(process.execPath, [
    ...['scripts/torture/main.mjs', '--with', 'test/scripts/planted/part.mjs', '--only', 'planted'],
    ...args,
  ]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (!child.killed && stopAt?.test(text)) child.kill('SIGINT');
    });
  }
  const [code] = await once(child, 'close');
  return { code, text };
}

const step = (n: number) => torture(['--seed', '42', '--step', String(n)]);
const fault = (text: string) => /^ {2}\d+\.wav has mode 644$/m.exec(text)?.[0];

describe('npm run torture', () => {
  it('finds a planted fault, prints how to repeat it, and exits with 1', async () => {
    const { code, text } = await torture(['--seed', '42', '--minutes', '10'], /FAILED/);
    expect(code).toBe(1);
    expect(text).toContain('FAILED planted step 3; repeat it with: --seed 42 --only planted --step 3');
    expect(text).toMatch(/^planted +\d+ +1 {2}\d+ files$/m);

    const again = await step(3);
    expect(again.code).toBe(1);
    expect(fault(again.text)).toBeDefined();
    expect(fault(again.text)).toBe(fault(text));
  }, 60_000);

  it('exits with 0 when nothing failed, and with 2 for an unknown part', async () => {
    expect(await step(2)).toMatchObject({
      code: 0,
      text: expect.stringContaining('Nothing failed. Seed 42.'),
    });
    expect(await torture(['--skip', 'plants'])).toMatchObject({
      code: 2,
      text: expect.stringMatching(/^There is no part plants: kills, writes, .*, planted\./m),
    });
  }, 60_000);
});
