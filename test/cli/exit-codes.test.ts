import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { toneSamples, WavWriter } from '../../src/index.js';

const MAIN = join(process.cwd(), 'dist/cli/main.js');
const FLOW = 'name: Beep\nsteps:\n  beep: { do: hangup, say: { tone: 440, ms: 100 } }\n';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jackfield-codes-'));
  await mkdir(join(folder, 'nothing'));
  await mkdir(join(folder, 'mails', 'audio'), { recursive: true });
  await writeFile(join(folder, 'mails', 'audio', 'jack.1.json'), '{}');
  await writeFile(join(folder, 'flow.yaml'), FLOW);
  // A tape on which the endpoint answers what none does.
  await mkdir(join(folder, 'tape'));
  const said = { at: 0, handle: 'jack', client: 1 };
  const lines = [
    { ...said, direction: 'in', text: 'NAME x' },
    { ...said, direction: 'in', text: 'PING' },
    { ...said, direction: 'out', text: 'GNOP' },
  ];
  await writeFile(
    join(folder, 'tape', 'lines.jsonl'),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
  );
  const wav = await WavWriter.create(join(folder, 'tone.wav'));
  await wav.write(toneSamples({ frequency: 440, durationMs: 200 }));
  await wav.close();
  await copyFile(join(folder, 'tone.wav'), join(folder, 'taken.wav'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Has a shell run a command, and gives the code that the shell tells, and what was said. */
async function run(line: string, env: NodeJS.ProcessEnv = {}) {
  const script = `"$NODE" "$MAIN" ${line}\necho "code $?"`;
  const child = spawn('sh', ['-c', script], {
    cwd: folder,
    env: { ...process.env, NODE: process.execPath, MAIN, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: Number(/code (\d+)\n$/.exec(stdout)?.[1]), stderr };
}

/** A module that breaks what commands print by. */
const BROKEN = 'data:text/javascript,process.stdout.write=()=>{throw%20new%20TypeError("broken")}';

it.concurrent.each<[keyof typeof EXIT_CODES, string, RegExp, NodeJS.ProcessEnv?]>([
  ['done', 'explain PING', /^$/],
  ['failed', 'wav convert tone.wav taken.wav', /--force.*\[ERR_FILE\]/],
  ['failed', 'wav convert', /missing required argument.*\[ERR_INVALID_ARG\]/],
  ['failed', 'explain PING >/dev/full', /no space left on device.*\[ERR_FILE\]/],
  ['failed', 'wav convert tone.wav - >/dev/full', /no space left on device.*\[ERR_FILE\]/],
  ['failed', 'wav convert tone.wav /dev/full --force', /not a regular file.*\[ERR_FILE\]/],
  ['faulty', 'exchange --replay tape', /^$/],
  // The list is looked at first: nothing is attached to.
  ['failed', 'record --attach tcp:1 --mask cards,none.txt', /none\.txt.*\[ERR_FILE\]/],
  ['failed', 'voicemail index --in mails', /mails\/audio\/jack\.1\.json.* \[ERR_SYNTAX\]$/m],
  ['nothing', 'recordings list --out nothing', /No matching recordings/],
  [
    'broken',
    'explain PING',
    /^jackfield: A bug in Jackfield: broken/,
    { NODE_OPTIONS: `--import ${BROKEN}` },
  ],
])('%s is the code of %s', async (name, line, said, env) => {
  const { code, stderr } = await run(line, env);
  expect({ code, stderr }).toEqual({ code: EXIT_CODES[name], stderr: expect.stringMatching(said) });
  expect(stderr).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
});

it.concurrent.each([
  ['SIGINT', EXIT_CODES.interrupted],
  ['SIGTERM', EXIT_CODES.terminated],
] as const)('a command that %s ends early exits with %d', async (signal, code) => {
  // Its input never ends.
  const child = spawn(process.execPath, [MAIN, 'wav', 'info', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  child.stdin.write('RIFF');
  // timer: it does not say when it has begun to read; a signal before that ends the process as any other.
  const again = setInterval(() => child.kill(signal), 300);
  const [exitCode, by] = await ended;
  clearInterval(again);
  expect(exitCode ?? (by === signal ? code : by)).toBe(code);
});
