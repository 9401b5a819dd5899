import { type Command, Option } from 'commander';
import type { CatalogueEntry, CatalogueQuery } from '../../recording.js';
import { between, dateOption, MAX_SECONDS, numberFrom } from '../options.js';
import { printedTime, printLine, warnNothing } from '../terminal-text.js';
import { type TableColumn, textTable } from '../text-table.js';
import { type FolderOptions, openFolder } from './recordings-folder.js';

interface SearchOptions extends FolderOptions {
  readonly since?: Date;
  readonly until?: Date;
  readonly partner?: string;
  readonly minSeconds?: number;
  readonly maxSeconds?: number;
  readonly text?: string;
  readonly said?: string;
  readonly saidBy?: 'local' | 'remote';
  readonly saidWithin?: number;
  readonly minDeadAir?: number;
  readonly interruptedBy?: 'local' | 'remote';
  readonly limit: number;
}

/** Adds the options of `jackfield recordings list` to its command. */
export function withListOptions(command: Command): Command {
  return command
    .option('--since <date>', 'began at or after this time', dateOption)
    .option('--until <date>', 'began before this time', dateOption)
    .option('--partner <text>', 'with this text in the name of the partner')
    .option('--min-seconds <n>', 'at least this long', numberFrom(0, MAX_SECONDS))
    .option('--max-seconds <n>', 'at most this long', numberFrom(0, MAX_SECONDS))
    .option('--text <text>', 'with these words in tags, marks, notes or the transcript')
    .option('--said <words>', 'with these words in the transcript')
    .addOption(new Option('--said-by <leg>', 'said by this side').choices(['local', 'remote']))
    .option('--said-within <n>', 'with at most this many other words between them', between(0, 1000))
    .option(
      '--min-dead-air <seconds>',
      'with dead air of at least this length (in analysed recordings)',
      numberFrom(0, MAX_SECONDS),
    )
    .addOption(
      new Option(
        '--interrupted-by <leg>',
        'this side interrupted the other (in analysed recordings)',
      ).choices(['local', 'remote']),
    )
    .option('--limit <n>', 'at most this many', between(1, 1_000_000), 100)
    .action(list);
}

/** Adds the options of `jackfield recordings search` to its command. */
export function withSearchOptions(command: Command): Command {
  return command.option('--limit <n>', 'at most this many', between(1, 1_000_000), 100).action(search);
}

async function list(options: SearchOptions): Promise<void> {
  using catalogue = await openFolder(options.out);
  const { since, until, partner, minSeconds, maxSeconds, text, minDeadAir, interruptedBy, limit } = options;
  const { said, saidBy, saidWithin } = options;
  const query: CatalogueQuery = {
    limit,
    ...(since && { since }),
    ...(until && { until }),
    ...(partner !== undefined && { partner }),
    ...(text !== undefined && { text }),
    ...(said !== undefined && { said }),
    ...(saidBy !== undefined && { saidBy }),
    ...(saidWithin !== undefined && { saidWithin }),
    ...(minDeadAir !== undefined && { minDeadAirMs: minDeadAir * 1000 }),
    ...(interruptedBy !== undefined && { interruptedBy }),
    ...(minSeconds !== undefined && { minMs: minSeconds * 1000 }),
    ...(maxSeconds !== undefined && { maxMs: maxSeconds * 1000 }),
  };
  const entries = catalogue.search(query);
  if (entries.length === 0) warnNothing(`No matching recordings in ${options.out}.`);
  printEntries(entries, options.json);
}

async function search(words: string[], { out, json, limit }: FolderOptions & { readonly limit: number }) {
  using catalogue = await openFolder(out);
  const entries = catalogue.search({ text: words.join(' '), limit });
  if (entries.length === 0) warnNothing(`No recording in ${out} has these words.`);
  printEntries(entries, json);
}

/** Columns: id, start, length, partner, file, notes. */
const COLUMNS: readonly TableColumn[] = [{}, {}, { align: 'right' }, {}, {}, {}];

/** Prints one line per recording, as a table or as JSON. */
export function printEntries(entries: readonly CatalogueEntry[], json: boolean): void {
  if (json) for (const entry of entries) printLine(JSON.stringify(entry));
  else for (const line of textTable(entries.map(row), COLUMNS)) printLine(line);
}

function row({
  id,
  startedAt,
  durationMs,
  partner,
  complete,
  end,
  hold: held,
  file,
}: CatalogueEntry): string[] {
  const seconds = `${(durationMs / 1000).toFixed(1)} s`;
  const notes = [...(complete ? [] : [end]), ...(held === undefined ? [] : [`hold: ${held}`])].join('; ');
  return [id.slice(0, 8), printedTime(startedAt), seconds, partner, file, notes];
}
