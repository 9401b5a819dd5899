import { MultiBar, Presets } from 'cli-progress';
import { entryOf } from '../../base/entry-of.js';
import type { RecordingProgress } from '../../recording.js';
import type { Level } from '../../voice.js';
import { printable, printLine, printLines } from '../terminal-text.js';
import type { DemoResult, DemoView } from './demo.js';

/** Approximate duration of a call to the test service: length of the bar until the call has ended. */
const EXPECTED_MS = 36_000;
const REPORT_EVERY_MS = 5000;

/** Shows a live progress bar with the levels of both legs, below the call's states. */
export function terminalView(): DemoView {
  const bars = new MultiBar(
    {
      format: '  {bar} {time} s  sent {sent}  heard {heard}',
      hideCursor: true,
      clearOnComplete: false,
      fps: 15,
    },
    Presets.shades_classic,
  );
  const bar = bars.create(EXPECTED_MS, 0, { time: ' 0.0', sent: meter(), heard: meter() });
  let positionMs = 0;
  return {
    state: ({ status }) => bars.log(`${printable(stateLine(status))}\n`),
    progress: (progress) => {
      positionMs = progress.positionMs;
      bar.setTotal(Math.max(EXPECTED_MS, positionMs));
      bar.update(positionMs, {
        time: seconds(positionMs),
        sent: meter(progress.local),
        heard: meter(progress.remote),
      });
    },
    step: (text) => {
      bar.setTotal(positionMs);
      bars.update();
      bars.stop();
      printLine(`  ${text}`);
    },
    summary: printSummary,
  };
}

/** Prints lines of text, for a pipe or a log. */
export function lineView(): DemoView {
  let nextReport = REPORT_EVERY_MS;
  return {
    state: ({ status }) => printLine(stateLine(status)),
    progress: ({ positionMs, local, remote }: RecordingProgress) => {
      if (positionMs < nextReport) return;
      nextReport += REPORT_EVERY_MS;
      printLine(`  ${seconds(positionMs)} s  sent ${meter(local)}  heard ${meter(remote)}`);
    },
    step: (text) => printLine(`  ${text}`),
    summary: printSummary,
  };
}

/** Prints one JSON object at the end. */
export function jsonView(): DemoView {
  return {
    state: () => undefined,
    progress: () => undefined,
    step: () => undefined,
    summary: (result) => printLines(JSON.stringify(result, undefined, 2)),
  };
}

function printSummary({ files, sizes, spoken, sidecar, tookSeconds, error }: DemoResult): void {
  const { call, audio, legs } = sidecar;
  const length = audio.durationMs / 1000;
  const file = (label: string, path: string) =>
    `  ${label.padEnd(11)} ${path}  (${Math.ceil((entryOf(sizes, path) ?? 0) / 1024)} KiB)`;
  const leg = (label: string, { traffic, late, cut, unheard, ledger }: typeof legs.local) =>
    `  ${label.padEnd(11)} ${traffic?.samples ?? 0} samples, ${ledger.received} recorded; ` +
    `${ledger.missing} missing, ${ledger.idle} idle, ${late} late, ${cut} cut` +
    (unheard === undefined ? '' : `, ${unheard} unheard`);
  const lines = [
    '',
    error
      ? `The recording is not complete: ${error}`
      : `Call ${call.id} with ${call.partner} is ${call.status}: ${length.toFixed(2)} s in ${tookSeconds.toFixed(1)} s.`,
    file('recording', files.recording),
    file('transcoded', files.transcoded),
    file('waveform', files.waveform),
    file('details', files.sidecar),
    leg('left, sent', legs.local),
    leg('right, heard', legs.remote),
    `  spoken      ${spoken}`,
  ];
  for (const line of lines) printLine(line);
}

const EXPLAINED: Readonly<Record<string, string>> = {
  UNPLACED: 'the call exists',
  ROUTING: 'looking for the called user',
  RINGING: 'ringing',
  INPROGRESS: 'answered: voice is flowing',
  FINISHED: 'hung up',
  CANCELLED: 'hung up before it was answered',
};

function stateLine(status: string): string {
  const explained = entryOf(EXPLAINED, status);
  return explained ? `${status.padEnd(11)} ${explained}` : status;
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1).padStart(4);
}

/** Ten steps from -60 to 0 dBFS. */
function meter(level?: Level): string {
  const steps = Math.max(0, Math.min(10, Math.round(((level?.rmsDbfs ?? -60) + 60) / 6)));
  return '▮'.repeat(steps) + '▯'.repeat(10 - steps);
}
