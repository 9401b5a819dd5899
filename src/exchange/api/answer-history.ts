import { isTerminalCallStatus } from '../../protocol/catalogue/call-status.js';
import type { ClearCommand, EndpointMessage, SearchCommand } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { ApiObject } from '../api-object.js';
import { isHandle, phoneNumber } from '../identity.js';
import type { User } from '../user.js';
import { Refusal } from './refusal.js';
import type { Services } from './services.js';

type CallFilter = (call: ApiObject<'CALL'>) => boolean;

const isMissed: CallFilter = (call) =>
  call.get('STATUS') === 'MISSED' && incoming(call) && call.get('SEEN') !== 'TRUE';
const incoming: CallFilter = (call) => call.get('TYPE')?.startsWith('INCOMING') ?? false;

/** What `CLEAR CALLHISTORY` can take away. */
const HISTORIES: Readonly<Record<string, CallFilter>> = {
  ALL: () => true,
  MISSED: (call) => call.get('STATUS') === 'MISSED',
  INCOMING: incoming,
  OUTGOING: (call) => !incoming(call),
};

export function search(services: Services, user: User, { what, target }: SearchCommand): EndpointMessage {
  const calls = (matches: CallFilter) =>
    replies.list('CALLS', ids(services.calls.objectsOf(user).filter(matches)));
  const noTarget = (number: 6 | 29 | 67) => {
    if (target !== '')
      throw new Refusal(number, number === 29 ? `SEARCH ${what}: target not allowed` : undefined);
  };
  switch (what) {
    case 'CALLS':
      if (target !== '' && !isHandle(target) && phoneNumber(target) === undefined) throw new Refusal(5);
      return calls((call) => target === '' || isWith(call, target));
    case 'ACTIVECALLS':
      noTarget(29);
      return calls((call) => !isTerminalCallStatus(call.get('STATUS') ?? ''));
    case 'MISSEDCALLS':
      noTarget(6);
      return calls(isMissed);
    case 'VOICEMAILS':
      noTarget(29);
      return replies.list('VOICEMAILS', ids(services.voicemails.objectsOf(user)));
    case 'MISSEDVOICEMAILS':
      noTarget(29);
      return replies.list('VOICEMAILS', ids(services.voicemails.missedOf(user)));
    case 'GREETING': {
      const owner = services.userOf(target);
      if (!owner) throw new Refusal(534);
      return replies.list('VOICEMAILS', [services.voicemails.greetingOf(user, owner).id]);
    }
    case 'USERS':
      if (target === '') throw new Refusal(4);
      return replies.list('USERS', found(services, target));
    case 'FRIENDS':
      noTarget(67);
      return replies.list(
        'USERS',
        [...user.contacts.keys()].filter((handle) => user.isContact(handle)),
      );
    case 'SMSS':
    case 'MISSEDSMSS':
      return replies.list('SMSS', []);
    case 'GROUPS':
      return replies.list('GROUPS', []);
    case 'FILETRANSFERS':
    case 'ACTIVEFILETRANSFERS':
      return replies.list('FILETRANSFERS', []);
    case 'USERSWAITINGMYAUTHORIZATION':
      return replies.list('USERS', []);
    case 'CHATS':
    case 'ACTIVECHATS':
    case 'MISSEDCHATS':
    case 'RECENTCHATS':
    case 'BOOKMARKEDCHATS':
      return replies.list('CHATS', []);
    case 'MESSAGES':
    case 'MISSEDMESSAGES':
      return replies.list('MESSAGES', []);
    case 'CHATMESSAGES':
    case 'MISSEDCHATMESSAGES':
      return replies.list('CHATMESSAGES', []);
    default:
      return what satisfies never;
  }
}

/** The histories of chats are empty; that of calls and voicemails is cleared of what is over. */
export function clear(services: Services, user: User, command: ClearCommand): EndpointMessage {
  const argument = command.argument.trim();
  switch (command.what) {
    case 'CALLHISTORY': {
      const [which = '', handle, ...more] = argument.split(/\s+/);
      const matches = HISTORIES[which.toUpperCase()];
      if (!matches) throw new Refusal(524);
      if (more.length > 0 || (handle && !isHandle(handle) && phoneNumber(handle) === undefined)) {
        throw new Refusal(525);
      }
      services.calls.clear(user, (call) => matches(call) && (!handle || isWith(call, handle)));
      user.notify({ kind: 'call-history-changed' });
      return replies.echo(command);
    }
    case 'VOICEMAILHISTORY':
      if (argument !== '') throw new Refusal(523);
      services.voicemails.clear(user);
      return replies.echo(command);
    case 'CHATHISTORY':
      if (argument !== '') throw new Refusal(522);
      user.notify({ kind: 'im-history-changed' });
      return replies.echo(command);
    default:
      throw new Refusal(521);
  }
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
