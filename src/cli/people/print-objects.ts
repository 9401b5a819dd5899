import type { Client } from '../../control.js';
import { attachTo } from '../endpoint-options.js';
import { Report } from '../report.js';
import { stopSignal, untilStopped } from '../shutdown.js';
import { warnLine, warnNothing } from '../terminal-text.js';
import type { PeopleOptions } from './people-options.js';

/** Output of a command for objects of one kind. */
export interface Printing<T, F extends object> {
  /** Name of the command for attaching. */
  readonly program: string;
  /** Reads the facts of an object, which are also the output of `--json`. */
  facts(object: T): Promise<F>;
  /** Formats the line for people. */
  line(facts: F): string;
}

/** Prints the objects found by `find`. @param none Warning when there are none. */
export async function printFound<T, F extends object>(
  options: PeopleOptions,
  printing: Printing<T, F>,
  find: (client: Client) => Promise<readonly T[]>,
  none: string,
): Promise<void> {
  const report = new Report(options.json);
  await using attached = await attachTo(options, { name: printing.program });
  const found = await find(attached.client);
  if (found.length === 0) warnNothing(none);
  for (const object of found) await print(report, printing, object);
}

/**
 * Prints objects when they change, in the order of the notifications, until stopped.
 *
 * @param listen Calls `changed` with the notified facts of an object, which may have changed again since.
 */
export async function printChanges<T, F extends object>(
  options: PeopleOptions,
  printing: Printing<T, F>,
  listen: (client: Client, changed: (object: T, told: Partial<F>) => void) => void,
  doing: string,
): Promise<void> {
  const report = new Report(options.json);
  const stop = stopSignal();
  await using attached = await attachTo(options, { name: printing.program });
  let printed: Promise<unknown> = Promise.resolve();
  listen(attached.client, (object, told) => {
    printed = printed.then(() => print(report, printing, object, told)).catch(() => undefined);
  });
  warnLine(`${doing}. Ctrl-C ends.`);
  await untilStopped(stop, attached.client);
  await printed;
}

async function print<T, F extends object>(
  report: Report,
  printing: Printing<T, F>,
  object: T,
  told: Partial<F> = {},
): Promise<void> {
  const facts = { ...(await printing.facts(object)), ...told };
  report.line(facts, printing.line(facts));
}
