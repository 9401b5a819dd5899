import type { WriteStream } from 'node:tty';
import type { CallView, Clock, Exchange } from '../index.js';

const REFRESH_MS = 500;
const CLEAR_LINE = '\x1b[2K';

/** A live view of an exchange's calls. */
export interface ExchangeView {
  stop(): void;
}

/** A table that is drawn over itself on a terminal; a line for each new status elsewhere. */
export function exchangeView(exchange: Exchange, clock: Clock, out: WriteStream): ExchangeView {
  out.write('Ctrl-C stops it.\n');
  exchange.on('failure', (error) =>
    out.write(`Failure: ${error instanceof Error ? error.message : error}\n`),
  );
  if (!out.isTTY) return lineView(exchange, out);
  let drawn = 0;
  let cancel = () => {};
  const draw = () => {
    const rows = tableOf(exchange.calls);
    const up = drawn > 0 ? `\x1b[${drawn}A` : '';
    const blank = Math.max(0, drawn - rows.length);
    out.write(
      `${up}${rows.map((row) => `${CLEAR_LINE}${row}\n`).join('')}${`${CLEAR_LINE}\n`.repeat(blank)}`,
    );
    if (blank > 0) out.write(`\x1b[${blank}A`);
    drawn = rows.length;
    cancel = clock.timerAt(clock.now() + REFRESH_MS, draw);
  };
  draw();
  return { stop: () => cancel() };
}

function lineView(exchange: Exchange, out: WriteStream): ExchangeView {
  const show = ({ handle, direction, text }: { handle: string; direction: 'in' | 'out'; text: string }) => {
    if (direction === 'out' && /^CALL \d+ STATUS /.test(text)) out.write(`${handle}: ${text}\n`);
  };
  exchange.on('line', show);
  return { stop: () => exchange.off('line', show) };
}

function tableOf(calls: readonly CallView[]): string[] {
  if (calls.length === 0) return ['  no calls'];
  const widths = { id: 5, handle: 16, partner: 18, status: 22 };
  return calls.map(
    ({ id, handle, partner, status, seconds }) =>
      `  ${String(id).padEnd(widths.id)} ${handle.padEnd(widths.handle)} ${partner.padEnd(widths.partner)} ` +
      `${status.padEnd(widths.status)} ${String(seconds).padStart(5)} s`,
  );
}
