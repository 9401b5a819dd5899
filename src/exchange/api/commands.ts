import type {
  AlterCommand,
  CommandMessage,
  CreateCommand,
  EndpointMessage,
  GetCommand,
  SetCommand,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { UserCall } from '../calls/user-call.js';
import type { User } from '../user.js';
import { alterCall, getCall, placeCalls, setCall } from './answer-call.js';
import { clear, search } from './answer-history.js';
import { getParameter, moveWindow, setParameter } from './answer-parameter.js';
import { getProfile, getUser, setProfile, setUser } from './answer-user.js';
import { alterVoicemail, getVoicemail, leaveVoicemail, openVoicemail } from './answer-voicemail.js';
import { isDtmf } from './digits.js';
import { errorReply, Refusal } from './refusal.js';
import type { Services } from './services.js';

/** Answers a command of `user`'s client. @throws Refusal for an `ERROR` answer. */
export type CommandAnswerer = (
  command: CommandMessage,
  user: User,
) => EndpointMessage | Promise<EndpointMessage>;

/** The commands of the API, acting on `services`. */
export function commandAnswerer(services: Services): CommandAnswerer {
  return (command, user) => {
    switch (command.kind) {
      case 'ping':
        return replies.pong();
      case 'focus':
      case 'minimize':
        moveWindow(user, command.kind);
        return replies.echo(command);
      case 'reset-idle-timer':
      case 'button-pressed':
        return replies.echo(command);
      case 'button-released':
        release(services, user, command.key);
        return replies.echo(command);
      case 'get-parameter':
        return getParameter(services, user, command);
      case 'set-parameter':
        return setParameter(services, user, command);
      case 'call':
        return placeCalls(services, user, command);
      case 'voicemail':
      case 'call-voicemail':
        return leaveVoicemail(services, user, command);
      case 'get':
        return getProperty(services, user, command);
      case 'set':
        return setProperty(services, user, command);
      case 'alter':
        return alter(services, user, command);
      case 'search':
        return search(services, user, command);
      case 'clear':
        return clear(services, user, command);
      case 'open':
        if (command.what.toUpperCase() === 'VOICEMAIL') openVoicemail(services, user, command.argument);
        return replies.echo(command);
      case 'create':
        return create(command);
      case 'delete':
        return replies.echo(command);
      case 'unknown':
        throw new Refusal(replies.error(command.error));
      default:
        throw new Refusal('unknown-command');
    }
  };
}

/** Clients make applications, menu items and events as they attach; there is no window to show them. */
function create(command: CreateCommand): EndpointMessage {
  const { object, argument } = command;
  if (object !== 'MENU_ITEM' && object !== 'EVENT') return replies.echo(command);
  const [id = ''] = argument.split(' ', 1);
  if (!/^[a-z]/i.test(id))
    throw new Refusal(errorReply('create-object', `CREATE ${object}: the id must begin with a letter`));
  return replies.property(object, id, 'CREATED', '');
}

function getProperty(
  services: Services,
  user: User,
  command: GetCommand,
): EndpointMessage | Promise<EndpointMessage> {
  switch (command.object) {
    case 'CALL':
      return getCall(services, user, command);
    case 'VOICEMAIL':
      return getVoicemail(services, user, command);
    case 'USER':
      return getUser(services, user, command);
    case 'PROFILE':
      return getProfile(services, user, command);
    default:
      throw new Refusal('get-what');
  }
}

function setProperty(services: Services, user: User, command: SetCommand): EndpointMessage {
  switch (command.object) {
    case 'CALL':
      return setCall(services, user, command);
    case 'USER':
      return setUser(services, user, command);
    case 'PROFILE':
      return setProfile(services, user, command);
    default:
      throw new Refusal('set-what');
  }
}

function alter(
  services: Services,
  user: User,
  command: AlterCommand,
): EndpointMessage | Promise<EndpointMessage> {
  switch (command.object) {
    case 'CALL':
      return alterCall(services, user, command);
    case 'VOICEMAIL':
      return alterVoicemail(services, user, command);
    default:
      throw new Refusal('alter-object');
  }
}

/**
 * A key: during a call a digit is sent (reference, "SET CALL DTMF"), and kept while it rings; YES is the green one,
 * which answers a call and dials a number again.
 */
function release(services: Services, user: User, key: string): void {
  if (isDtmf(key)) callForKeys(services, user)?.sendDigits(key);
  if (key.toUpperCase() === 'YES') {
    services.calls.activeCallsOf(user).some((call) => call.redial() || call.answer());
  }
}

function callForKeys({ calls }: Services, user: User): UserCall | undefined {
  const active = calls.activeCallsOf(user);
  return active.find((call) => call.conversation) ?? active.find((call) => call.takesDigits);
}
