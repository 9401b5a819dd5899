import type { Calls } from '../calls/calls.js';
import type { ExchangeChats } from '../chats/chats.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { People } from './people.js';

/** Adds the partners of calls and chats to the users that a user has been in touch with. */
export function countPartners(people: People, calls: Calls, chats: ExchangeChats): void {
  people.addPartners((user) => calls.objects.listOf(user).map((call) => call.get('PARTNER_HANDLE') ?? ''));
  people.addPartners((user) => writersTo(chats, user));
  chats.onMessage(({ view }) => people.recount(view.user));
}

/** Lists the partners of a user's dialogs, and the authors of messages in the user's other chats. */
function writersTo(chats: ExchangeChats, user: ExchangeUser): string[] {
  return chats
    .list(user)
    .flatMap(({ face }) => (face.kind === 'DIALOG' ? face.members.map(({ handle }) => handle) : face.posters))
    .filter((handle) => handle.toLowerCase() !== user.handle.toLowerCase());
}
