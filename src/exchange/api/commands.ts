import type { CommandMessage, EndpointMessage } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { UserCall } from '../calls/user-call.js';
import type { ExchangeUser } from '../exchange-user.js';
import { exchangeKinds } from '../kind/kinds.js';
import { openVoicemail } from '../kind/voicemail-kind.js';
import { ObjectAnswerer } from '../object/answer-object.js';
import type { ObjectOwner } from '../object/api-object.js';
import type { Shelves } from '../object/object-shelf.js';
import { getParameter, moveWindow, setParameter } from './answer-parameter.js';
import { isDtmf } from './digits.js';
import { placeCalls, placeVoicemail } from './place-call.js';
import { Refusal } from './refusal.js';
import type { Services } from './services.js';

/** The commands of the API, acting on `services`. */
export class Commands {
  readonly #services: Services;
  readonly #objects: ObjectAnswerer;

  /** @param shelf Gives the place in which objects of a kind survive a restart. */
  constructor(services: Services, shelf: Shelves) {
    this.#services = services;
    this.#objects = new ObjectAnswerer(exchangeKinds(shelf));
  }

  /** Answers a command of `client`, at the endpoint of `user`. @throws Refusal for an `ERROR` answer. */
  answer(
    command: CommandMessage,
    user: ExchangeUser,
    client: ObjectOwner,
  ): EndpointMessage | Promise<EndpointMessage> {
    const services = this.#services;
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
        return placeVoicemail(services, user, command);
      case 'get':
      case 'set':
      case 'alter':
      case 'create':
      case 'delete':
      case 'search':
      case 'clear':
        return this.#objects.answer(command, { services, user, client });
      case 'open':
        if (command.what.toUpperCase() === 'VOICEMAIL') {
          openVoicemail({ services, user, client }, command.argument);
        }
        return replies.echo(command);
      case 'unknown':
        throw new Refusal(replies.error(command.error));
      default:
        throw new Refusal('unknown-command');
    }
  }

  /** Forgets what belonged to a client that has gone. */
  leave(client: ObjectOwner): void {
    this.#objects.leave(client);
  }

  /** Takes in what a former run has kept. */
  restore(): void {
    this.#objects.restore(this.#services.userOf);
  }
}

/**
 * A key: during a call a digit is sent (reference, "SET CALL DTMF"), and kept while it rings; YES is the green one,
 * which answers a call and dials a number again.
 */
function release(services: Services, user: ExchangeUser, key: string): void {
  if (isDtmf(key)) callForKeys(services, user)?.sendDigits(key);
  if (key.toUpperCase() === 'YES') {
    services.calls.activeCallsOf(user).some((call) => call.redial() || call.answer());
  }
}

function callForKeys({ calls }: Services, user: ExchangeUser): UserCall | undefined {
  const active = calls.activeCallsOf(user);
  return active.find((call) => call.conversation) ?? active.find((call) => call.takesDigits);
}
