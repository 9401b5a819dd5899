import { join } from 'node:path';
import type { Command } from 'commander';
import { Catalogue, JackfieldError, listOutbox, resumeMasking, retryEvent } from '../../recording.js';
import { isConfirmed } from '../confirmation.js';
import { warnFault } from '../failure.js';
import { MAX_DAYS, numberFrom } from '../options.js';
import { printedTime, printLine, warnLine, warnNothing } from '../terminal-text.js';
import { checkRecordingsFolder, type FolderOptions, found, openFolder } from './recordings-folder.js';
import { printEntries } from './recordings-list.js';

/** Adds the options of `jackfield recordings hold` to its command. */
export function withHoldOptions(command: Command): Command {
  return command
    .option('--reason <text>', 'why', 'legal hold')
    .option('--release', 'release the hold', false)
    .action(hold);
}

/** Adds the options of `jackfield recordings purge` to its command. */
export function withPurgeOptions(command: Command): Command {
  return command
    .option('--older-than-days <n>', 'purge recordings that began longer ago', numberFrom(0, MAX_DAYS))
    .option(
      '--max-megabytes <n>',
      'purge the oldest recordings until the rest is no larger',
      numberFrom(0, 1e9),
    )
    .option('--yes', 'delete without asking', false)
    .action(purge);
}

/** Adds the options of `jackfield recordings outbox` to its command. */
export function withOutboxOptions(command: Command): Command {
  return command
    .option('--retry', 'let the recorder of the folder retry events that were given up', false)
    .action(outbox);
}

/** Rebuilds the catalogue from the sidecars. */
export async function index({ out, json }: FolderOptions): Promise<void> {
  await checkRecordingsFolder(out);
  const { catalogue: opened, damaged } = await Catalogue.renew(out);
  using catalogue = opened;
  if (damaged !== undefined) {
    warnLine(
      `The catalogue was damaged, and was moved to ${damaged}. Legal holds are restored from the files beside the recordings;`,
    );
    warnLine('holds set by a version without such files exist only in the damaged file: set them again.');
  }
  await resumeMasking(catalogue);
  const { recordings, failed } = await catalogue.rebuild();
  for (const [path, error] of failed) warnFault(path, error);
  printLine(
    json ? JSON.stringify({ recordings, failed: [...failed.keys()], damaged }) : `${recordings} recordings`,
  );
}

async function hold(
  id: string,
  { out, json, reason, release }: FolderOptions & { readonly reason: string; readonly release: boolean },
): Promise<void> {
  using catalogue = await openFolder(out);
  const ids = new Set(found(catalogue, id).map((entry) => entry.id));
  for (const whole of ids) await catalogue.hold(whole, release ? undefined : reason);
  for (const whole of ids) printLine(json ? JSON.stringify(catalogue.search({ id: whole })[0]) : whole);
}

async function purge(
  options: FolderOptions & {
    readonly olderThanDays?: number;
    readonly maxMegabytes?: number;
    readonly yes: boolean;
  },
): Promise<void> {
  const { olderThanDays, maxMegabytes, yes } = options;
  if (olderThanDays === undefined && maxMegabytes === undefined) {
    const text = 'Give what to purge: --older-than-days, --max-megabytes, or both.';
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }
  using catalogue = await openFolder(options.out);
  await catalogue.keepHolds();
  const entries = catalogue.purgeable({
    ...(olderThanDays !== undefined && { maxAgeDays: olderThanDays }),
    ...(maxMegabytes !== undefined && { maxBytes: maxMegabytes * 1e6 }),
  });
  printEntries(entries, options.json);
  const isSure = await isConfirmed(`Delete ${entries.length} recordings?`, { yes, count: entries.length });
  if (isSure) for (const entry of entries) await catalogue.remove(entry);
  const nothing = entries.length === 0 ? 'There is nothing to delete.' : 'Nothing was deleted: give --yes.';
  const deleted = isSure ? `${entries.length} deleted.` : nothing;
  if (!options.json) printLine(deleted);
}

async function outbox({ out, json, retry }: FolderOptions & { readonly retry: boolean }): Promise<void> {
  const folder = join(out, '.outbox');
  const events = await listOutbox(folder);
  if (events.length === 0) warnNothing('No events are waiting.');
  for (const undelivered of events) {
    const { event, channel, attempts, notBefore, lastError, state } = undelivered;
    const again = retry && state === 'failed';
    if (again) await retryEvent(folder, undelivered);
    const next = state === 'waiting' && attempts > 0 ? { next: new Date(notBefore).toISOString() } : {};
    const told = { ...event, channel, state: again ? 'waiting' : state, attempts, ...next, lastError };
    const line = `${printedTime(event.at)}  ${told.state}  ${channel}  ${event.type}  ${event.id}  attempts ${attempts}`;
    const why = lastError === undefined ? '' : `  ${JSON.stringify(lastError)}`;
    printLine(json ? JSON.stringify(told) : `${line}${why}`);
  }
}
