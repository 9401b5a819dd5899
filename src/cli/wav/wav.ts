import { Command, Option } from 'commander';
import { invalidArgument } from '../../base/errors.js';
import {
  type AudioFile,
  type AudioTags,
  type BuiltinFormat,
  decodeWithFfmpeg,
  drawSpectrogram,
  drawWaveform,
  mixPcm,
  type PcmInput,
  repairWav,
  SilenceTrimmer,
  type TranscodeOptions,
  toFormat,
  transcode,
  transformPcm,
  type WavWriteEncoding,
} from '../../voice.js';
import { openSound, warnOfDamage } from '../open-sound.js';
import { between, MAX_SECONDS, numberFrom } from '../options.js';
import { intoFile, type OutputOptions, withForce } from '../outputs.js';
import { progressBar } from '../progress-bar.js';
import { stopSignal } from '../shutdown.js';
import { inputFile, inputFiles, intoOutput, STANDARD } from '../standard-streams.js';
import { printLine } from '../terminal-text.js';
import { infoText, wavInfo } from './wav-info.js';

const SOUND = 'WAV, FLAC, MP3 or Opus; - is standard input';
const OUTPUT = 'the ending chooses the format: wav, flac, mp3, opus; - is standard output';
const JSON_LINES = 'print one JSON object per file and line';

/** `jackfield wav`: commands on audio files. */
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
    .description('Print format, length, levels, loudness and metadata of audio files.')
    .argument('<files...>', SOUND)
    .option('--json', JSON_LINES, false)
    .action(async (files: string[], { json }: { json: boolean }) => {
      const signal = stopSignal();
      await using inputs = await inputFiles(files, signal);
      for (const [index, path] of inputs.paths.entries()) {
        const report = await wavInfo(path, files[index] ?? path, signal);
        for (const line of (json ? JSON.stringify(report) : infoText(report)).trimEnd().split('\n'))
          printLine(line);
      }
    });
}

function repairCommand(): Command {
  return new Command('repair')
    .description('Repair the header of a WAV file to match its samples. The original is kept as <file>.bak.')
    .argument('<files...>', 'WAV files')
    .option('--json', JSON_LINES, false)
    .action(async (files: string[], { json }: { json: boolean }) => {
      for (const file of files) {
        const repaired = await repairWav(file);
        const { found, sampleCountBefore, sampleCount, original } = repaired;
        const kept = original === undefined ? '' : `; the original is ${original}`;
        const said =
          found === 'ok' ? 'was whole' : `${found}; samples ${sampleCountBefore} -> ${sampleCount}${kept}`;
        printLine(json ? JSON.stringify({ file, ...repaired }) : `${file}: ${said}`);
      }
    });
}

interface TrimOptions extends WriteOptions {
  readonly start: number;
  readonly end?: number;
  readonly silence: boolean;
  readonly threshold: number;
  readonly margin: number;
  readonly maxPause?: number;
}

function trimCommand(): Command {
  return writing(new Command('trim'))
    .description('Copy a part of an audio file, or remove silence from its ends.')
    .argument('<input>', SOUND)
    .argument('<output>', OUTPUT)
    .option('--start <seconds>', 'start of the part', numberFrom(0, MAX_SECONDS), 0)
    .option('--end <seconds>', 'end of the part (default: end of the file)', numberFrom(0, MAX_SECONDS))
    .option('--silence', 'remove silence from both ends', false)
    .option('--threshold <dBFS>', 'level below which audio counts as silence', numberFrom(-100, 0), -50)
    .option('--margin <ms>', 'silence to keep at both ends', numberFrom(0, 10_000), 100)
    .option('--max-pause <ms>', 'shorten longer pauses to this length length', numberFrom(0, 600_000))
    .action(async (input: string, output: string, options: TrimOptions) => {
      const signal = stopSignal();
      await using file = await inputFile(input, signal);
      await using sound = await openSound(file.path, input);
      const { format } = sound;
      const { start, end } = rangeOf(sound, options);
      const range = sound.samples({ start, end });
      const { threshold, margin, maxPause } = options;
      const trimmer = new SilenceTrimmer({
        format,
        thresholdDbfs: threshold,
        marginMs: margin,
        ...(maxPause !== undefined && { maxPauseMs: maxPause }),
      });
      const source = options.silence ? transformPcm(range, trimmer) : range;
      await write({ input: { source, format, sampleCount: end - start }, output, signal }, options);
    });
}

/** Converts two times in seconds to samples. An end after the end of the file is limited to it. */
function rangeOf(
  { format, sampleCount }: AudioFile,
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

interface FormatOptions extends WriteOptions {
  readonly rate?: number;
  readonly channels?: number;
}

interface MixOptions extends FormatOptions {
  readonly output: string;
  readonly gain: readonly number[];
}

function mixCommand(): Command {
  return writing(new Command('mix'))
    .description('Mix audio files into one.')
    .argument('<inputs...>', SOUND)
    .requiredOption('-o, --output <file>', OUTPUT)
    .option('--gain <dB...>', 'gain of each input, in order', numbers, [])
    .option(
      '--rate <Hz>',
      'sample rate of the mix (default: rate of the first input)',
      between(8000, 192_000),
    )
    .option(
      '--channels <count>',
      'channels of the mix (default: channels of the first input)',
      between(1, 32),
    )
    .action(async (inputs: string[], options: MixOptions) => {
      const { output, gain } = options;
      if (gain.length > inputs.length) {
        throw invalidArgument('--gain', `at most ${inputs.length} gains, one for each input`, gain.join(' '));
      }
      const signal = stopSignal();
      await using files = await inputFiles(inputs, signal);
      const counts: number[] = [];
      let format = { sampleRate: 0, channels: 0 };
      for (const [index, input] of files.paths.entries()) {
        await using sound = await openSound(input, inputs[index]);
        if (counts.length === 0) format = chosen(sound.format, options);
        counts.push((sound.sampleCount * format.sampleRate) / sound.format.sampleRate);
      }
      const source = mixPcm(
        files.paths.map((input, i) => ({ input, gainDb: gain[i] ?? 0 })),
        { format, io: 'sync' },
      );
      const sampleCount = Math.round(Math.max(...counts));
      await write({ input: { source, format, sampleCount }, output, signal }, options);
    });
}

interface ConvertOptions extends FormatOptions {
  readonly encoding?: WavWriteEncoding;
  readonly bitrate?: number;
  readonly ffmpeg: boolean;
  readonly title?: string;
  readonly artist?: string;
  readonly comment?: string;
}

function convertCommand(): Command {
  return writing(new Command('convert'))
    .description('Write a recording in another format, rate or number of channels.')
    .argument('<input>', `${SOUND}; with --ffmpeg any file that ffmpeg reads`)
    .argument('<output>', `${OUTPUT}; with --ffmpeg also m4a, aac, g722, amr`)
    .option('--rate <Hz>', 'sample rate', between(8000, 192_000))
    .option('--channels <count>', 'channels', between(1, 32))
    .addOption(
      new Option('--encoding <encoding>', 'sample format of a WAV file').choices([
        'u8',
        's16',
        's24',
        's32',
        'f32',
        'alaw',
        'mulaw',
      ]),
    )
    .option('--bitrate <bits>', 'bit rate of lossy formats', between(1, 10_000_000))
    .option('--ffmpeg', 'read and write with the installed ffmpeg', false)
    .option('--title <text>', 'title of the recording')
    .option('--artist <text>', 'artist of the recording')
    .option('--comment <text>', 'a remark')
    .action(async (path: string, output: string, options: ConvertOptions) => {
      const { bitrate, encoding, ffmpeg } = options;
      const signal = stopSignal();
      await using file = await inputFile(path, signal);
      const input = ffmpeg
        ? decodeWithFfmpeg(file.path, { format: chosen({ sampleRate: 16_000, channels: 1 }, options) })
        : await converted(file.path, path, options);
      const work = {
        ...{ input, output, signal, tags: tagsOf(options) },
        ...(encoding && { wavEncoding: encoding }),
        ...(bitrate !== undefined && { bitrate }),
        ...(ffmpeg && { encoder: 'ffmpeg' as const }),
      };
      await write(work, options);
    });
}

interface DrawOptions extends OutputOptions {
  readonly json: boolean;
  readonly output: string;
  readonly spectrogram: boolean;
  readonly label: readonly string[];
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

function drawCommand(): Command {
  return withForce(new Command('draw'))
    .description('Draw the waveform or the spectrogram of audio files.')
    .argument('<inputs...>', `one file, or one for each leg of a call: ${SOUND}`)
    .option('--json', 'print the result as a JSON object', false)
    .requiredOption('-o, --output <file>', 'a .png or .svg file')
    .option('--spectrogram', 'draw frequencies instead of the waveform', false)
    .option('--label <name...>', 'names of the legs, in order', [])
    .option('--title <text>', 'heading')
    .option('--width <pixels>', 'width', between(200, 8000))
    .option('--height <pixels>', 'height', between(80, 8000))
    .action(
      async (inputs: string[], { spectrogram, label, force, json, output, ...options }: DrawOptions) => {
        const signal = stopSignal();
        const draw = spectrogram ? drawSpectrogram : drawWaveform;
        await using files = await inputFiles(inputs, signal);
        await warnOfDamage(files.paths, inputs);
        const picture = { ...options, signal, input: files.paths, labels: label };
        await withProgress('Reading', (progress) =>
          intoFile(output, { force }, (part) => draw({ ...picture, ...progress, output: part })),
        );
        if (json) printLine(JSON.stringify({ file: output }));
      },
    );
}

/** Options of a command that writes audio. */
interface WriteOptions extends OutputOptions {
  readonly to?: BuiltinFormat;
  readonly json: boolean;
}

/** Adds the options of a command that writes audio. */
function writing(command: Command): Command {
  return withForce(command)
    .option('--to <format>', 'format to write when the ending does not give it (default for -: wav)')
    .option('--json', 'print the result as a JSON object', false);
}

/** Writes a file with a progress bar. A signal stops the work and leaves no partial file. */
async function write(
  { output, ...options }: TranscodeOptions & { readonly output: string },
  { to, json, force }: WriteOptions,
): Promise<void> {
  const isStandard = output === STANDARD;
  const format = to ?? (isStandard ? 'wav' : undefined);
  const written = await withProgress('Writing', (progress) =>
    intoOutput(output, { force }, (part) =>
      transcode({ ...options, ...progress, ...(format && { format }), output: part }),
    ),
  );
  if (json && !isStandard) printLine(JSON.stringify({ file: output, ...written }));
}

type Progress = Required<Pick<TranscodeOptions, 'onProgress'>>;

async function withProgress<T>(what: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const bar = progressBar(what);
  try {
    return await work({ onProgress: bar.onProgress });
  } finally {
    bar.stop();
  }
}

/** Samples per read. Large blocks are fine, because this process does no other work. */
const AT_ONCE = 1 << 18;

/** Opens an audio file in the wanted format. It is closed after it was read. */
async function converted(path: string, name: string, wanted: FormatOptions): Promise<PcmInput> {
  const sound = await openSound(path, name);
  const format = chosen(sound.format, wanted);
  const sampleCount = Math.round((sound.sampleCount * format.sampleRate) / sound.format.sampleRate);
  const samples = sound.samples({ reuse: true, chunkSamples: AT_ONCE });
  const source = toFormat(samples, sound.format, format, { latency: 'block' });
  return { source: closing(sound, source), format, sampleCount };
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
