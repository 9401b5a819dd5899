import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collectSamples, WavReader, WavWriter } from '../../../src/index.js';
import { splitChannels } from '../../../src/voice.js';
import { CommandHost } from '../command-host.js';

const MAIN = 'dist/cli/main.js';
const run = promisify(execFile);
const host = new CommandHost();

interface Demo {
  readonly files: Record<'recording' | 'transcoded' | 'waveform' | 'sidecar', string>;
  readonly sidecar: {
    readonly call: { readonly status: string };
    readonly audio: { readonly samples: number };
    readonly complete: boolean;
  };
}

async function demo(...options: string[]): Promise<Demo> {
  const { stdout } = await run(process.execPath, [MAIN, 'demo', '--json', '--out', folder, ...options]);
  return JSON.parse(stdout) as Demo;
}

function hasTool(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((path) => existsSync(join(path, name)));
}

/** A demo in real time. It takes half a minute, in which other tests go on. */
let realDemo: Promise<Demo>;
/** A demo as fast as it can, which several tests look at. */
let fastDemo: Promise<Demo> | undefined;
const fast = () => (fastDemo ??= demo('--fast'));

async function samplesOf(file: string): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  return await collectSamples(reader);
}

let folder: string;
beforeAll(async () => {
  if (!existsSync(MAIN)) throw new Error('Build first: npm run build.');
  folder = await mkdtemp(join(tmpdir(), 'jackfield-demo-'));
  realDemo = demo('--out', join(folder, 'real'));
  // A test awaits it.
  realDemo.catch(() => undefined);
});
afterAll(async () => {
  host[Symbol.dispose]();
  await rm(folder, { recursive: true });
});

// Whole processes, half a minute of real time among them: a busy machine takes a while.
describe.concurrent('jackfield demo', { timeout: 180_000 }, () => {
  it('makes a picture, a compressed file and details beside the recording', async () => {
    const { files, sidecar } = await fast();
    expect((await readFile(files.waveform)).subarray(1, 4).toString()).toBe('PNG');
    expect((await readFile(files.transcoded)).subarray(0, 4).toString()).toBe('fLaC');
    expect(JSON.parse(await readFile(files.sidecar, 'utf8'))).toMatchObject({
      complete: true,
      audio: sidecar.audio,
    });
  });

  it.skipIf(!hasTool('sox') || !hasTool('ffprobe'))(
    'makes files that sox and ffprobe open (skipped without them)',
    async () => {
      const { files, sidecar } = await fast();
      const seconds = (sidecar.audio.samples / 16_000).toFixed(3);
      for (const file of [files.recording, files.transcoded]) {
        const { stdout: count } = await run('sox', ['--i', '-s', file]);
        expect(Number(count)).toBe(sidecar.audio.samples);
        const probe = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', file];
        expect(Number((await run('ffprobe', probe)).stdout).toFixed(3)).toBe(seconds);
      }
      const { stdout } = await run('sox', [files.transcoded, '-t', 'raw', '-'], {
        encoding: 'buffer',
        maxBuffer: 1e8,
      });
      const recorded = await samplesOf(files.recording);
      expect(
        Buffer.compare(stdout, Buffer.from(recorded.buffer, recorded.byteOffset, recorded.byteLength)),
      ).toBe(0);
    },
  );

  it('plays the user’s own file, of any rate and channels', async () => {
    const own = join(folder, 'own.wav');
    const format = { sampleRate: 44_100, channels: 2 };
    const wav = await WavWriter.create(own, { format });
    const sine = Int16Array.from(
      { length: 2 * 44_100 },
      (_, i) => 9000 * Math.sin((i >> 1) * ((2 * Math.PI * 440) / 44_100)),
    );
    await wav.write(sine);
    await wav.close();
    const { files } = await demo('--fast', '--input', own, '--out', join(folder, 'own'));
    const [left] = splitChannels(await samplesOf(files.recording), 2);
    const first = left?.findIndex((sample) => sample !== 0) ?? -1;
    const last = left?.findLastIndex((sample) => sample !== 0) ?? -1;
    expect(last - first).toBeGreaterThan(15_900);
    expect(last - first).toBeLessThan(16_100);
    const crossings = left
      ?.slice(first, last)
      .filter((sample, i, all) => sample >= 0 && (all[i - 1] ?? 0) < 0).length;
    expect(crossings).toBeGreaterThanOrEqual(438);
    expect(crossings).toBeLessThanOrEqual(442);
  });

  it.each([
    ['an input that is not there', ['--input', 'nowhere.wav'], /nowhere\.wav.*\[ERR_FILE\]/s],
    ['an input that is no WAV', ['--input', 'package.json'], /package\.json: .*\[ERR_WAV\]/s],
    ['a folder that cannot be made', ['--out', 'package.json/x'], /package\.json.*\[ERR_FILE\]/s],
    [
      'an option that it has not',
      ['--fats'],
      /^jackfield: unknown option '--fats' \[ERR_INVALID_ARG\]\n\(Did you mean --fast\?\)\n.*jackfield demo --help/s,
    ],
  ])('refuses %s with a message and no stack', async (_, options, message) => {
    const failed = await host.run(['demo', ...options]);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(message) });
    expect(failed.stderr).not.toMatch(/^\s+at /m);
  });
});

it('a demo gives the same recording in real time and as fast as it can, to the sample', async () => {
  const [real, quick] = await Promise.all([realDemo, fast()]);
  const recorded = await samplesOf(quick.files.recording);
  expect(recorded.length).toBe(2 * quick.sidecar.audio.samples);
  expect(await samplesOf(real.files.recording)).toEqual(recorded);
}, 180_000);

// One after the other, and beside no other: a demo that is told to end has five seconds for it.
describe('a demo that is cut short', { timeout: 180_000 }, () => {
  it('reports faults of the machine without calling them bugs', async () => {
    const env = { ...process.env, TMPDIR: join(folder, 'nowhere') };
    const failed = run(process.execPath, [MAIN, 'demo', '--fast', '--out', folder], { env });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /nowhere.*ENOENT[\s\S]*ended with exit code 1 before it listened\. \[ERR_CLOSED\]/,
      ),
    });
  });

  it('hangs up on Ctrl-C and leaves valid files', async () => {
    const out = join(folder, 'interrupted');
    const child = spawn(process.execPath, [MAIN, 'demo', '--out', out], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = collect(child);
    const exited = once(child, 'close');
    await text.until('5.0 s');
    child.kill('SIGINT');
    expect(await exited).toEqual([130, null]);
    const wav = /recording\s+(\S+\.wav)/.exec(text.soFar())?.[1] ?? '';
    const sidecar = JSON.parse(await readFile(wav.replace(/wav$/, 'json'), 'utf8'));
    // A busy machine may begin to speak late, which the recording tells: it is whole all the same.
    expect(sidecar).toMatchObject({ end: 'call-ended', call: { status: 'FINISHED' } });
    expect(sidecar).not.toHaveProperty('reason');
    expect(text.soFar()).toMatch(/^Call \d+ with echo123 is FINISHED: /m);
    expect((await samplesOf(wav)).length).toBe(2 * sidecar.audio.samples);
    expect(sidecar.audio.samples).toBeGreaterThanOrEqual(5 * 16_000);
    for (const kind of ['flac', 'png']) expect(existsSync(wav.replace(/wav$/, kind))).toBe(true);
  });

  it('ends with an error when its exchange is killed; the recording so far is a valid file', async () => {
    const out = join(folder, 'killed');
    const child = spawn(process.execPath, [MAIN, 'demo', '--out', out], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const text = collect(child);
    const exited = once(child, 'close');
    await text.until('5.0 s');
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    for (const pid of children.trim().split(' ')) process.kill(Number(pid), 'SIGKILL');
    expect(await exited).toEqual([1, null]);
    expect(text.soFar()).toMatch(/The recording is not complete: /);
    const wav = /recording\s+(\S+\.wav)/.exec(text.soFar())?.[1] ?? '';
    const sidecar = JSON.parse(await readFile(wav.replace(/wav$/, 'json'), 'utf8'));
    expect(sidecar).toMatchObject({ complete: false, reason: expect.any(String) });
    const samples = await samplesOf(wav);
    expect(samples.length).toBe(2 * sidecar.audio.samples);
    expect(sidecar.audio.samples).toBeGreaterThanOrEqual(5 * 16_000);
    expect(samples.some((sample) => Math.abs(sample) > 1000)).toBe(true);
  });
});

function collect(child: ChildProcess): { soFar(): string; until(text: string): Promise<void> } {
  let all = '';
  child.stdout?.setEncoding('utf8');
  const waiting = new Set<() => void>();
  child.stdout?.on('data', (chunk: string) => {
    all += chunk;
    for (const check of [...waiting]) check();
  });
  return {
    soFar: () => all,
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!all.includes(text)) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        child.once('exit', () => reject(new Error(`it ended without "${text}": ${all}`)));
        check();
      }),
  };
}
