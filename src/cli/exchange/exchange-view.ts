import type { WriteStream } from 'node:tty';
import { messageOf } from '../../errors.js';
import type { CallView, Clock, Exchange } from '../../index.js';

const REFRESH_MS = 500;
const HEADER = { id: 'CALL', handle: 'USER', partner: 'WITH', status: 'STATUS', seconds: 'LASTS' };
const WIDTHS = { id: 7, handle: 18, partner: 18, status: 24, seconds: 8 };
/** For a terminal that does not know its own size. */
const COLUMNS = 80;
const ROWS = 24;

/** A live view of an exchange's calls. */
export interface ExchangeView {
  stop(): void;
}

/** A table that is drawn over itself on a terminal; a line for each new status elsewhere. */
export function exchangeView(exchange: Exchange, clock: Clock, out: WriteStream): ExchangeView {
  out.write('Ctrl-C stops it.\n');
  return out.isTTY ? tableView(exchange, clock, out) : lineView(exchange, out);
}

function tableView(exchange: Exchange, clock: Clock, out: WriteStream): ExchangeView {
  let drawn = 0;
  let cancel = () => {};
  /** Draws the table anew, below `news`. */
  const draw = (news = '') => {
    const rows = tableOf(exchange.calls, out.columns || COLUMNS, out.rows || ROWS);
    const back = drawn > 0 ? `\x1b[${drawn}A\x1b[J` : '';
    out.write(`${back}${news}${rows.map((row) => `${row}\n`).join('')}`);
    drawn = rows.length;
  };
  const refresh = () => {
    draw();
    cancel = clock.timerAt(clock.now() + REFRESH_MS, refresh);
  };
  exchange.on('failure', (error) => draw(`Failure: ${messageOf(error)}\n`));
  refresh();
  return { stop: () => cancel() };
}

function lineView(exchange: Exchange, out: WriteStream): ExchangeView {
  const show = ({ handle, direction, text }: { handle: string; direction: 'in' | 'out'; text: string }) => {
    if (direction === 'out' && /^CALL \d+ STATUS /.test(text)) out.write(`${handle}: ${text}\n`);
  };
  exchange.on('line', show);
  exchange.on('failure', (error) => out.write(`Failure: ${messageOf(error)}\n`));
  return { stop: () => exchange.off('line', show) };
}

/** As many rows, and as much of each, as there is room for: one that wraps could not be drawn over. */
function tableOf(calls: readonly CallView[], columns: number, rows: number): string[] {
  if (calls.length === 0) return ['  no calls'];
  const room = Math.max(1, rows - 3);
  const shown = calls.slice(0, room).map((call) => rowOf({ ...call, seconds: `${call.seconds} s` }));
  const rest = calls.length > room ? [`  and ${calls.length - room} more`] : [];
  return [rowOf(HEADER), ...shown, ...rest].map((row) => row.slice(0, columns - 1));
}

function rowOf(call: Readonly<Record<keyof typeof WIDTHS, string | number>>): string {
  const cells = Object.entries(WIDTHS).map(([key, width]) =>
    fitted(String(call[key as keyof typeof WIDTHS]), width - 1).padEnd(width),
  );
  return `  ${cells.join('').trimEnd()}`;
}

function fitted(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
