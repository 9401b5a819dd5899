import { type Command, InvalidArgumentError } from 'commander';
import { type ArchiveQuery, commandTranscriber, type Transcriber } from '../../voicemail.js';
import { type EndpointOptions, withEndpoint } from '../endpoint-options.js';
import { dateOption } from '../options.js';

/** Options of a command that attaches to an endpoint. */
export interface OnlineOptions extends EndpointOptions {
  readonly json?: boolean;
}

/** Options of a command on an archive. */
export interface ArchiveOptions {
  readonly in: string;
  readonly json?: boolean;
}

/** Options to filter the messages of an archive. */
export interface FilterOptions {
  readonly partner?: string;
  readonly tag?: string;
  readonly since?: number;
  readonly until?: number;
  readonly held?: boolean;
}

export function online(parent: Command, name: string): Command {
  return withEndpoint(parent.command(name)).option('--json', 'print one JSON object per line');
}

export function onArchive(parent: Command, name: string): Command {
  return parent
    .command(name)
    .requiredOption('--in <folder>', 'the archive')
    .option('--json', 'print one JSON object per line');
}

export function withFilters(command: Command): Command {
  return command
    .option('--partner <handle>', 'only messages from or to this handle')
    .option('--tag <tag>', 'only messages with this tag')
    .option('--held', 'only messages under legal hold')
    .option('--since <date>', 'only messages recorded at or after this time, such as 2026-11-22', date)
    .option('--until <date>', 'recorded before', date);
}

/** Converts words and filters to a query. */
export function queryOf(
  words: readonly string[],
  { partner, tag, since, until, held }: FilterOptions,
): ArchiveQuery {
  return {
    ...(words.length > 0 && { text: words.join(' ') }),
    ...(partner !== undefined && { partner }),
    ...(tag !== undefined && { tag }),
    ...(held && { hold: true }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  };
}

/** Creates an engine from the command and arguments after `--`. */
export function engineOf([command, ...args]: readonly string[]): Transcriber | undefined {
  return command === undefined ? undefined : commandTranscriber({ command, args });
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Give a whole number.');
  return Number(text);
}

export function wholeNumbers(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber(text)];
}

/** Parses a date or time to seconds since the Unix epoch. */
function date(text: string): number {
  return Math.floor(dateOption(text).getTime() / 1000);
}
