import type { Calls } from '../calls/calls.js';
import type { ExchangeChats } from '../chats/chats.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { People } from './people.js';

/** Counts the users with whom a user has talked or written among the people that they know. */
export function countPartners(people: People, calls: Calls, chats: ExchangeChats): void {
  people.addPartners((user) => calls.objects.listOf(user).map((call) => call.get('PARTNER_HANDLE') ?? ''));
  people.addPartners((user) => writersTo(chats, user));
  chats.onMessage(({ view }) => people.recount(view.user));
}

/** Lists the partners of a user's dialogs, and those who have written in their other chats. */
function writersTo(chats: ExchangeChats, user: ExchangeUser): string[] {
  return chats
    .list(user)
    .flatMap(({ face }) => (face.kind === 'DIALOG' ? face.members.map(({ handle }) => handle) : face.posters))
    .filter((handle) => handle.toLowerCase() !== user.handle.toLowerCase());
}
