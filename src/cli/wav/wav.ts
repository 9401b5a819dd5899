import { Command, Option } from 'commander';
import { invalidArgument } from '../../base/errors.js';
import {
  type AudioTags,
  decodeWithFfmpeg,
  drawSpectrogram,
  drawWaveform,
  mixPcm,
  type PcmInput,
  type PcmProgress,
  repairWav,
  SilenceTrimmer,
  type TranscodeOptions,
  toFormat,
  transcode,
  transformPcm,
  WavReader,
  type WavWriteEncoding,
} from '../../voice.js';
import { between, MAX_SECONDS, numberFrom } from '../options.js';
import { progressBar } from '../progress-bar.js';
import { stopSignal } from '../shutdown.js';
import { printLine } from '../terminal-text.js';
import { infoText, wavInfo } from './wav-info.js';

/** `jackfield wav`: what is done to recordings. */
export function wavCommand(): Command {
  return new Command('wav')
    .addCommand(infoCommand())
    .addCommand(repairCommand())
    .addCommand(trimCommand())
    .addCommand(mixCommand())
    .addCommand(convertCommand())
    .addCommand(drawCommand());
}

function infoCommand(): Command {
  return new Command('info')
    .description('Tell format, length, levels, loudness and metadata of WAV files.')
    .argument('<files...>')
    .option('--json', 'print one JSON object for each file, one a line', false)
    .action(async (files: string[], { json }: { json: boolean }) => {
      for (const file of files) {
        const report = await wavInfo(file);
        for (const line of (json ? JSON.stringify(report) : infoText(report)).trimEnd().split('\n'))
          printLine(line);
      }
    });
}

function repairCommand(): Command {
  return new Command('repair')
    .description(
      'Make the header of a WAV file agree with the samples that are there. The original is kept as <file>.bak.',
    )
    .argument('<files...>')
    .action(async (files: string[]) => {
      for (const file of files) {
        const { found, sampleCountBefore, sampleCount, original } = await repairWav(file);
        const kept = original === undefined ? '' : `; the original is ${original}`;
        const said =
          found === 'ok' ? 'was whole' : `${found}; samples ${sampleCountBefore} -> ${sampleCount}${kept}`;
        printLine(`${file}: ${said}`);
      }
    });
}

interface TrimOptions {
  readonly start: number;
  readonly end?: number;
  readonly silence: boolean;
  readonly threshold: number;
  readonly margin: number;
  readonly maxPause?: number;
}

function trimCommand(): Command {
  return new Command('trim')
    .description('Cut a part out of a WAV file, or the silence off its ends.')
    .argument('<input>')
    .argument('<output>', 'its ending says what is written: wav, flac, mp3, opus')
    .option('--start <seconds>', 'where to begin', numberFrom(0, MAX_SECONDS), 0)
    .option('--end <seconds>', 'where to stop; default: the end of the file', numberFrom(0, MAX_SECONDS))
    .option('--silence', 'take silence off both ends', false)
    .option('--threshold <dBFS>', 'level below which it is silent', numberFrom(-100, 0), -50)
    .option('--margin <ms>', 'silence to keep at both ends', numberFrom(0, 10_000), 100)
    .option('--max-pause <ms>', 'shorten longer pauses to this', numberFrom(0, 600_000))
    .action(async (input: string, output: string, options: TrimOptions) => {
      await using reader = await WavReader.open(input);
      const { format } = reader;
      const { start, end } = rangeOf(reader, options);
      const range = reader.samples({ start, end });
      const { threshold, margin, maxPause } = options;
      const trimmer = new SilenceTrimmer({
        format,
        thresholdDbfs: threshold,
        marginMs: margin,
        ...(maxPause !== undefined && { maxPauseMs: maxPause }),
      });
      const source = options.silence ? transformPcm(range, trimmer) : range;
      await write({ input: { source, format, sampleCount: end - start }, output });
    });
}

/** The samples between two times in seconds. An end behind the file's is the file's. */
function rangeOf(
  { format, sampleCount }: WavReader,
  { start, end = sampleCount / format.sampleRate }: TrimOptions,
): { start: number; end: number } {
  const seconds = sampleCount / format.sampleRate;
  if (!(start >= 0 && start < seconds)) {
    throw invalidArgument(
      '--start',
      `at least 0 and below ${seconds} seconds, the length of the file`,
      start,
    );
  }
  if (end <= start) throw invalidArgument('--end', `above ${start} seconds, where the part begins`, end);
  const at = (time: number) => Math.min(sampleCount, Math.round(time * format.sampleRate));
  return { start: at(start), end: at(end) };
}

interface FormatOptions {
  readonly rate?: number;
  readonly channels?: number;
}

interface MixOptions extends FormatOptions {
  readonly output: string;
  readonly gain: readonly number[];
}

function mixCommand(): Command {
  return new Command('mix')
    .description('Mix WAV files into one.')
    .argument('<inputs...>')
    .requiredOption('-o, --output <file>', 'its ending says what is written: wav, flac, mp3, opus')
    .option('--gain <dB...>', 'gain of each input, in order', numbers, [])
    .option('--rate <Hz>', "sample rate of the mix; default: the first input's", between(8000, 192_000))
    .option('--channels <count>', "channels of the mix; default: the first input's", between(1, 32))
    .action(async (inputs: string[], { output, gain, ...wanted }: MixOptions) => {
      if (gain.length > inputs.length) {
        throw invalidArgument('--gain', `at most ${inputs.length} gains, one for each input`, gain.join(' '));
      }
      const counts: number[] = [];
      let format = { sampleRate: 0, channels: 0 };
      for (const input of inputs) {
        await using reader = await WavReader.open(input);
        if (counts.length === 0) format = chosen(reader.format, wanted);
        counts.push((reader.sampleCount * format.sampleRate) / reader.format.sampleRate);
      }
      const mix = mixPcm(
        inputs.map((input, i) => ({ input, gainDb: gain[i] ?? 0 })),
        { format },
      );
      await write({ input: { source: mix, format, sampleCount: Math.round(Math.max(...counts)) }, output });
    });
}

interface ConvertOptions extends FormatOptions {
  readonly to?: TranscodeOptions['format'];
  readonly encoding?: WavWriteEncoding;
  readonly bitrate?: number;
  readonly ffmpeg: boolean;
  readonly title?: string;
  readonly artist?: string;
  readonly comment?: string;
}

function convertCommand(): Command {
  return new Command('convert')
    .description('Write a recording in another format, rate or number of channels.')
    .argument('<input>', 'a WAV file; with --ffmpeg any file that ffmpeg reads')
    .argument(
      '<output>',
      'its ending says what is written: wav, flac, mp3, opus; with --ffmpeg also m4a, aac, g722, amr',
    )
    .option('--to <format>', 'what is written, when the ending does not say it')
    .option('--rate <Hz>', 'sample rate', between(8000, 192_000))
    .option('--channels <count>', 'channels', between(1, 32))
    .addOption(
      new Option('--encoding <encoding>', 'how samples lie in a WAV file').choices([
        'u8',
        's16',
        's24',
        's32',
        'f32',
        'alaw',
        'mulaw',
      ]),
    )
    .option('--bitrate <bits>', 'bits per second of lossy formats', between(1, 10_000_000))
    .option('--ffmpeg', 'let the installed ffmpeg read and write', false)
    .option('--title <text>', 'title of the recording')
    .option('--artist <text>', 'who is heard')
    .option('--comment <text>', 'a remark')
    .action(async (path: string, output: string, options: ConvertOptions) => {
      const { to, bitrate, encoding, ffmpeg } = options;
      const input = ffmpeg
        ? decodeWithFfmpeg(path, { format: chosen({ sampleRate: 16_000, channels: 1 }, options) })
        : await converted(path, options);
      await write({
        input,
        output,
        tags: tagsOf(options),
        ...(to && { format: to }),
        ...(encoding && { wavEncoding: encoding }),
        ...(bitrate !== undefined && { bitrate }),
        ...(ffmpeg && { encoder: 'ffmpeg' as const }),
      });
    });
}

interface DrawOptions {
  readonly output: string;
  readonly spectrogram: boolean;
  readonly label: readonly string[];
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

function drawCommand(): Command {
  return new Command('draw')
    .description('Draw the waveform or the spectrogram of WAV files.')
    .argument('<inputs...>', 'one file, or one for each leg of a call')
    .requiredOption('-o, --output <file>', 'a .png or .svg file')
    .option('--spectrogram', 'draw frequencies instead of the waveform', false)
    .option('--label <name...>', 'names of the legs, in order', [])
    .option('--title <text>', 'heading')
    .option('--width <pixels>', 'width', between(200, 8000))
    .option('--height <pixels>', 'height', between(80, 8000))
    .action(async (input: string[], { spectrogram, label, ...options }: DrawOptions) => {
      const draw = spectrogram ? drawSpectrogram : drawWaveform;
      await withProgress('Reading', (progress) => draw({ ...options, ...progress, input, labels: label }));
    });
}

/** Writes a file with a progress bar; a signal stops the work and leaves no half-written file. */
async function write(options: TranscodeOptions): Promise<void> {
  await withProgress('Writing', (progress) => transcode({ ...options, ...progress }));
}

interface Progress {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: PcmProgress) => void;
}

async function withProgress(what: string, work: (progress: Progress) => Promise<unknown>): Promise<void> {
  const signal = stopSignal();
  const bar = progressBar(what);
  try {
    await work({ signal, onProgress: bar.onProgress });
  } finally {
    bar.stop();
  }
}

/** Samples that are read at once: nothing else goes on in this process. */
const AT_ONCE = 1 << 18;

/** A WAV file in the wanted format. The reader is closed when it was read. */
async function converted(path: string, wanted: FormatOptions): Promise<PcmInput> {
  const reader = await WavReader.open(path);
  const format = chosen(reader.format, wanted);
  const sampleCount = Math.round((reader.sampleCount * format.sampleRate) / reader.format.sampleRate);
  const samples = reader.samples({ reuse: true, chunkSamples: AT_ONCE });
  const source = toFormat(samples, reader.format, format, { latency: 'block' });
  return { source: closing(reader, source), format, sampleCount };
}

async function* closing(
  owner: AsyncDisposable,
  source: AsyncIterable<Int16Array>,
): AsyncGenerator<Int16Array> {
  await using _ = owner;
  yield* source;
}

function chosen(format: PcmInput['format'], { rate, channels }: FormatOptions): PcmInput['format'] {
  return { sampleRate: rate ?? format.sampleRate, channels: channels ?? format.channels };
}

function tagsOf({ title, artist, comment }: ConvertOptions): AudioTags {
  return { ...(title && { title }), ...(artist && { artist }), ...(comment && { comment }) };
}

function numbers(text: string, before: readonly number[]): number[] {
  return [...before, numberFrom(-120, 40)(text)];
}
