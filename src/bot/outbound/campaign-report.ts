import {
  checkArgument,
  checkOptions,
  line,
  listOf,
  needed,
  object,
  oneOf,
  type Rules,
} from '../../base/check.js';
import { csvLine } from '../../base/csv.js';
import { entryOf } from '../../base/entry-of.js';
import type { CampaignResult } from './campaign-call.js';

export interface CampaignReportOptions {
  /** `csv`: a table, RFC 4180. `json`: figures and calls. `html`: a self-contained page. */
  readonly format: 'csv' | 'json' | 'html';
  /** Name of the campaign. Default: `Campaign`. */
  readonly title?: string;
}

/** A campaign in figures. Targets count by their last call. */
export interface CampaignFigures {
  readonly targets: number;
  /** Calls that were placed. */
  readonly calls: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Total length of the calls, in milliseconds. */
  readonly totalMs: number;
}

const RULES: Rules<CampaignReportOptions> = {
  format: needed(oneOf('csv', 'json', 'html')),
  title: line(1, 200),
};
const COLUMNS = ['placed', 'target', 'attempt', 'seconds', 'outcome', 'status', 'again', 'error'] as const;

/** Makes a report of the calls of a campaign: the results of {@link runCampaign}, or of {@link CampaignLog.search}. */
export function campaignReport(calls: readonly CampaignResult[], options: CampaignReportOptions): string {
  checkArgument('calls', calls, listOf(object));
  checkOptions(options, RULES);
  const { format, title = 'Campaign' } = options;
  if (format === 'json')
    return `${JSON.stringify({ title, figures: figuresOf(calls), calls }, undefined, 2)}\n`;
  const names = [...new Set(calls.flatMap(({ variables }) => Object.keys(variables)))];
  const rows = calls.map((call) => [...cellsOf(call), ...names.map((name) => variableOf(call, name))]);
  const header = [...COLUMNS, ...names];
  return format === 'csv'
    ? [header, ...rows].map(csvLine).join('')
    : page(title, figuresOf(calls), header, rows);
}

function cellsOf(call: CampaignResult): string[] {
  const { placedAtMs, target, attempt, durationMs, outcome, status, retry, error = '' } = call;
  const placed = new Date(placedAtMs).toISOString();
  const seconds = (durationMs / 1000).toFixed(1);
  return [placed, target, String(attempt), seconds, outcome, status, retry ? 'yes' : 'no', error];
}

function variableOf({ variables }: CampaignResult, name: string): string {
  return entryOf(variables, name) ?? '';
}

function figuresOf(calls: readonly CampaignResult[]): CampaignFigures {
  const last = new Map(calls.map(({ target, outcome }) => [target.toLowerCase(), outcome]));
  const outcomes = new Map<string, number>();
  for (const outcome of last.values()) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  return {
    targets: last.size,
    calls: calls.filter(({ outcome }) => outcome !== 'unsaid' && outcome !== 'do-not-call').length,
    outcomes: Object.fromEntries(outcomes),
    totalMs: calls.reduce((sum, { durationMs }) => sum + durationMs, 0),
  };
}

function page(
  title: string,
  { targets, calls, outcomes, totalMs }: CampaignFigures,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const figures = [
    ['Targets', targets],
    ['Calls', calls],
    ['Minutes', (totalMs / 60_000).toFixed(1)],
    ...Object.entries(outcomes),
  ].map(([name, value]) => `<tr><th>${html(String(name))}</th><td>${html(String(value))}</td></tr>`);
  const cells = (tag: 'th' | 'td', row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${html(cell)}</${tag}>`).join('')}</tr>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>${html(title)}</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { border-bottom: 1px solid #ccc; padding: .3em .8em .3em 0; text-align: left; vertical-align: top; }
</style>
<h1>${html(title)}</h1>
<table>${figures.join('\n')}</table>
<table>
<thead>${cells('th', header)}</thead>
<tbody>
${rows.map((row) => cells('td', row)).join('\n')}
</tbody>
</table>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes a text for HTML, and replaces control characters. */
function html(text: string): string {
  return text
    .replaceAll(/\p{Cc}/gu, ' ')
    .replaceAll(/[&<>"']/g, (character) => entryOf(ENTITIES, character) ?? '');
}
