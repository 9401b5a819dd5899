// One job a process, so that it can be timed against another program's process: node bench/voice/jobs.mjs NAME ARGS...
// Prints the largest memory the process had, in MB.
import {
  DtmfDetector,
  mixPcm,
  ToneDetector,
  toFormat,
  VoiceDetector,
  WavReader,
  WavWriter,
} from '../../dist/voice.js';

const VOICE = { sampleRate: 16_000, channels: 1 };

const JOBS = {
  async copy(input, output) {
    const reader = await WavReader.open(input);
    const writer = await WavWriter.create(output, { format: reader.format });
    for await (const samples of reader.samples({ reuse: true })) await writer.write(samples);
    await writer.end();
  },
  async resample(input, output, quality) {
    const reader = await WavReader.open(input);
    const writer = await WavWriter.create(output, { io: 'sync' });
    const source = reader.samples({ reuse: true });
    for await (const samples of toFormat(source, reader.format, VOICE, { quality, latency: 'block' }))
      await writer.write(samples);
    await writer.end();
  },
  async mix(output, ...inputs) {
    const writer = await WavWriter.create(output, { io: 'sync' });
    const sources = inputs.map((input) => ({ input, gainDb: -40 }));
    for await (const samples of mixPcm(sources, { io: 'sync' })) await writer.write(samples);
    await writer.end();
  },
  async voice(input) {
    const reader = await WavReader.open(input);
    const detector = await VoiceDetector.create({ format: reader.format });
    for await (const samples of reader.samples({ reuse: true })) detector.push(samples);
  },
  async dtmf(input) {
    const reader = await WavReader.open(input);
    await detect(reader, new DtmfDetector({ format: reader.format }));
  },
  async tone(input) {
    const reader = await WavReader.open(input);
    await detect(reader, new ToneDetector({ format: reader.format }));
  },
  /** The whole file at once, as wavefile works. */
  async wavefile(input, output) {
    const { readFileSync, writeFileSync } = await import('node:fs');
    const { default: wavefile } = await import('wavefile');
    const source = new wavefile.WaveFile(readFileSync(input));
    const target = new wavefile.WaveFile();
    target.fromScratch(1, 16_000, '16', source.getSamples(false, Int16Array));
    writeFileSync(output, target.toBuffer());
  },
};

/** What is given is speech: nothing may be found in it. */
async function detect(reader, detector) {
  for await (const samples of reader.samples({ reuse: true, io: 'sync' })) {
    if (detector.push(samples).length > 0) throw new Error('There is no digit or tone in it.');
  }
}

const [name, ...args] = process.argv.slice(2);
await JOBS[name](...args);
process.stdout.write(`${Math.round(process.resourceUsage().maxRSS / 1024)}\n`);
