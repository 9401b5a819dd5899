import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Exchange } from '../../src/exchange.js';

const FLOW = 'name: x\nsteps:\n  hello: { do: say, what: { tone: 700, ms: 100 } }\n';

it.each([
  ['record', ['--json'], /"event":"ready"/, /"event":"endpoint lost"/, /"event":"endpoint returned"/],
  ['ivr', ['run', 'flow.yaml'], /answers calls/i, /is disconnected/, /is connected again/],
] as const)(
  'jackfield %s reports the loss of its endpoint and its return',
  async (name, args, ready, lost, returned) => {
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-'));
    await writeFile(join(folder, 'flow.yaml'), FLOW);
    const users = [{ handle: 'desk' }];
    const first = await Exchange.start({ users });
    const port = await first.listen();
    const main = join(process.cwd(), 'dist/cli/main.js');
    const child = spawn(process.execPath, [main, name, ...args, '--attach', `tcp:${port}`], { cwd: folder });
    const ended = once(child, 'close');
    let said = '';
    let heard: () => unknown = () => undefined;
    for (const output of [child.stdout, child.stderr]) {
      output.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        heard();
      });
    }
    const told = (wanted: RegExp) =>
      new Promise<void>((resolve, reject) => {
        heard = () => wanted.test(said) && resolve();
        heard();
        void ended.then(() => reject(new Error(`It ended: ${said}`)));
      });
    await told(ready);
    await first.close();
    await told(lost);
    const second = await Exchange.start({ users });
    await second.listen({ port });
    await told(returned);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await second.close();
    await rm(folder, { recursive: true });
  },
);
