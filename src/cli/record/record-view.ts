import type { CallRecording, Recorder, RecordingProgress } from '../../recording.js';
import { LiveArea } from '../live-area.js';
import { drawText, printable, printedTime } from '../terminal-text.js';
import { fittedColumns, type TableColumn, textTable } from '../text-table.js';
import type { News } from './record-news.js';

/** Shows the work of a recorder. Events are passed to it; the state of calls is read from the recorder. */
export interface RecordView {
  /** Shows an event with its time (ISO 8601). */
  note(news: News, at?: string): void;
  watch(recording: CallRecording): void;
  stop(): void;
}

const PROGRESS_MS = 1000;
const STEPS = 10;
/**
 * Lines of the screen besides the rows: the head, the number of hidden rows, the typed line, the cursor, and one event.
 */
const SPARE_LINES = 5;

/** Prints JSON lines: events, and the state of every recording each second. */
export function jsonLines(recorder: () => Recorder | undefined, write = drawText): RecordView {
  const latest = new WeakMap<CallRecording, RecordingProgress>();
  const note = ({ event, fields }: News, at = new Date().toISOString()) =>
    write(`${printable(JSON.stringify({ at, event, ...fields }))}\n`);
  const timer = setInterval(() => {
    for (const recording of recorder()?.recordings ?? [])
      note({ event: 'progress', fields: rowOf(recording, latest.get(recording)) });
  }, PROGRESS_MS);
  return {
    note,
    watch: (recording) => recording.on('progress', (progress) => latest.set(recording, progress)),
    stop: () => clearInterval(timer),
  };
}

/**
 * Shows a live table with events above it. Without a terminal, only events.
 * @param typed Returns the partially typed line to show below the table.
 */
export function liveTable(
  recorder: () => Recorder | undefined,
  typed: () => string | undefined,
  write = drawText,
): RecordView {
  const latest = new WeakMap<CallRecording, RecordingProgress>();
  const table = () => {
    if (!process.stdout.isTTY) return [];
    const recordings = recorder()?.recordings ?? [];
    // Only rows that fit are shown: others would scroll away and could not be redrawn.
    const { rows: height = 24, columns: width = 80 } = process.stdout;
    const shown = recordings.slice(0, Math.max(1, height - SPARE_LINES));
    const rows = shown.map((recording) => tableRow(recording, latest.get(recording)));
    const columns = fittedColumns(COLUMNS, width - 1);
    const lines = textTable(
      [HEAD, ...rows].map((row) => row.slice(0, columns.length)),
      columns,
      width - 1,
    );
    if (recordings.length === 0) lines.push(`  ${recorder() ? 'no calls' : 'starting'}; Ctrl-C ends`);
    if (recordings.length > shown.length) lines.push(`  and ${recordings.length - shown.length} more`);
    const line = typed();
    if (line !== undefined) lines.push(`> ${printable(line)}`);
    return lines.map((line) => line.slice(0, width - 1));
  };
  const area = new LiveArea(table, write);
  return {
    note({ event, fields }, at = new Date().toISOString()) {
      const told = Object.entries(fields).filter(([, value]) => value !== undefined);
      const words = told.map(([name, value]) => `${name} ${printable(String(value))}`);
      area.print(`${printedTime(at)}  ${event}  ${words.join(', ')}\n`);
    },
    watch: (recording) => recording.on('progress', (progress) => latest.set(recording, progress)),
    stop: () => area[Symbol.dispose](),
  };
}

const HEAD = ['call', 'partner', 'time', 'sent', 'heard', 'written', 'dropped', 'missing'];
/** Fixed widths keep the columns in place while figures grow. */
const COLUMNS: readonly TableColumn[] = [
  { align: 'right', width: 6 },
  { width: 18 },
  { align: 'right', width: 7 },
  { width: STEPS },
  { width: STEPS },
  { align: 'right', width: 9 },
  { align: 'right', width: 8 },
  { align: 'right', width: 8 },
];

function tableRow(recording: CallRecording, progress: RecordingProgress | undefined): string[] {
  const { call, partner, positionMs, bytes, dropped, missing, paused } = rowOf(recording, progress);
  const seconds = Math.floor(positionMs / 1000);
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return [
    String(call),
    partner,
    paused ? 'paused' : time,
    meter(progress?.local.rmsDbfs),
    meter(progress?.remote.rmsDbfs),
    `${(bytes / 1e6).toFixed(1)} MB`,
    String(dropped),
    String(missing),
  ];
}

function rowOf(recording: CallRecording, progress: RecordingProgress | undefined) {
  const { call, voice, paused, positionMs } = recording;
  const dropped = [voice.remote, voice.input, voice.microphone].reduce(
    (sum, lease) => sum + (lease?.stats.dropped ?? 0),
    0,
  );
  return {
    call: call.id,
    partner: call.properties.get('PARTNER_HANDLE') ?? '',
    positionMs,
    paused,
    local: progress?.local,
    remote: progress?.remote,
    bytes: recording.bytes,
    dropped,
    missing: recording.missing,
  };
}

/** Ten steps from -60 to 0 dBFS. */
function meter(dbfs = -60): string {
  const steps = Math.max(0, Math.min(STEPS, Math.round((dbfs + 60) / 6)));
  return '▮'.repeat(steps) + '▯'.repeat(STEPS - steps);
}
