import { stat } from 'node:fs/promises';
import { entryOf } from '../../base/entry-of.js';
import { ClippingDetector, type Level, LevelMeter, LoudnessMeter, openAudio } from '../../voice.js';
import { progressBar } from '../progress-bar.js';
import { printable } from '../terminal-text.js';
import { textTable } from '../text-table.js';
import { terminalWidth } from '../wrapped-text.js';

/** The report of `jackfield wav info` on a file. */
export interface WavInfoReport {
  readonly file: string;
  readonly bytes: number;
  readonly container: string;
  readonly encoding: string;
  readonly bitsPerSample: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly sampleCount: number;
  readonly seconds: number;
  /** State of the header compared with the file. */
  readonly state: string;
  /** Warnings about the file. */
  readonly warnings: readonly string[];
  /** Levels per channel. */
  readonly levels: readonly Level[];
  readonly integratedLufs: number;
  readonly clippedRuns: number;
  readonly metadata: object;
}

/**
 * Reads a whole file and measures it.
 *
 * @param name Name of the file in the report; `file` may be a copy of standard input.
 */
export async function wavInfo(file: string, name: string, signal: AbortSignal): Promise<WavInfoReport> {
  await using reader = await openAudio(file);
  const { format } = reader;
  const layout = reader.wav?.layout;
  const meter = new LevelMeter({ format, windowMs: 1000 });
  const loudness = new LoudnessMeter(format);
  const clipping = new ClippingDetector({ format });
  const totals = Array.from({ length: format.channels }, () => ({
    power: 0,
    peakDbfs: Number.NEGATIVE_INFINITY,
  }));
  let clippedRuns = 0;
  let position = 0;
  const bar = progressBar(name);
  const take = (readings: ReturnType<LevelMeter['push']>) => {
    for (const { levels, sampleCount } of readings) {
      levels.forEach(({ rmsDbfs, peakDbfs }, channel) => {
        const total = totals[channel];
        if (!total) return;
        total.power += 10 ** (rmsDbfs / 10) * sampleCount;
        total.peakDbfs = Math.max(total.peakDbfs, peakDbfs);
      });
    }
  };
  for await (const samples of reader.samples({ reuse: true })) {
    signal.throwIfAborted();
    take(meter.push(samples));
    loudness.push(samples);
    clippedRuns += clipping.push(samples).length;
    position += samples.length / format.channels;
    bar.onProgress({ position, sampleCount: reader.sampleCount });
  }
  bar.stop();
  take(meter.flush());
  const levels = totals.map(({ power, peakDbfs }) => ({
    rmsDbfs: 10 * Math.log10(power / Math.max(1, position)),
    peakDbfs,
  }));
  return {
    file: name,
    bytes: (await stat(file)).size,
    container: layout?.container ?? CONTAINERS[reader.encoding] ?? reader.encoding,
    encoding: reader.encoding,
    bitsPerSample: reader.bitsPerSample,
    ...format,
    sampleCount: reader.sampleCount,
    seconds: reader.sampleCount / format.sampleRate,
    state: layout?.state ?? 'ok',
    warnings: layout?.warnings.map(({ message }) => message) ?? [],
    levels,
    integratedLufs: loudness.read().integratedLufs,
    clippedRuns: clippedRuns + clipping.flush().length,
    metadata: layout?.metadata ?? {},
  };
}

/** Containers by encoding, for files other than WAV. */
const CONTAINERS: Readonly<Record<string, string>> = { flac: 'FLAC', mp3: 'MP3', opus: 'Ogg' };

const STATES: Readonly<Record<string, string>> = {
  ok: 'whole',
  truncated:
    'cut off: the header gives more samples than the file holds (repair it with "jackfield wav repair")',
  unfinished: 'not finished: the header has no length (repair it with "jackfield wav repair")',
  longer: 'holds more than its header says (repair it with "jackfield wav repair")',
};

/** Formats a report for people. */
export function infoText(report: WavInfoReport): string {
  const { encoding, bitsPerSample, sampleRate, channels, sampleCount, seconds } = report;
  const rows = [
    ['samples', `${sampleCount} per channel, ${seconds.toFixed(3)} s`],
    [
      'format',
      `${sampleRate} Hz, ${channels} channel${channels === 1 ? '' : 's'}, ${encoding} (${bitsPerSample} bits)`,
    ],
    ['file', `${report.container}, ${report.bytes} bytes, ${entryOf(STATES, report.state) ?? report.state}`],
    ...report.warnings.map((message) => ['warning', message]),
    ...report.levels.map(({ rmsDbfs, peakDbfs }, channel) => [
      channels === 1 ? 'level' : `level ${channel + 1}`,
      `RMS ${decibels(rmsDbfs)} dBFS, peak ${decibels(peakDbfs)} dBFS`,
    ]),
    ['loudness', `${decibels(report.integratedLufs)} LUFS`],
    ['clipping', report.clippedRuns === 0 ? 'none' : `${report.clippedRuns} runs at full scale`],
    ...Object.values(report.metadata).flatMap((group: object) =>
      Object.entries(group).map(([name, value]) => [name, String(value)]),
    ),
  ];
  const lines = textTable(rows, [], terminalWidth() - 2).map((line) => `  ${line}\n`);
  return `${printable(report.file)}\n${lines.join('')}`;
}

function decibels(value: number): string {
  return Number.isFinite(value) ? value.toFixed(1) : '-inf';
}
