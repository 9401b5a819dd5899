import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HAS_FFMPEG } from '../../voice/fixtures.js';
import { CommandHost, type Ended } from '../command-host.js';

const FLOW = 'examples/flows/front-desk.yaml';

const host = new CommandHost();
afterAll(() => host[Symbol.dispose]());

const ivr = (...args: string[]): Promise<Ended> => host.run(['ivr', ...args]);

/** In a process of its own: whether a program is there is asked once in each. */
async function ivrWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  using own = new CommandHost();
  return await own.run(['ivr', ...args], { env });
}

describe('jackfield ivr', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jackfield-ivr-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('check: reports that all is well, or every error', async () => {
    expect(await ivr('check', FLOW, '--speech', 'melody')).toMatchObject({
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

  it('check, try and run find the same errors: prompts that cannot be said, and hooks', async () => {
    const flow = join(folder, 'hooks.yaml');
    await writeFile(
      flow,
      'name: x\nsteps:\n  a: { do: say, what: none, next: b }\n  b: { do: hook, name: lookUp, next: c }\n' +
        '  c: { do: hangup, say: { file: gone.wav } }\n',
    );
    const prompt = 'error steps.a.what: the folder of prompts has no recording of none';
    const file = 'error steps.c.say: The prompt ';
    const hook = 'error steps.b.name: there is no hook lookUp';
    const expected = { check: [prompt, file, hook], try: [prompt, file], run: [prompt, file, hook] };
    for (const [command, messages] of Object.entries(expected)) {
      const { code, stderr } = await ivr(command, flow, '--prompts', 'assets/prompts');
      expect({ command, code }).toEqual({ command, code: 1 });
      for (const message of messages) expect(stderr).toContain(message);
    }
  });

  it('run: takes a flow or an agent, and refuses both or neither', async () => {
    const speech = ['--attach', 'tcp:9', '--speech', 'melody'];
    for (const args of [[FLOW, '--agent', 'ws://127.0.0.1:9/'], []]) {
      const { code, stderr } = await ivr('run', ...args, ...speech);
      expect({ args, code }).toEqual({ args, code: 1 });
      expect(stderr).toContain('Give either a flow file or --agent.');
    }
  });

  it('takes hooks from a module', async () => {
    const flow = join(folder, 'with-hooks.yaml');
    await writeFile(
      flow,
      'name: x\nsteps:\n  a: { do: hook, name: lookUp, results: { gold: b } }\n  b: { do: hangup, say: { digits: "42" } }\n',
    );
    const hooks = join(folder, 'hooks.mjs');
    await writeFile(hooks, "export const lookUp = () => 'gold';\n");
    const speech = ['--speech', 'melody'];
    expect(await ivr('check', flow, '--hooks', hooks, ...speech)).toMatchObject({ code: 0 });
    expect((await ivr('try', flow, '--hooks', hooks, ...speech)).stdout).toContain('digits 42');
    const told = await ivr('try', flow, '--hook', 'lookUp=gold', ...speech);
    expect(told.stdout).toContain('digits 42');
    expect(told.stderr).toBe('The flow ended the call: step b (hangup) has no next step.\n');
    const failing = await ivr('try', flow, '--hook', 'lookUp=!', ...speech);
    expect(failing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The call failed at step a (hook)'),
    });
    expect(await ivr('check', flow, '--hooks', join(folder, 'none.mjs'))).toMatchObject({ code: 1 });
  });

  it('check: prompts that only ffmpeg reads are an error when ffmpeg is not installed', async () => {
    const flow = join(folder, 'gsm.yaml');
    await writeFile(flow, 'name: x\nsteps:\n  hello: { do: say, what: gsm }\n');
    const args = ['check', flow, '--prompts', 'test/fixtures/prompts'];
    if (HAS_FFMPEG) expect(await ivr(...args)).toMatchObject({ code: 0 });
    const without = await ivrWith({ PATH: '/nowhere' }, ...args);
    expect(without).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/steps\.hello\.what: .*gsm\.wav.*GSM 6\.10/),
    });
  });

  it('check: reports a missing engine', async () => {
    const text = await ivr('check', FLOW, '--speech', 'none');
    expect(text).toMatchObject({ code: 1, stderr: expect.stringContaining('speech engine') });
    const none = await ivrWith({ PATH: '/nowhere' }, 'check', FLOW, '--speech', 'espeak-ng');
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('apt-get install espeak-ng') });
  });

  it.each([
    ['check', []],
    ['try', []],
    ['run', ['--attach', 'exchange:none.json']],
  ] as const)('%s has no speech engine by default, as the other commands', async (name, at) => {
    const refused = await ivr(name, FLOW, ...at);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('steps.menu.ask');
    expect(refused.stderr).toContain('steps.bye.say');
  });

  it('check: does not print a file that is not text', async () => {
    const binary = join(folder, 'binary.yaml');
    await writeFile(binary, await readFile('test/fixtures/speech/goforward.wav'));
    const { code, stderr } = await ivr('check', binary);
    expect(code).toBe(1);
    expect(stderr).toMatch(/it is not text in UTF-8\. Save it as UTF-8/);
    expect(stderr.length).toBeLessThan(500);
    await writeFile(binary, `name: x\nsteps: {{{ ${'#*&@'.repeat(5000)}\n`);
    expect((await ivr('check', binary)).stderr.length).toBeLessThan(3000);
  });

  it('try: keeps messages apart from those of real callers', async () => {
    const flow = join(folder, 'box.yaml');
    const step = '{ do: record, ask: { tone: 300, ms: 200 }, folder: "messages/{caller}", maxMs: 1000 }';
    await writeFile(flow, `name: Box\nsteps:\n  take: ${step}\n`);
    expect(await ivr('try', flow, '--keys', ',,')).toMatchObject({ code: 0 });
    expect(await readdir(folder)).not.toContain('messages');
    const kept = join(folder, 'kept');
    expect(await ivr('try', flow, '--keys', ',,', '--messages', kept)).toMatchObject({ code: 0 });
    expect(await readdir(join(kept, 'messages', 'caller'))).toHaveLength(1);
  });

  it('draw: writes a picture to a file, or text', async () => {
    const file = join(folder, 'flow.svg');
    expect(await ivr('draw', FLOW, '--out', file)).toMatchObject({ code: 0, stdout: '' });
    expect(await readFile(file, 'utf8')).toMatch(/^<svg .*<title>Front desk<\/title>/s);
    expect((await ivr('draw', FLOW, '--format', 'mermaid')).stdout).toMatch(/^flowchart TD\n/);
  });

  it('try: plays a call by day, and prints its times', async () => {
    const { code, stdout } = await ivr(
      ...['try', FLOW, '--speech', 'melody', '--keys', ',,2,,1234#,,', '--at', '2027-03-01T10:00:00Z'],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /caller {2}presses 2\n.*bot {5}gathered 1234 \(terminator\)\n.*digits 1234\n.*bot {5}done\n$/s,
    );
  });
});
