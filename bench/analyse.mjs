// `npm run bench:analyse`: all measures without words of an hour of a call in stereo, beside programs that do part of it.
// Times are of the processor (user and system), so that other work on the machine matters less.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWav, mergeChannels } from '../dist/voice.js';
import { makeCall, plan } from '../scripts/corpus/corpus.mjs';

const RATE = 16_000;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3600);
const [, , , , options] = plan(1, { calls: 5, seconds: 110 });
const call = await makeCall(options, { voices: 2, sentences: 6 });
const once = mergeChannels(call.legs);
const samples = new Int16Array(SECONDS * RATE * 2);
for (let at = 0; at < samples.length; at += once.length)
  samples.set(once.subarray(0, samples.length - at), at);

const folder = await mkdtemp(join(tmpdir(), 'jackfield-bench-'));
try {
  const file = join(folder, 'hour.wav');
  await writeFile(file, encodeWav(samples, { format: { sampleRate: RATE, channels: 2 } }));
  const child = `
    const { analyseFile } = await import(${JSON.stringify(new URL('../dist/analysis.js', import.meta.url).href)});
    await analyseFile(${JSON.stringify(file)});
    const { readFileSync } = await import('node:fs');
    const [, peak] = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'));
    console.log(JSON.stringify({ ...process.cpuUsage(), peak }));`;
  const own = spawnSync(process.execPath, ['--input-type=module', '-e', child], { encoding: 'utf8' });
  const { user, system, peak } = JSON.parse(own.stdout);
  print('jackfield, all measures', (user + system) / 1e6, `${Math.round(peak / 1024)} MB at most`);
  const nothing = ['-f', 'null', '-'];
  const filters = 'silencedetect,ebur128,astats';
  timed('ffmpeg silencedetect, ebur128, astats', [
    'ffmpeg',
    '-v',
    'quiet',
    '-i',
    file,
    '-threads',
    '1',
    '-af',
    filters,
    ...nothing,
  ]);
  timed('sox stats', ['sox', file, '-n', 'stats']);
} finally {
  await rm(folder, { recursive: true });
}

/** Runs a program under the shell's clock. */
function timed(name, [program, ...args]) {
  const script = 'time -p "$@" >/dev/null 2>&1';
  const { stderr, status } = spawnSync('bash', ['-c', script, 'bash', program, ...args], {
    encoding: 'utf8',
  });
  const [, user] = /^user ([\d.]+)/m.exec(stderr) ?? [];
  const [, system] = /^sys ([\d.]+)/m.exec(stderr) ?? [];
  if (status === 0 && user) print(name, Number(user) + Number(system));
  else process.stdout.write(`${name.padEnd(40)} not installed\n`);
}

function print(name, seconds, more = '') {
  const speed = `${Math.round(SECONDS / seconds)}x`;
  process.stdout.write(
    `${name.padEnd(40)} ${seconds.toFixed(2).padStart(7)} s ${speed.padStart(7)}  ${more}\n`,
  );
}
