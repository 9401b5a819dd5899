import { entryOf } from '../../base/entry-of.js';
import { isTerminalCallStatus } from '../../protocol/catalogue/call-status.js';
import type { ClearCommand, EndpointMessage, SearchCommand } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import type { ApiObject } from '../api-object.js';
import type { User } from '../user.js';
import { friendsOf, waitingFor } from './contacts.js';
import { errorReply, Refusal } from './refusal.js';
import type { Services } from './services.js';

type CallFilter = (call: ApiObject<'CALL'>) => boolean;

const isMissed: CallFilter = (call) =>
  call.get('STATUS') === 'MISSED' && incoming(call) && call.get('SEEN') !== 'TRUE';
const incoming: CallFilter = (call) => call.get('TYPE')?.startsWith('INCOMING') ?? false;

const isActive: CallFilter = (call) => !isTerminalCallStatus(call.get('STATUS') ?? '');

/** What `CLEAR CALLHISTORY` can take away. */
const HISTORIES: Readonly<Record<string, CallFilter>> = {
  ALL: () => true,
  MISSED: (call) => call.get('STATUS') === 'MISSED',
  INCOMING: incoming,
  OUTGOING: (call) => !incoming(call),
};

/** `CLEAR CALLHISTORY ALL ALL`, as a wrapper sends it by default: all calls, with every user (observed). */
const EVERYONE = 'ALL';

/** Carries out a search. `target` is the rest of the command, trimmed. */
type Search = (services: Services, user: User, target: string) => EndpointMessage;

/** Makes a search that takes no target: with one it is refused with `error`, or in words of its own. */
const alone =
  (
    error: 'search-target' | 'search-missed-calls-target' | 'search-friends-target',
    what: string,
    run: (services: Services, user: User) => EndpointMessage,
  ): Search =>
  (services, user, target) => {
    if (target !== '')
      throw new Refusal(
        errorReply(error, error === 'search-target' ? `SEARCH ${what}: target not allowed` : undefined),
      );
    return run(services, user);
  };

/** A search for what there is none of on this exchange. */
const nothing =
  (list: EndpointMessage): Search =>
  () =>
    list;

/** Every search (reference, "Search commands"). */
const SEARCHES: Readonly<Record<SearchCommand['what'], Search>> = {
  CALLS: searchCalls,
  ACTIVECALLS: alone('search-target', 'ACTIVECALLS', (services, user) => callsOf(services, user, isActive)),
  MISSEDCALLS: alone('search-missed-calls-target', 'MISSEDCALLS', (services, user) =>
    callsOf(services, user, isMissed),
  ),
  VOICEMAILS: alone('search-target', 'VOICEMAILS', ({ voicemails }, user) =>
    replies.list('VOICEMAILS', ids(voicemails.objectsOf(user))),
  ),
  MISSEDVOICEMAILS: alone('search-target', 'MISSEDVOICEMAILS', ({ voicemails }, user) =>
    replies.list('VOICEMAILS', ids(voicemails.missedOf(user))),
  ),
  GREETING: searchGreeting,
  USERS: searchUsers,
  FRIENDS: alone('search-friends-target', 'FRIENDS', (services, user) =>
    replies.list('USERS', friendsOf(services, user)),
  ),
  SMSS: nothing(replies.list('SMSS', [])),
  MISSEDSMSS: nothing(replies.list('SMSS', [])),
  GROUPS: nothing(replies.list('GROUPS', [])),
  FILETRANSFERS: nothing(replies.list('FILETRANSFERS', [])),
  ACTIVEFILETRANSFERS: nothing(replies.list('FILETRANSFERS', [])),
  USERSWAITINGMYAUTHORIZATION: alone('search-target', 'USERSWAITINGMYAUTHORIZATION', (services, user) =>
    replies.list('USERS', waitingFor(services, user)),
  ),
  CHATS: nothing(replies.list('CHATS', [])),
  ACTIVECHATS: nothing(replies.list('CHATS', [])),
  MISSEDCHATS: nothing(replies.list('CHATS', [])),
  RECENTCHATS: nothing(replies.list('CHATS', [])),
  BOOKMARKEDCHATS: nothing(replies.list('CHATS', [])),
  MESSAGES: nothing(replies.list('MESSAGES', [])),
  MISSEDMESSAGES: nothing(replies.list('MESSAGES', [])),
  CHATMESSAGES: nothing(replies.list('CHATMESSAGES', [])),
  MISSEDCHATMESSAGES: nothing(replies.list('CHATMESSAGES', [])),
};

export function search(services: Services, user: User, { what, target }: SearchCommand): EndpointMessage {
  return SEARCHES[what](services, user, target);
}

/** The histories of chats are empty; that of calls and voicemails is cleared of what is over. */
export function clear(services: Services, user: User, command: ClearCommand): EndpointMessage {
  const argument = command.argument.trim();
  switch (command.what) {
    case 'CALLHISTORY': {
      const [which = '', whose = EVERYONE, ...more] = argument.split(/\s+/);
      const handle = whose.toUpperCase() === EVERYONE ? undefined : whose;
      const matches = entryOf(HISTORIES, which.toUpperCase());
      if (!matches) throw new Refusal('clear-calls-target');
      if (more.length > 0 || (handle && !isHandle(handle) && phoneNumber(handle) === undefined)) {
        throw new Refusal('clear-calls-handle');
      }
      services.calls.history.clear(user, (call) => matches(call) && (!handle || isWith(call, handle)));
      user.notify({ kind: 'call-history-changed' });
      return replies.echo(command);
    }
    case 'VOICEMAILHISTORY':
      if (argument !== '') throw new Refusal('clear-voicemails-argument');
      services.voicemails.clear(user);
      return replies.echo(command);
    case 'CHATHISTORY':
      if (argument !== '') throw new Refusal('clear-chats-argument');
      user.notify({ kind: 'im-history-changed' });
      return replies.echo(command);
    default:
      throw new Refusal('clear-target');
  }
}

function searchCalls(services: Services, user: User, target: string): EndpointMessage {
  if (target !== '' && !isHandle(target) && phoneNumber(target) === undefined)
    throw new Refusal('search-calls-target');
  return callsOf(services, user, (call) => target === '' || isWith(call, target));
}

function searchGreeting(services: Services, user: User, target: string): EndpointMessage {
  const owner = services.userOf(target);
  if (!owner) throw new Refusal('search-greeting-handle');
  return replies.list('VOICEMAILS', [services.voicemails.greetingOf(user, owner).id]);
}

function searchUsers(services: Services, _user: User, target: string): EndpointMessage {
  if (target === '') throw new Refusal('search-users-target');
  return replies.list('USERS', found(services, target));
}

function callsOf({ calls }: Services, user: User, matches: CallFilter): EndpointMessage {
  return replies.list('CALLS', ids(calls.history.objectsOf(user).filter(matches)));
}

function ids(objects: readonly { readonly id: number }[]): number[] {
  return objects.map((object) => object.id);
}

function isWith(call: ApiObject<'CALL'>, handle: string): boolean {
  return call.get('PARTNER_HANDLE')?.toLowerCase() === (phoneNumber(handle) ?? handle).toLowerCase();
}

function found(services: Services, text: string): string[] {
  const wanted = text.toLowerCase();
  return services
    .identities()
    .filter(({ handle, fullName }) => [handle, fullName].some((name) => name.toLowerCase().includes(wanted)))
    .map(({ handle }) => handle);
}
