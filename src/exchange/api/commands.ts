import type { CommandMessage, EndpointMessage } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { checkKey, releaseKey } from '../desk/press-key.js';
import type { ExchangeUser } from '../exchange-user.js';
import { exchangeKinds } from '../kind/kinds.js';
import { ObjectAnswerer } from '../object/answer-object.js';
import type { ObjectOwner } from '../object/api-object.js';
import type { Asking } from '../object/object-kind.js';
import { getParameter, moveWindow, setParameter } from './answer-parameter.js';
import { answerChat, sendChatMessage, sendMessage } from './chat-commands.js';
import { closeWindow, openWindow } from './open-window.js';
import { placeCalls, placeVoicemail } from './place-call.js';
import { Refusal } from './refusal.js';
import type { Services } from './services.js';

/** Carries out the commands of the API on `services`. */
export class Commands {
  readonly #services: Services;
  readonly #objects: ObjectAnswerer;

  constructor(services: Services) {
    this.#services = services;
    this.#objects = new ObjectAnswerer(exchangeKinds(services));
  }

  /** Answers a command of `client`, at the endpoint of `user`. @throws Refusal for an `ERROR` answer. */
  answer(
    command: CommandMessage,
    user: ExchangeUser,
    client: ObjectOwner,
  ): EndpointMessage | Promise<EndpointMessage> {
    const unknown = user.release.refusalOf(command);
    if (unknown) throw new Refusal(unknown);
    if (user.release.ignores(command)) return replies.echo(command);
    return this.#execute(command, { services: this.#services, user, client });
  }

  #execute(command: CommandMessage, asking: Asking): EndpointMessage | Promise<EndpointMessage> {
    const { services, user } = asking;
    switch (command.kind) {
      case 'ping':
        return replies.pong();
      case 'focus':
      case 'minimize':
        moveWindow(user, command.kind);
        return replies.echo(command);
      case 'reset-idle-timer':
        services.idle.reset(user);
        return replies.echo(command);
      case 'button-pressed':
        checkKey(command.key);
        return replies.echo(command);
      case 'button-released':
        releaseKey(services, user, checkKey(command.key));
        return replies.echo(command);
      case 'get-parameter':
        return getParameter(asking, command);
      case 'set-parameter':
        return setParameter(asking, command);
      case 'call':
        return placeCalls(services, user, command);
      case 'voicemail':
      case 'call-voicemail':
        return placeVoicemail(services, user, command);
      case 'chat':
        return answerChat(services, user, command);
      case 'message':
        return sendMessage(services, user, command);
      case 'chat-message':
        return sendChatMessage(services, user, command);
      case 'get':
      case 'set':
      case 'alter':
      case 'create':
      case 'delete':
      case 'search':
      case 'clear':
        return this.#objects.answer(command, asking);
      case 'hook':
      case 'ready':
        return replies.echo(command);
      case 'close':
        closeWindow(asking, command);
        return replies.echo(command);
      case 'transfer':
      case 'open':
        return open(asking, command);
      case 'unknown':
        throw new Refusal(replies.error(command.error));
      default:
        throw new Refusal('unknown-command');
    }
  }

  /** Removes the objects of a client that has disconnected. */
  leave(client: ObjectOwner): void {
    this.#objects.leave(client);
  }

  /** Restores the state of the previous run. */
  restore(): void {
    this.#objects.restore(this.#services.userOf);
  }
}

/** Opens a window. If that takes time, the answer waits for it. */
function open(
  asking: Asking,
  command: Extract<CommandMessage, { kind: 'open' | 'transfer' }>,
): EndpointMessage | Promise<EndpointMessage> {
  const { kind, argument } = command;
  const opened = openWindow(
    asking,
    kind === 'open' ? command : { kind: 'open', what: 'FILETRANSFER', argument },
  );
  return opened ? opened.then(() => replies.echo(command)) : replies.echo(command);
}
