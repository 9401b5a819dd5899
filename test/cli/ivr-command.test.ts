import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const FLOW = 'examples/flows/front-desk.yaml';

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ivr(...args: string[]): Promise<Ran> {
  const run = promisify(execFile)(process.execPath, ['dist/cli/main.js', 'ivr', ...args]);
  return await run.then(
    (done) => ({ code: 0, ...done }),
    (failed: Ran) => failed,
  );
}

describe('jackfield ivr', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-ivr-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('check: says that all is well, or everything that is not', async () => {
    expect(await ivr('check', FLOW)).toMatchObject({
      code: 0,
      stdout: `${FLOW}: Front desk, 8 steps, no errors.\n`,
    });
    const broken = join(folder, 'broken.yaml');
    await writeFile(broken, 'name: x\nsteps:\n  a: { do: say, what: b, next: c }\n');
    const { code, stderr } = await ivr('check', broken);
    expect(code).toBe(1);
    expect(stderr).toContain(`${broken}:3:32 error steps.a.next: there is no step c`);
    expect(stderr).toContain('[ERR_FLOW]');
  });

  it('draw: a picture in a file, or text', async () => {
    const file = join(folder, 'flow.svg');
    expect(await ivr('draw', FLOW, '--out', file)).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(file, 'utf8')).toMatch(/^<svg .*<title>Front desk<\/title>/s);
    expect((await ivr('draw', FLOW, '--format', 'mermaid')).stdout).toMatch(/^flowchart TD\n/);
  });

  it('try: a call by day, with its times', async () => {
    const { code, stdout } = await ivr('try', FLOW, '--keys', ',,2,,1234#,,', '--at', '2027-03-01T10:00:00Z');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /caller {2}presses 2\n.*bot {5}gathered 1234 \(terminator\)\n.*digits 1234\n.*bot {5}done\n$/s,
    );
  });
});
