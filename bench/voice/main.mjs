// npm run bench:voice -- [--short] [--only filters,rates,detectors,resampler,mixer,wav]
//
// The voice toolkit against sox, ffmpeg, multimon-ng and wavefile, in the same run.
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { QUALITY_SHAPES } from '../../build/voice/resample/resample-filter.js';
import { designFilters } from '../../build/voice/resample/resample-plan.js';
import {
  AutoGain,
  analyzeSamples,
  bytesOfSamples,
  collectSamples,
  DtmfDetector,
  decodeG711,
  encodeG711,
  encodeWav,
  LevelMeter,
  LoudnessMeter,
  Mixer,
  resample,
  ToneDetector,
  toneSamples,
  transformSamples,
  VoiceDetector,
  WavReader,
  WavWriter,
} from '../../dist/voice.js';
import { compare, has, timesRealTime } from './compare.mjs';

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', default: 'filters,rates,detectors,resampler,mixer,wav' },
  },
});
const isShort = options.short;
const folder = mkdtempSync(join(tmpdir(), 'jackfield-bench-'));
const jobs = new URL('jobs.mjs', import.meta.url).pathname;
const ours = (...args) => [process.execPath, jobs, ...args];
const cli = new URL('../../dist/cli/main.js', import.meta.url).pathname;
const file = (name) => join(folder, name);
const say = (text) => process.stdout.write(`${text}\n`);

/** A WAV file of noise that is not silence anywhere. */
async function makeWav(name, seconds, sampleRate = 16_000) {
  const second = Int16Array.from(
    { length: sampleRate },
    (_, i) => ((Math.imul(i, 2_654_435_761) >>> 16) % 20_001) - 10_000,
  );
  const writer = await WavWriter.create(file(name), { format: { sampleRate, channels: 1 } });
  for (let i = 0; i < seconds; i++) await writer.write(second);
  await writer.end();
  return file(name);
}

function table(title, rows) {
  say(`\n${title}`);
  for (const { name, seconds, ratio, cpuSeconds, cpuRatio, said } of rows) {
    const wall = `${seconds.toFixed(3)} s  ${ratio.toFixed(2)}x`;
    const cpu = `CPU ${cpuSeconds.toFixed(3)} s  ${cpuRatio.toFixed(2)}x`;
    say(`  ${name.padEnd(34)} ${wall}   ${cpu}${/^\d+$/.test(said) ? `   ${said} MB` : ''}`);
  }
}

async function benchResampler() {
  const input = await makeWav('48k.wav', isShort ? 60 : 600, 48_000);
  const out = file('16k.wav');
  const contestants = [{ name: 'jackfield high', command: ours('resample', input, out, 'high') }];
  contestants.push({
    name: 'jackfield wav convert',
    command: [process.execPath, cli, 'wav', 'convert', input, file('c.wav'), '--rate', '16000'],
  });
  contestants.push({ name: 'jackfield medium', command: ours('resample', input, out, 'medium') });
  const soxr = [
    '-y',
    '-loglevel',
    'error',
    '-i',
    input,
    '-af',
    'aresample=resampler=soxr',
    '-ar',
    '16000',
    file('f.wav'),
  ];
  if (has('ffmpeg')) contestants.push({ name: 'ffmpeg soxr (20 bit)', command: ['ffmpeg', ...soxr] });
  if (has('sox'))
    contestants.push({
      name: 'sox rate -v',
      command: ['sox', '-D', input, file('s.wav'), 'rate', '-v', '16000'],
    });
  table(`Resampler: ${isShort ? 60 : 600} s, 48 to 16 kHz, file to file`, compare(contestants));
}

async function benchMixer() {
  const inputs = [];
  for (let i = 0; i < 100; i++) inputs.push(await makeWav(`${i}.wav`, isShort ? 6 : 60));
  const contestants = [{ name: 'jackfield mixPcm', command: ours('mix', file('m.wav'), ...inputs) }];
  if (has('sox'))
    contestants.push({ name: 'sox -m', command: ['sox', '-D', '-m', ...inputs, file('ms.wav')] });
  if (has('ffmpeg')) {
    const args = ['-y', '-loglevel', 'error', ...inputs.flatMap((input) => ['-i', input])];
    args.push('-filter_complex', `amix=inputs=${inputs.length}:normalize=0`, file('mf.wav'));
    contestants.push({ name: 'ffmpeg amix', command: ['ffmpeg', ...args] });
  }
  table(`Mixer: 100 files of ${isShort ? 6 : 60} s at 16 kHz into one`, compare(contestants));
}

async function benchWav() {
  const seconds = isShort ? 600 : 33_554;
  const input = await makeWav('big.wav', seconds);
  const contestants = [{ name: 'jackfield read and write', command: ours('copy', input, file('big-j.wav')) }];
  if (has('sox')) contestants.push({ name: 'sox', command: ['sox', '-D', input, file('big-s.wav')] });
  if (has('ffmpeg')) {
    contestants.push({
      name: 'ffmpeg',
      command: ['ffmpeg', '-y', '-loglevel', 'error', '-i', input, file('big-f.wav')],
    });
  }
  table(`WAV: ${Math.round((seconds * 32_000) / 2 ** 20)} MiB, read and written`, compare(contestants, 3));
  try {
    createRequire(import.meta.url).resolve('wavefile');
  } catch {
    return say('  (wavefile is not installed)');
  }
  const small = await makeWav('small.wav', isShort ? 60 : 1800);
  const pair = [
    { name: 'jackfield read and write', command: ours('copy', small, file('small-j.wav')) },
    { name: 'wavefile', command: ours('wavefile', small, file('small-w.wav')) },
  ];
  table(`WAV: ${isShort ? 2 : 55} MiB, read and written`, compare(pair, 3));
}

/** Detectors against other programs, on speech; multimon-ng reads raw samples of 22,050 Hz. */
async function benchDetectors() {
  const speech = await readSpeech(isShort ? 2 : 200);
  const [input, raw] = [file('speech.wav'), file('speech.raw')];
  await writeFile(input, encodeWav(speech));
  const contestants = [{ name: 'jackfield voice activity', command: ours('voice', input) }];
  if (has('ffmpeg')) {
    const command = ['ffmpeg', '-loglevel', 'error', '-i', input, '-af', 'silencedetect', '-f', 'null', '-'];
    contestants.push({ name: 'ffmpeg silencedetect (level alone)', command });
  }
  const seconds = Math.round(speech.length / 16_000);
  table(`Voice activity: ${seconds} s of speech`, compare(contestants));

  // Longer, so that it is not the start of Node that is compared.
  const long = await readSpeech(isShort ? 2 : 600);
  const fast = resample(long, { from: 16_000, to: 22_050 });
  await writeFile(raw, bytesOfSamples(fast));
  await writeFile(file('fast.wav'), encodeWav(fast, { format: { sampleRate: 22_050, channels: 1 } }));
  const rivals = [{ name: 'jackfield DTMF', command: ours('dtmf', file('fast.wav')) }];
  rivals.push({ name: 'jackfield, a tone', command: ours('tone', file('fast.wav')) });
  if (has('multimon-ng')) {
    rivals.push({ name: 'multimon-ng', command: ['multimon-ng', '-q', '-a', 'DTMF', '-t', 'raw', raw] });
  } else say('  (multimon-ng is not installed)');
  table(`DTMF and tones: ${Math.round(long.length / 16_000)} s of speech at 22,050 Hz`, compare(rivals));
}

/** One recording of speech, so many times in a row. */
async function readSpeech(repeats) {
  const path = new URL('../../test/fixtures/speech/reader-870.wav', import.meta.url).pathname;
  const reader = await WavReader.open(path);
  const speech = await collectSamples(reader);
  await reader.close();
  const samples = new Int16Array(speech.length * repeats);
  for (let i = 0; i < repeats; i++) samples.set(speech, i * speech.length);
  return samples;
}

/** What each analysis and codec does in this process, on speech-like material. */
async function benchInProcess() {
  const samples = await readSpeech(20);
  const seconds = samples.length / 16_000;
  const code = encodeG711(samples, 'alaw');
  const vad = [];
  for (let i = 0; i < 8; i++) vad.push(await VoiceDetector.create());
  const parts = {
    'DTMF detection': () => analyzeSamples(samples, new DtmfDetector()),
    'tone detection': () => analyzeSamples(samples, new ToneDetector()),
    'voice activity': () => analyzeSamples(samples, vad.pop()),
    'level meter': () => analyzeSamples(samples, new LevelMeter()),
    loudness: () => new LoudnessMeter().push(samples),
    'automatic gain': () => transformSamples(samples, new AutoGain()),
    'G.711 encode': () => encodeG711(samples, 'alaw'),
    'G.711 decode': () => decodeG711(code, 'alaw'),
    'resample 48 to 16 kHz, high': () => resample(samples, { from: 48_000, to: 16_000 }),
    'resample 16 to 48 kHz, high': () => resample(samples, { from: 16_000, to: 48_000 }),
    'resample 44.1 to 16 kHz, high': () => resample(samples, { from: 44_100, to: 16_000 }),
  };
  const rates = { 'resample 48 to 16 kHz, high': 48_000, 'resample 44.1 to 16 kHz, high': 44_100 };
  say('\nTimes real time on one core, 16 kHz mono unless it says otherwise');
  for (const [name, work] of Object.entries(parts)) {
    say(`  ${name.padEnd(34)} ${timesRealTime((seconds * 16_000) / (rates[name] ?? 16_000), work)}`);
  }
  say(`  ${'conference of 20, N-1 mixes'.padEnd(34)} ${timesRealTime(60, () => conference(20, 60))}`);
}

function conference(people, seconds) {
  const mixer = new Mixer();
  const sources = Array.from({ length: people }, () => mixer.addSource());
  const frame = toneSamples({ frequency: 300, durationMs: 20, levelDbfs: -30 });
  for (let i = 0; i < seconds * 50; i++) {
    for (const source of sources) source.write(frame);
    mixer.readEach(320);
  }
}

/** Rejection and ripple of the filters as they are: the responses of all stages' coefficients together. */
function measureFilters() {
  say('\nResampler filters, 48 to 16 kHz');
  for (const quality of ['low', 'medium', 'high']) {
    const { passband, rejectionDb } = QUALITY_SHAPES[quality];
    const [halving, steep] = designFilters({ from: 48_000, to: 16_000, quality, latency: 'low' });
    // The steep filter's two rows in turn are one filter at twice its rate.
    const prototype = Float64Array.from({ length: steep.taps * steep.phases }, (_, i) => {
      const tap = steep.taps - 1 - Math.floor(i / steep.phases);
      return steep.coefficients[(i % steep.phases) * steep.taps + tap] / steep.phases;
    });
    const gain = (hz) => response(halving.coefficients, hz / 48_000) + response(prototype, hz / 48_000);
    let [ripple, alias] = [0, -Infinity];
    for (let hz = 0; hz <= passband * 8000; hz += 20) ripple = Math.max(ripple, Math.abs(gain(hz)));
    for (let hz = 8000; hz <= 24_000; hz += 20) alias = Math.max(alias, gain(hz));
    const taps = `${halving.taps} and ${steep.taps} taps`;
    const flat = `flat to ${Math.round(passband * 8000)} Hz within ${ripple.toFixed(5)} dB`;
    say(
      `  ${quality.padEnd(8)} ${taps}, ${flat}, aliases ${alias.toFixed(1)} dB (designed for -${rejectionDb})`,
    );
  }
}

/** Gain in dB of an FIR filter at a frequency given as a part of its sample rate. */
function response(coefficients, frequency) {
  let [re, im] = [0, 0];
  coefficients.forEach((c, i) => {
    re += c * Math.cos(2 * Math.PI * frequency * i);
    im += c * Math.sin(2 * Math.PI * frequency * i);
  });
  return 20 * Math.log10(Math.hypot(re, im) + 1e-12);
}

const BENCHES = {
  filters: measureFilters,
  rates: benchInProcess,
  detectors: benchDetectors,
  resampler: benchResampler,
  mixer: benchMixer,
  wav: benchWav,
};
try {
  for (const name of options.only.split(',')) await BENCHES[name]();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
