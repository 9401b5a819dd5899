import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const FLOW = `
name: x
steps:
  a: { do: hook, name: lookUp, results: { gold: b, last: e }, next: c, otherwise: d }
  b: { do: say, what: { digits: "1" }, next: a }
  c: { do: say, what: { digits: "2" }, next: a }
  d: { do: say, what: { digits: "3" }, next: a }
  e: { do: hangup, say: { digits: "4" } }
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

  const QUESTION = 'Result of the hook lookUp (gold, last, empty for next, ! to fail): ';

  /** Tries the flow at a terminal, and types the next of `keys` each time that the hook is asked for. */
  async function tried(...keys: string[]) {
    const words = [process.execPath, join(process.cwd(), 'dist/cli/main.js')];
    const command = [...words, 'ivr', 'try', 'flow.yaml', '--speech', 'melody'];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['--quiet', '--return', '--command', quoted, '/dev/null'], { cwd: folder });
    let shown = '';
    let asked = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
      while (shown.split(QUESTION).length - 1 > asked) child.stdin.write(keys[asked++] ?? '\x03');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, shown };
  }

  it('asks for the result of a hook that is not given, each time, and continues with the answer', async () => {
    // A result leads to its step, nothing to next, ! otherwise, and a result that the flow does not know to next.
    const { code, shown } = await tried('gold\n', '\n', '!\n', 'silver\n', 'last\n');
    expect(shown.match(/(?<=digits )\d/g)).toEqual(['1', '2', '3', '2', '4']);
    expect(shown).toContain('The flow ended the call: step e (hangup) has no next step');
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
