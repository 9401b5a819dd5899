import type { WriteStream } from 'node:tty';
import { messageOf } from '../../base/errors.js';
import type { CallView, Clock, ClosedStream, Exchange } from '../../exchange.js';
import { printable } from '../terminal-text.js';
import { fittedColumns, type TableColumn, textTable } from '../text-table.js';

const REFRESH_MS = 500;
const SAMPLES_PER_SECOND = 16_000;
const HEAD = ['CALL', 'USER', 'WITH', 'STATUS', 'LASTS'];
/** Fixed widths, so that columns stay where they are while calls come and go. */
const COLUMN_WIDTHS: readonly TableColumn[] = [5, 16, 16, 22, 7].map((width) => ({ width }));
/** For a terminal that does not know its own size. */
const COLUMNS = 80;
const ROWS = 24;

/** Shows what an exchange does. */
export interface ExchangeView {
  /** Something has happened: `fields` for programs, `text` for people, unless it is of no interest to them. */
  note(event: string, fields: Readonly<Record<string, unknown>>, text?: string): void;
  /** Nothing is drawn while somebody is being asked something; what happens is told all the same. */
  pause(on: boolean): void;
  stop(): void;
}

/** JSON lines; or a table that is drawn over itself on a terminal, and a line for each new status elsewhere. */
export function exchangeView(
  exchange: Exchange,
  clock: Clock,
  { out, json }: { readonly out: WriteStream; readonly json: boolean },
): ExchangeView {
  const table = !json && out.isTTY;
  const view = json ? jsonView(clock, out) : table ? tableView(exchange, clock, out) : lineView(out);
  exchange.on('failure', (error) => {
    const message = messageOf(error);
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

function jsonView(clock: Clock, out: WriteStream): ExchangeView {
  return {
    note: (event, fields) => {
      const at = new Date(clock.unixMs()).toISOString();
      out.write(`${printable(JSON.stringify({ at, event, ...fields }))}\n`);
    },
    pause: () => undefined,
    stop: () => undefined,
  };
}

function lineView(out: WriteStream): ExchangeView {
  return {
    note: (_event, _fields, text) => {
      if (text !== undefined) out.write(`${printable(text)}\n`);
    },
    pause: () => undefined,
    stop: () => undefined,
  };
}

function tableView(exchange: Exchange, clock: Clock, out: WriteStream): ExchangeView {
  let drawn = 0;
  let paused = false;
  let cancel = () => {};
  /** Draws the table anew, below `news`. */
  const draw = (news = '') => {
    const rows = paused ? [] : tableOf(exchange.calls, out.columns || COLUMNS, out.rows || ROWS);
    const back = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : '';
    out.write(`${back}${news}${rows.map((row) => `${row}\n`).join('')}`);
    drawn = rows.length;
  };
  const refresh = () => {
    draw();
    cancel = clock.timerAt(clock.now() + REFRESH_MS, refresh);
  };
  refresh();
  return {
    note: (_event, _fields, text) => {
      if (text !== undefined) draw(`${printable(text)}\n`);
    },
    pause: (on) => {
      paused = on;
      draw();
    },
    stop: () => cancel(),
  };
}

/** Text of the seconds that a redirected stream has lost, if it has. */
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
/** As many rows, and as much of each, as there is room for: one that wraps could not be drawn over. */
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
