import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const FLOW = `
name: x
steps:
  a: { do: hook, name: lookUp, results: { gold: b }, next: c, otherwise: d }
  b: { do: hangup, say: { digits: "1" } }
  c: { do: hangup, say: { digits: "2" } }
  d: { do: hangup, say: { digits: "3" } }
`;

/** True where `script` of util-linux gives a command a terminal. */
const HAS_TERMINAL = (() => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

describe.runIf(HAS_TERMINAL)('jackfield ivr try, at a terminal', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-hook-terminal-'));
    await writeFile(join(folder, 'flow.yaml'), FLOW);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Tries the flow at a terminal, and types `keys` where the hook is asked for. */
  async function tried(keys: string) {
    const words = [process.execPath, join(process.cwd(), 'dist/cli/main.js')];
    const command = [...words, 'ivr', 'try', 'flow.yaml', '--speech', 'melody'];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], { cwd: folder });
    let shown = '';
    let isAnswered = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      if (isAnswered || !shown.includes('Result of the hook lookUp (gold, empty for next, ! to fail): '))
        return;
      isAnswered = true;
      child.stdin.write(keys);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, shown };
  }

  it.each([
    ['a result leads to its step', 'gold', 'digits 1'],
    ['nothing leads to next', '', 'digits 2'],
    ['! fails, and leads otherwise', '!', 'digits 3'],
    ['a result that the flow does not know leads to next', 'silver', 'digits 2'],
  ])('asks for a hook that is not given: %s', async (_, answer, said) => {
    const { code, shown } = await tried(`${answer}\n`);
    expect(shown).toContain(said);
    expect(shown).toMatch(/The flow ended the call: step [bcd] \(hangup\) has no next step/);
    expect(code).toBe(0);
  });

  it.each([
    ['C', '\x03'],
    ['D', '\x04'],
  ])('ends at Ctrl-%s', async (name, key) => {
    const { code, shown } = await tried(key);
    expect(shown).toContain(`Aborted with Ctrl+${name}`);
    expect(code).toBe(1);
  });
});
