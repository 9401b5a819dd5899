import type { CallView, Clock, ClosedStream, Exchange } from '../../exchange.js';
import { faultText } from '../failure.js';
import { LiveArea } from '../live-area.js';
import { printable, printLine } from '../terminal-text.js';
import { fittedColumns, type TableColumn, textTable } from '../text-table.js';

const SAMPLES_PER_SECOND = 16_000;
const HEAD = ['CALL', 'USER', 'WITH', 'STATUS', 'LASTS'];
/** Fixed widths keep the columns in place while calls come and go. */
const COLUMN_WIDTHS: readonly TableColumn[] = [5, 16, 16, 22, 7].map((width) => ({ width }));
/** Size for a terminal that does not report its own. */
const COLUMNS = 80;
const ROWS = 24;

/** Shows the events of an exchange. */
export interface ExchangeView {
  /** Shows an event: `fields` for programs, `text` for people. Without `text` it is shown to programs only. */
  note(event: string, fields: Readonly<Record<string, unknown>>, text?: string): void;
  /** Stops drawing while a question is open. Events are still printed. */
  pause(on: boolean): void;
  stop(): void;
}

/** Shows JSON lines; otherwise a live table on a terminal, or a line per new status elsewhere. */
export function exchangeView(
  exchange: Exchange,
  clock: Clock,
  { json }: { readonly json: boolean },
): ExchangeView {
  const table = !json && process.stdout.isTTY;
  const view = json ? jsonView(clock) : table ? tableView(exchange) : lineView();
  exchange.on('failure', (error) => {
    const message = faultText(error);
    view.note('failure', { message }, `Failure: ${message}`);
  });
  exchange.on('stream-closed', (closed) => view.note('stream-closed', { ...closed }, lossOf(closed)));
  exchange.on('line', ({ handle, client, direction, text }) => {
    const [, id, status] = (direction === 'out' && /^CALL (\d+) STATUS (.+)/.exec(text)) || [];
    if (id === undefined) return;
    view.note(
      'status',
      { handle, client, call: Number(id), status },
      table ? undefined : `${handle}: ${text}`,
    );
  });
  return view;
}

function jsonView(clock: Clock): ExchangeView {
  return {
    note: (event, fields) =>
      printLine(JSON.stringify({ at: new Date(clock.unixMs()).toISOString(), event, ...fields })),
    pause: () => undefined,
    stop: () => undefined,
  };
}

function lineView(): ExchangeView {
  return {
    note: (_event, _fields, text) => {
      if (text !== undefined) printLine(text);
    },
    pause: () => undefined,
    stop: () => undefined,
  };
}

function tableView(exchange: Exchange): ExchangeView {
  let paused = false;
  const area = new LiveArea(() => {
    const { columns = COLUMNS, rows = ROWS } = process.stdout;
    return paused ? [] : tableOf(exchange.calls, columns || COLUMNS, rows || ROWS);
  });
  area.draw();
  return {
    note: (_event, _fields, text) => {
      if (text !== undefined) area.print(`${printable(text)}\n`);
    },
    pause: (on) => {
      paused = on;
      area.draw();
    },
    stop: () => area[Symbol.dispose](),
  };
}

/** Describes the losses of a redirected stream; undefined without a loss. */
function lossOf({ handle, object, id, stream, stats }: ClosedStream): string | undefined {
  if (stats.late === 0 && stats.dropped === 0) return undefined;
  const parts = [
    [stats.dropped, 'dropped'],
    [stats.late, 'late'],
    [stats.silenceFilled, 'filled with silence'],
    [stats.moved, 'moved'],
  ] as const;
  const counted = parts
    .filter(([samples]) => samples > 0)
    .map(([samples, what]) => `${(samples / SAMPLES_PER_SECOND).toFixed(2)} s ${what}`);
  return `${handle}: ${object} ${id} ${stream} closed: ${counted.join(', ')}`;
}
/** The rows that fit on the terminal, cut to its width: a wrapped row could not be redrawn in place. */
function tableOf(calls: readonly CallView[], columns: number, rows: number): string[] {
  if (calls.length === 0) return ['  no calls'];
  const room = Math.max(1, rows - 3);
  const shown = calls.slice(0, room).map(rowOf);
  const fitted = fittedColumns(COLUMN_WIDTHS, columns - 3);
  const all = [HEAD, ...shown].map((row) => row.slice(0, fitted.length));
  const table = textTable(all, fitted, columns - 3).map((line) => `  ${line}`);
  const rest = calls.length > room ? [`  and ${calls.length - room} more`] : [];
  return [...table, ...rest].map((row) => row.slice(0, columns - 1));
}

function rowOf({ id, handle, partner, status, seconds }: CallView): string[] {
  return [String(id), handle, partner, status, `${seconds} s`];
}
