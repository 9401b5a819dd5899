/**
 * Other packages that read and write files, fed from Jackfield's streams and feeding them: wavefile and
 * fluent-ffmpeg. Install the one you want to try: `npm i wavefile@11` or `npm i fluent-ffmpeg@2` (which also needs
 * the ffmpeg program).
 */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import {
  bytesOfSamples,
  collectSamples,
  encodeWav,
  samplesOfBytes,
  toneSamples,
  WavReader,
} from 'jackfield/voice';

export interface Options {
  readonly package: 'wavefile' | 'fluent-ffmpeg';
}

export interface Result {
  /** Samples that came back out of the other package. */
  readonly sampleCount: number;
  readonly file: string;
}

export async function run(options: Options): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'jackfield-interop-'));
  return options.package === 'wavefile' ? withWavefile(folder) : withFluentFfmpeg(folder);
}

interface WavefileModule {
  readonly default: {
    readonly WaveFile: new (
      bytes?: Uint8Array,
    ) => {
      toBitDepth(depth: string): void;
      toBuffer(): Uint8Array;
    };
  };
}

/** Our file -> wavefile, which makes it 24-bit -> our reader. */
async function withWavefile(folder: string): Promise<Result> {
  const { default: wavefile } = (await load('wavefile')) as WavefileModule;
  const file = join(folder, 'wavefile.wav');
  const wav = new wavefile.WaveFile(encodeWav(toneSamples({ frequency: 440, durationMs: 1000 })));
  wav.toBitDepth('24');
  await writeFile(file, wav.toBuffer());
  const reader = await WavReader.open(file);
  try {
    return { sampleCount: (await collectSamples(reader)).length, file };
  } finally {
    await reader.close();
  }
}

interface FfmpegCommand {
  inputOptions(options: readonly string[]): this;
  outputOptions(options: readonly string[]): this;
  save(path: string): this;
  on(event: 'end', listener: () => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  pipe(): NodeJS.ReadableStream;
}

/** Our stream -> fluent-ffmpeg -> a file -> fluent-ffmpeg -> our samples. */
async function withFluentFfmpeg(folder: string): Promise<Result> {
  const { default: ffmpeg } = (await load('fluent-ffmpeg')) as {
    default: (input: string | Readable) => FfmpegCommand;
  };
  const file = join(folder, 'fluent-ffmpeg.flac');
  const tone = toneSamples({ frequency: 440, durationMs: 1000 });
  await new Promise<void>((resolve, reject) => {
    ffmpeg(Readable.from([Buffer.from(bytesOfSamples(tone))]))
      .inputOptions(['-f s16le', '-ar 16000', '-ac 1'])
      .on('end', () => resolve())
      .on('error', reject)
      .save(file);
  });
  const decoding = ffmpeg(file).outputOptions(['-f s16le', '-ar 16000', '-ac 1']);
  const bytes = decoding.pipe() as Readable;
  const samples = await collectSamples(samplesOfBytes(bytes, 1));
  if ((await readFile(file)).length === 0) throw new Error('Nothing was written.');
  return { sampleCount: samples.length, file };
}

/** Loads a package that is not one of Jackfield's own. */
async function load(name: string): Promise<unknown> {
  return import(name);
}
