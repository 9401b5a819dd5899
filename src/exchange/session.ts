import { messageOf } from '../errors.js';
import type { CommandMessage, EndpointMessage } from '../protocol/message.js';
import { parseCommand } from '../protocol/parse-command.js';
import { answering, replies } from '../protocol/replies.js';
import { serialize } from '../protocol/serialize.js';
import type { CommandAnswerer } from './commands.js';
import { Refusal } from './refusal.js';
import type { User } from './user.js';

/** The newest version of the protocol that the reference describes; clients that ask for more get this one. */
const NEWEST_PROTOCOL = 8;

/** Internal error, as the reference numbers it. */
const INTERNAL_ERROR = 97;

/** A client's end of a session; transports implement it. */
export interface SessionClient {
  /** Gets each line meant for the client, without a terminator. */
  deliver(line: string): void;
  /** The endpoint ends the session. */
  closed(): void;
}

/** One client's attachment to an endpoint: its name, its protocol version, its commands and their answers. */
export class Session {
  readonly user: User;
  readonly #client: SessionClient;
  readonly #answer: CommandAnswerer;
  readonly #onEnd: () => void;
  #name: string | undefined;
  #protocol = 1;
  #open = true;

  constructor(user: User, client: SessionClient, answer: CommandAnswerer, onEnd: () => void) {
    this.user = user;
    this.#client = client;
    this.#answer = answer;
    this.#onEnd = onEnd;
  }

  /** What the client called itself with NAME. */
  get name(): string | undefined {
    return this.#name;
  }

  /** The version of the protocol that this client speaks; 1 until it asks for another. */
  get protocol(): number {
    return this.#protocol;
  }

  /** Takes one line from the client and answers it. Lines are answered in their order unless one has to wait. */
  receive(line: string): void {
    const command = parseCommand(line);
    try {
      const answer = this.#respond(command);
      if (answer instanceof Promise) {
        answer.then(
          (reply) => this.#reply(command, reply),
          (error: unknown) => this.#reply(command, refusalOf(error)),
        );
      } else this.#reply(command, answer);
    } catch (error) {
      this.#reply(command, refusalOf(error));
    }
  }

  /** Sends a notification, already serialized. */
  notify(line: string): void {
    if (this.#open) this.#client.deliver(line);
  }

  /** The client has gone. */
  disconnect(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#onEnd();
  }

  /** The endpoint goes: the client is told. */
  end(): void {
    if (!this.#open) return;
    this.disconnect();
    this.#client.closed();
  }

  #respond(command: CommandMessage): EndpointMessage | Promise<EndpointMessage> {
    switch (command.kind) {
      case 'name':
        this.#name = command.name;
        return replies.ok();
      case 'protocol':
        if (command.version < 1) throw new Refusal(27);
        this.#protocol = Math.min(command.version, NEWEST_PROTOCOL);
        queueMicrotask(() => this.#greet());
        return replies.protocol(this.#protocol);
      default:
        return this.#answer(command, this.user);
    }
  }

  /** What an endpoint pushes when a client has attached. */
  #greet(): void {
    this.notify(serialize(replies.parameter('CONNSTATUS', 'ONLINE')));
    this.notify(serialize(replies.parameter('CURRENTUSERHANDLE', this.user.handle)));
    this.notify(
      serialize(replies.parameter('USERSTATUS', this.user.parameters.get('USERSTATUS') ?? 'ONLINE')),
    );
  }

  #reply(command: CommandMessage, reply: EndpointMessage): void {
    this.notify(serialize(answering(command, reply)));
  }
}

function refusalOf(error: unknown): EndpointMessage {
  if (error instanceof Refusal) return error.reply;
  return replies.error(INTERNAL_ERROR, `Internal error: ${messageOf(error).replace(/\s+/g, ' ')}`);
}
