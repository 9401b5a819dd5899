import { entryOf } from '../../base/entry-of.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';

/** Visible contacts: the distance that PAGEUP and PAGEDOWN move. */
const PAGE = 10;

/** Moves of the focus, from the index of a contact (-1 for none) to another index, which may be out of range. */
const MOVES: Readonly<Record<string, (at: number, length: number) => number>> = {
  UP: (at, length) => (at < 0 ? length - 1 : at - 1),
  DOWN: (at) => at + 1,
  PAGEUP: (at) => at - PAGE,
  PAGEDOWN: (at) => Math.max(at, 0) + PAGE,
};

/** A contact in the list of the window. */
interface Listed {
  readonly handle: string;
  readonly name: string;
}

/**
 * Moves the focus in the list of contacts by a key: to the next contact, by a page, or to the next name that begins
 * with a letter. The list is sorted by name. Clients are notified of the new contact. Other keys do nothing.
 */
export function moveFocus(services: Services, user: ExchangeUser, key: string): void {
  const contacts = contactList(services, user);
  const focused = user.parameters.get('CONTACTS_FOCUSED') ?? '';
  const at = contacts.findIndex(({ handle }) => handle.toLowerCase() === focused.toLowerCase());
  const move = entryOf(MOVES, key);
  const next = move
    ? contacts[clamp(move(at, contacts.length), contacts.length)]
    : beginning(contacts, at, key);
  if (next && next.handle.toLowerCase() !== focused.toLowerCase()) user.focus(next.handle);
}

function contactList({ people }: Services, user: ExchangeUser): Listed[] {
  const { sight } = people;
  const listed = people.friendsOf(user).map((handle) => ({
    handle,
    name: sight.value(user, handle, 'DISPLAYNAME') || sight.value(user, handle, 'FULLNAME') || handle,
  }));
  return listed.sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** Finds the next contact after `at` whose name begins with a letter, and continues from the start of the list. */
function beginning(contacts: readonly Listed[], at: number, letter: string): Listed | undefined {
  if (!/^[A-Z]$/.test(letter)) return undefined;
  const inTurn = [...contacts.slice(at + 1), ...contacts.slice(0, at + 1)];
  return inTurn.find(({ name }) => name.toUpperCase().startsWith(letter));
}

function clamp(place: number, length: number): number {
  return Math.max(0, Math.min(place, length - 1));
}
