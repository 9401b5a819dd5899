import type { FeedEvent } from '../../service.js';
import { fittedColumns, type TableColumn, textTable } from '../text-table.js';

const HEAD = ['account', 'call', 'partner', 'status', 'bot', 'recorded', 'time'];
/** Fixed widths keep the columns in place while rows come and go. */
const COLUMNS: readonly TableColumn[] = [
  { width: 12 },
  { align: 'right', width: 6 },
  { width: 18 },
  { width: 11 },
  { width: 12 },
  { width: 8 },
  { align: 'right', width: 7 },
];
/** Lines of the screen besides the rows: the head, the number of hidden rows, the cursor, one event. */
const SPARE_LINES = 4;

interface Row {
  readonly account: string;
  readonly call: number;
  readonly partner: string;
  readonly sinceMs: number;
  status: string;
  bot: string;
  recorded: string;
}

/** A live table of the calls on a feed. */
export class CallTable {
  readonly #rows = new Map<string, Row>();
  readonly #away = new Set<string>();

  /** Takes the next event. */
  take(event: FeedEvent): void {
    const { account = '' } = event;
    if (event.type === 'endpoint') {
      if (event.what === 'lost') this.#away.add(event.endpoint);
      else this.#away.delete(event.endpoint);
    }
    if (!('call' in event) || event.call === undefined) return;
    const key = `${account} ${event.call}`;
    if (event.type === 'call') {
      const { call, partner } = event;
      const row = {
        account,
        call,
        partner,
        sinceMs: Date.parse(event.at),
        status: '',
        bot: '',
        recorded: '',
      };
      this.#rows.set(key, row);
    }
    const row = this.#rows.get(key);
    if (!row) return;
    if (event.type === 'state') {
      row.status = event.status;
      if (event.phase === 'ended') this.#rows.delete(key);
    } else if (event.type === 'bot') row.bot = event.what === 'talking' ? event.bot : '';
    else if (event.type === 'recording') row.recorded = RECORDED.get(event.what) ?? row.recorded;
  }

  /** Lines for a terminal of this size, at this time. */
  lines(unixMs: number, { width, height }: { readonly width: number; readonly height: number }): string[] {
    const rows = [...this.#rows.values()];
    const shown = rows.slice(0, Math.max(1, height - SPARE_LINES));
    const columns = fittedColumns(COLUMNS, width - 1);
    const cells = shown.map(({ account, call, partner, status, bot, recorded, sinceMs }) => [
      ...[account, String(call), partner, status, bot, recorded],
      duration(unixMs - sinceMs),
    ]);
    const table = textTable(
      [HEAD, ...cells].map((row) => row.slice(0, columns.length)),
      columns,
      width - 1,
    );
    if (rows.length === 0) table.push('  no calls; Ctrl-C ends');
    if (rows.length > shown.length) table.push(`  and ${rows.length - shown.length} more`);
    if (this.#away.size > 0) table.push(`  away: ${[...this.#away].join(', ')}`);
    return table.map((line) => line.slice(0, width - 1));
  }
}

const RECORDED: ReadonlyMap<string, string> = new Map([
  ['begun', 'yes'],
  ['held', 'held'],
  ['paused', 'paused'],
  ['resumed', 'yes'],
  ['disk-full', 'disk full'],
  ['ended', ''],
]);

function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
