import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as jackfield from '../src/index.js';

const run = promisify(execFile);
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');

describe('the packed package, installed into an empty project', () => {
  let project: string;
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'jackfield-project-'));
    const { stdout } = await run('npm', [
      'pack',
      '--ignore-scripts',
      '--json',
      '--pack-destination',
      project,
    ]);
    const [packed] = JSON.parse(stdout) as { filename: string }[];
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ name: 'user', private: true, type: 'module' }),
    );
    const install = ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    await run('npm', [...install, `./${packed?.filename}`], { cwd: project });
  }, 180_000);
  afterAll(() => rm(project, { recursive: true }));

  it('runs the first sample of the README', async () => {
    const readme = await readFile('README.md', 'utf8');
    const sample = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? '';
    expect(sample).toContain("from 'jackfield'");
    await writeFile(join(project, 'sample.ts'), sample);
    const types = resolve('node_modules/@types');
    const options = [
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--lib',
      'es2023,esnext.disposable',
      '--strict',
    ];
    await run(process.execPath, [tsc, ...options, '--typeRoots', types, '--types', 'node', 'sample.ts'], {
      cwd: project,
    });
    const { stdout } = await run(process.execPath, ['sample.js'], { cwd: project });
    const samples = Number(/^call\.wav: (\d+) samples, FINISHED\n$/.exec(stdout)?.[1]);
    expect(samples).toBeGreaterThanOrEqual(3 * 16_000);
    await using wav = await jackfield.WavReader.open(join(project, 'call.wav'));
    expect(wav.sampleCount).toBe(samples);
  }, 60_000);

  it('has an entry for the voice toolkit alone', async () => {
    const script =
      "import { encodeWav } from 'jackfield/voice'; console.log(encodeWav(new Int16Array(8)).length)";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project });
    expect(Number(stdout)).toBeGreaterThan(60);
  });

  it('has the command', async () => {
    const { stdout } = await run(process.execPath, ['node_modules/jackfield/dist/cli/main.js', '--version'], {
      cwd: project,
    });
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(stdout.trim()).toBe(version);
  });
});
