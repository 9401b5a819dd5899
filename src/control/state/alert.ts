import { checkOptions, line, needed, type Rules } from '../../base/check.js';
import type { Clock } from '../../base/time/clock.js';
import type { CommandSender } from '../client/command-sender.js';
import { ENTRY_ID } from './menu-item.js';
import { quotedText, WindowEntry, type WindowEntryEvents } from './window-entry.js';

/** Options of `client.alert`. */
export interface AlertOptions {
  /** Name of the alert for this program: a letter, then letters, digits and `_`. */
  readonly id: string;
  /** Its text, shown as a link. */
  readonly caption: string;
  /** Text that is shown while the mouse is over it. Default: none. */
  readonly hint?: string;
}

/** A click on an alert. */
export interface AlertClick {
  readonly alert: string;
}

const RULES: Rules<AlertOptions> = {
  id: needed(ENTRY_ID),
  caption: needed(line(1, 1000)),
  hint: line(0, 1000),
};

/** An EVENT object: this program's own entry in the list of events. Made by {@link Client.alert}. */
export class Alert extends WindowEntry<'EVENT', AlertClick, WindowEntryEvents<AlertClick>> {
  /** @internal */
  constructor(id: string, sender: CommandSender, clock: Clock) {
    super('EVENT', id, sender, clock);
  }

  protected override clickOf(): AlertClick {
    return { alert: this.id };
  }
}

/** Gives the parameters of CREATE. @throws ERR_INVALID_ARG, naming the option. */
export function alertParameters(options: AlertOptions): ReadonlyMap<string, string> {
  checkOptions(options, RULES);
  const { caption, hint = '' } = options;
  return new Map([
    ['CAPTION', quotedText('caption', caption)],
    ['HINT', quotedText('hint', hint)],
  ]);
}
