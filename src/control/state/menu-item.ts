import { checkOptions, flag, line, needed, oneOf, path, type Rules, rule } from '../../base/check.js';
import type { Clock } from '../../base/time/clock.js';
import type { ValueTypes } from '../../protocol/catalogue/value-type.js';
import { CODECS } from '../../protocol/value-codecs.js';
import type { CommandOptions, CommandSender } from '../client/command-sender.js';
import { quotedText, WindowEntry, type WindowEntryEvents } from './window-entry.js';

/** Options of `client.menuItem`. */
export interface MenuItemOptions {
  /** Name of the item for this program: a letter, then letters, digits and `_`. */
  readonly id: string;
  /** The menu that contains it. */
  readonly context: 'CHAT' | 'CALL' | 'MYSELF' | 'TOOLS' | 'CONTACT';
  /** Its text, 1 to 32 characters. */
  readonly caption: string;
  /** Not shown by Skype. Default: none. */
  readonly hint?: string;
  /** Path of a PNG of at most 32 by 32 pixels, on the endpoint's machine. Default: none. */
  readonly icon?: string;
  /** False for a grey item, which cannot be clicked. Default true. */
  readonly enabled?: boolean;
  /** In the menu of a contact: kind of contact for which it can be clicked. Default `all`. */
  readonly contacts?: 'skype' | 'skypeout' | 'all';
}

/** A click on a menu item, with the menu and its contacts. */
export type MenuClick = ValueTypes['click'];

/** Rule of the name of an entry in the window. */
export const ENTRY_ID = rule(
  'a letter, followed by letters, digits and _, at most 100 characters',
  (value) => typeof value === 'string' && /^[a-z]\w{0,99}$/i.test(value),
);

const CAPTION = rule(
  'a string of 1 to 32 characters in one line',
  (value) => line(1, 64).accepts(value) && [...(value as string)].length <= 32,
);

const RULES: Rules<MenuItemOptions> = {
  id: needed(ENTRY_ID),
  context: needed(oneOf('CHAT', 'CALL', 'MYSELF', 'TOOLS', 'CONTACT')),
  caption: needed(CAPTION),
  hint: line(0, 1000),
  icon: path,
  enabled: flag,
  contacts: oneOf('skype', 'skypeout', 'all'),
};

/** A MENU_ITEM object: this program's own entry in a menu of the endpoint. Made by {@link Client.menuItem}. */
export class MenuItem extends WindowEntry<'MENU_ITEM', MenuClick, WindowEntryEvents<MenuClick>> {
  /** @internal */
  constructor(id: string, sender: CommandSender, clock: Clock) {
    super('MENU_ITEM', id, sender, clock);
  }

  /** Changes its text. @throws ERR_INVALID_ARG, ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED */
  async setCaption(caption: string, options?: CommandOptions): Promise<void> {
    checkOptions({ caption }, { caption: needed(CAPTION) });
    const text = quotedText('caption', caption);
    await this.set('CAPTION', caption, options);
    this.keep('CAPTION', text);
  }

  /** Makes it grey or normal. @throws ERR_INVALID_ARG, ERR_API, ERR_TIMEOUT, ERR_ABORTED, ERR_CLOSED */
  async setEnabled(enabled: boolean, options?: CommandOptions): Promise<void> {
    checkOptions({ enabled }, { enabled: needed(flag) });
    await this.set('ENABLED', enabled, options);
    this.keep('ENABLED', String(enabled));
  }

  protected override clickOf(value: string): MenuClick | undefined {
    return CODECS.click.decode(value);
  }
}

/** Gives the parameters of CREATE. @throws ERR_INVALID_ARG, naming the option. */
export function menuItemParameters(options: MenuItemOptions): ReadonlyMap<string, string> {
  checkOptions(options, RULES);
  const { context, caption, hint, icon, enabled, contacts } = options;
  return new Map([
    ['CONTEXT', context],
    ['CAPTION', quotedText('caption', caption)],
    ...(hint === undefined ? [] : [['HINT', quotedText('hint', hint)] as const]),
    ...(icon === undefined ? [] : [['ICON', quotedText('icon', icon)] as const]),
    ...(enabled === undefined ? [] : [['ENABLED', String(enabled)] as const]),
    ...(contacts === undefined ? [] : [['CONTACT_TYPE_FILTER', contacts] as const]),
  ]);
}
