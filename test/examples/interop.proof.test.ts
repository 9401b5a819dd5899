import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as devices from '../../examples/interop-devices.js';
import type * as files from '../../examples/interop-files.js';
import { toneSamples } from '../../src/voice/tone/tone-samples.js';
import { expectSamples, HAS_FFMPEG, hasTool, readWav } from '../voice/fixtures.js';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url).pathname;
const project = await mkdtemp(join(tmpdir(), 'jackfield-interop-'));
afterAll(() => rm(project, { recursive: true }));

// The packages are installed as a user would do it; where that does not work, the test is skipped with npm's words.
await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
const missing = await npmInstall('wavefile@11.0.0', 'fluent-ffmpeg@2.1.3', 'node-record-lpcm16@1.0.1');
const missingSpeaker = missing ?? (await npmInstall('speaker@0.5.5'));
const NEEDS_ALSA = hasTool('arecord') ? undefined : 'alsa-utils is not installed';
const NEEDS_SOX = hasTool('sox') ? undefined : 'sox is not installed';
const NEEDS_FFMPEG = HAS_FFMPEG ? undefined : 'ffmpeg is not installed';

/** Returns why packages cannot be installed. Some are compiled, for which the headers of this Node are used. */
async function npmInstall(...packages: string[]): Promise<string | undefined> {
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include/node')) ? { npm_config_nodedir: prefix } : {};
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts=false'];
  try {
    await run('npm', ['install', ...options, ...packages], {
      cwd: project,
      env: { ...process.env, ...headers },
    });
    return undefined;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    return `npm: ${said.trim().split('\n')[0]}`;
  }
}

/** The name of a test, with the reason where it is skipped. */
function named(name: string, ...reasons: (string | undefined)[]): [string, boolean] {
  const reason = reasons.find((one) => one !== undefined);
  return [reason === undefined ? name : `${name} (skipped: ${reason})`, reason === undefined];
}

/** Runs an example in the project that has the packages. */
async function example<R>(name: string, options: object, env: NodeJS.ProcessEnv = {}): Promise<R> {
  const script = `import { run } from './${name}.js'; console.log(JSON.stringify(await run(${JSON.stringify(options)})))`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
    cwd: project,
    env: { ...process.env, ...env },
    timeout: 30_000,
  });
  return JSON.parse(stdout) as R;
}

describe('examples of other packages', () => {
  const tone = toneSamples({ frequency: 440, durationMs: 1000 });

  beforeAll(async () => {
    await mkdir(join(project, 'node_modules'), { recursive: true });
    await symlink(root, join(project, 'node_modules/jackfield'));
    for (const name of ['interop-files', 'interop-devices']) {
      const source = await readFile(join(root, 'examples', `${name}.ts`), 'utf8');
      const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
      await writeFile(
        join(project, `${name}.js`),
        ts.transpileModule(source, { compilerOptions }).outputText,
      );
    }
    // A sound card whose loudspeaker is one file and whose microphone is another.
    await writeFile(join(project, 'said.raw'), new Uint8Array(Int16Array.from([...tone, ...tone]).buffer));
    await writeFile(
      join(project, 'asound.conf'),
      `</usr/share/alsa/alsa.conf>
       pcm.!default { type file slave.pcm "null" file "${project}/heard.raw" infile "${project}/said.raw" format "raw" }`,
    );
  });

  const wavefile = named('wavefile makes 24 bits of our file, which we read', missing);
  it.runIf(wavefile[1])(wavefile[0], async () => {
    const { sampleCount, file } = await example<files.Result>('interop-files', { package: 'wavefile' });
    expect(sampleCount).toBe(16_000);
    expectSamples(await readWav(file), tone);
    await rm(dirname(file), { recursive: true });
  });

  const fluent = named('fluent-ffmpeg takes our stream and gives one', missing, NEEDS_FFMPEG);
  it.runIf(fluent[1])(fluent[0], async () => {
    const { sampleCount, file } = await example<files.Result>('interop-files', { package: 'fluent-ffmpeg' });
    expect(sampleCount).toBe(16_000);
    expect((await readFile(file)).toString('latin1', 0, 4)).toBe('fLaC');
    await rm(dirname(file), { recursive: true });
  });

  const alsa = { ALSA_CONFIG_PATH: join(project, 'asound.conf'), AUDIODRIVER: 'alsa', AUDIODEV: 'default' };

  const speaker = named("speaker plays our samples into ALSA's file device", missingSpeaker, NEEDS_ALSA);
  it.runIf(speaker[1])(speaker[0], async () => {
    await example<devices.Result>('interop-devices', { package: 'speaker' }, alsa);
    const heard = await readFile(join(project, 'heard.raw'));
    expectSamples(
      new Int16Array(heard.buffer.slice(heard.byteOffset, heard.byteOffset + tone.byteLength)),
      tone,
    );
  });

  const recorder = named(
    "node-record-lpcm16 records ALSA's file device into our samples",
    missing,
    NEEDS_SOX,
    NEEDS_ALSA,
  );
  it.runIf(recorder[1])(recorder[0], async () => {
    const options = { package: 'node-record-lpcm16', seconds: 0.5 };
    const { sampleCount, rmsDbfs } = await example<devices.Result>('interop-devices', options, alsa);
    expect(sampleCount).toBe(8000);
    // A sine whose peak is -12 dBFS.
    expect(rmsDbfs).toBeCloseTo(-15, 0);
  });
});
