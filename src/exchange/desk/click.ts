import { checkOptions, type Rules, whole, words } from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { encodeProperty } from '../../protocol/values.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import type { Services } from '../api/services.js';
import { partnerOf } from '../chats/chat-properties.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type Extension, type ExtensionName, extensionsOf } from './extension.js';

/** Options of a click on a menu item: the object that the menu belongs to. */
export interface ClickOptions {
  /** Name of the program that owns the item, when several programs have one of this id. */
  readonly program?: string;
  /** Contact whose menu is used. Default: the one that has the focus. */
  readonly contact?: string;
  /** Number of the call whose menu is used. Default: the first call in progress. */
  readonly call?: number;
  /** Id of the chat whose menu is used. Default: the one whose window is in front. */
  readonly chat?: string;
}

const RULES: Rules<ClickOptions> = {
  program: words,
  contact: words,
  call: whole(1, Number.MAX_SAFE_INTEGER),
  chat: words,
};

/**
 * Clicks a menu item. Only its client is notified (reference, "MENU_ITEM events").
 *
 * @throws ERR_INVALID_STATE when the item does not exist, is grey, or has no object to be clicked for; ERR_INVALID_ARG.
 */
export function clickItem(services: Services, user: ExchangeUser, id: string, options: ClickOptions): void {
  checkOptions(options, RULES);
  const item = extensionOf(services, user, 'MENU_ITEM', id, options.program);
  if (!item.enabled) throw impossible(`The menu item ${id} is disabled.`);
  const clicked = encodeProperty('MENU_ITEM', 'CLICKED', {
    context: item.context.toLowerCase(),
    ...belonging(services, user, item, options),
  });
  item.click(clicked);
}

/** Clicks an alert. Only its client is notified (reference, "Skype Alert Events"). @throws ERR_INVALID_STATE */
export function clickAlert(services: Services, user: ExchangeUser, id: string, program?: string): void {
  extensionOf(services, user, 'EVENT', id, program).click('');
}

/** Gives the contact, call or chat of the menu, in the form of the notification. */
function belonging(
  services: Services,
  user: ExchangeUser,
  item: Extension,
  { contact = user.parameters.get('CONTACTS_FOCUSED') ?? '', call: id, chat }: ClickOptions,
): { readonly handle?: string; readonly contextId?: string } {
  switch (item.context) {
    case 'MYSELF':
    case 'TOOLS':
      return {};
    case 'CONTACT':
      return { handle: checkContact(item, contact) };
    case 'CALL': {
      const call = services.calls.activeCallsOf(user).find((each) => id === undefined || each.id === id);
      if (!call) throw impossible(`${user.handle} has no call ${id ?? ''} with a menu.`);
      return { handle: call.partner.handle, contextId: String(call.id) };
    }
    case 'CHAT':
      return ofChat(services, user, chat);
    default:
      return item.context satisfies never;
  }
}

/**
 * Gives the partner and the name of a chat, for the notification.
 *
 * @throws ERR_INVALID_STATE when there is no such chat, or it has more than two members, for which the menu is grey.
 */
function ofChat({ chats }: Services, user: ExchangeUser, id: string | undefined) {
  const { what, argument } = user.screen.front;
  const name = id ?? (what === 'CHAT' ? argument : '');
  const view = chats.find(user, name);
  if (!view) throw impossible(`${user.handle} has no chat ${JSON.stringify(name)} with a menu.`);
  if (view.face.members.length > 2)
    throw impossible(`The chat ${name} has more than two members: its menu is disabled.`);
  return { handle: partnerOf(view), contextId: name };
}

/**
 * Checks a contact.
 *
 * @throws ERR_INVALID_ARG for a value that is not a contact; ERR_INVALID_STATE when the item is grey for it.
 */
function checkContact({ id, filter }: Extension, contact: string): string {
  const isPhone = phoneNumber(contact) === contact;
  if (!isPhone && !isHandle(contact)) {
    throw invalidArgument('contact', 'a Skype name or a phone number that begins with +', contact);
  }
  if (filter !== 'all' && (filter === 'skypeout') !== isPhone) {
    throw impossible(`The menu item ${id} is disabled for ${contact}: it is for ${filter} contacts.`);
  }
  return contact;
}

function extensionOf(
  { extensions }: Services,
  user: ExchangeUser,
  object: ExtensionName,
  id: string,
  program: string | undefined,
): Extension {
  const found = extensionsOf(extensions, object, user).filter(
    (each) => each.id === id && (program === undefined || each.owner.name === program),
  );
  const [first, ...others] = found;
  if (!first) throw impossible(`No program has created ${object} ${JSON.stringify(id)}.`);
  if (others.length > 0 && program === undefined) {
    throw impossible(`Several programs have created ${object} ${id}: give the name of one as "program".`);
  }
  return first;
}

function impossible(message: string): JackfieldError {
  return new JackfieldError('ERR_INVALID_STATE', message);
}
