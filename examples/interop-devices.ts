/**
 * Other packages that run sound devices, fed from Jackfield's streams and feeding them: speaker and
 * node-record-lpcm16. Install the one you want to try: `npm i speaker@0.5` (compiles against libasound2-dev) or
 * `npm i node-record-lpcm16@1` (which also needs the sox program). Jackfield's own `openSpeaker` and
 * `openMicrophone` need neither.
 */
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { bytesOfSamples, collectSamples, measureLevel, samplesOfBytes, toneSamples } from 'jackfield/voice';

export interface Options {
  readonly package: 'speaker' | 'node-record-lpcm16';
  /** Seconds to record. Default 1. */
  readonly seconds?: number;
}

export interface Result {
  /** Samples that were played or recorded. */
  readonly sampleCount: number;
  /** Their level, in dBFS. */
  readonly rmsDbfs: number;
}

export async function run(options: Options): Promise<Result> {
  return options.package === 'speaker' ? play() : record(options.seconds ?? 1);
}

/** Our samples -> speaker, which is a Writable of s16le. */
async function play(): Promise<Result> {
  const { default: Speaker } = (await load('speaker')) as {
    default: new (options: object) => NodeJS.WritableStream;
  };
  const tone = toneSamples({ frequency: 440, durationMs: 1000 });
  const speaker = new Speaker({ channels: 1, bitDepth: 16, sampleRate: 16_000 });
  Readable.from([Buffer.from(bytesOfSamples(tone))]).pipe(speaker);
  await once(speaker, 'close');
  return report(tone);
}

interface Recorder {
  record(options: object): { stream(): Readable; stop(): void };
}

/** node-record-lpcm16, whose stream is s16le -> our samples. */
async function record(seconds: number): Promise<Result> {
  const { default: recorder } = (await load('node-record-lpcm16')) as { default: Recorder };
  const recording = recorder.record({ sampleRate: 16_000, channels: 1, audioType: 'raw', recorder: 'sox' });
  const recorded = await collectSamples(firstSamples(recording.stream(), seconds * 16_000));
  recording.stop();
  return report(recorded);
}

async function* firstSamples(bytes: Readable, count: number): AsyncGenerator<Int16Array> {
  let left = count;
  for await (const samples of samplesOfBytes(bytes, 1)) {
    yield samples.subarray(0, left);
    left -= samples.length;
    if (left <= 0) return;
  }
}

function report(samples: Int16Array): Result {
  const [level] = measureLevel(samples, 1);
  return { sampleCount: samples.length, rmsDbfs: level?.rmsDbfs ?? Number.NEGATIVE_INFINITY };
}

/** Loads a package that is not one of Jackfield's own. */
async function load(name: string): Promise<unknown> {
  return import(name);
}
