import { callback, checkArgument, words } from '../../base/check.js';
import { messageOf } from '../../base/errors.js';
import type { Fence } from '../../base/listener/fence.js';
import type { Clock } from '../../base/time/clock.js';
import { textOfLines } from '../../protocol/many-lines.js';
import type { CommandMessage, EndpointMessage } from '../../protocol/message.js';
import { parseCommand } from '../../protocol/parse-command.js';
import { answering, replies } from '../../protocol/replies.js';
import { hasLineBreak, serialize } from '../../protocol/serialize.js';
import { fromVersion, negotiateProtocol, toVersion } from '../../protocol/versions.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type ExchangeLimits, limitReached } from '../limits.js';
import { asLine, checkText, MAX_NAME_LENGTH } from '../wire-value.js';
import type { Authorization } from './authorization.js';
import type { Commands } from './commands.js';
import { LineQueue } from './line-queue.js';
import { errorReply, Refusal, taking } from './refusal.js';

/** A client's end of a session. Transports implement it. */
export interface SessionClient {
  /** True when delivered text may contain CR and LF, as chat messages of several lines do. Default false. */
  readonly multiline?: boolean;
  /** True when the client was authorised before it sent NAME. Default false: NAME asks for authorisation. */
  readonly allowed?: boolean;
  /** Receives each line for the client, without a terminator. */
  deliver(line: string): void;
  /** Called when the endpoint ends the session. */
  closed(): void;
}

/** The part of an endpoint that a session uses. */
export interface SessionContext {
  readonly user: ExchangeUser;
  readonly clock: Clock;
  readonly commands: Commands;
  readonly authorization: Authorization;
  readonly limits: ExchangeLimits;
  /** Fence around this client's commands and notifications. */
  readonly fence: Fence;
  /** Shortest time between a command and its answer, in milliseconds. */
  readonly minReplyLatencyMs: number;
  /** Reports each line that passes, for recorders. */
  trace(direction: 'in' | 'out', line: string, session: Session): void;
  ended(session: Session): void;
}

/** A client's attachment to an endpoint: its name, protocol version, commands and answers. */
export class Session {
  readonly #context: SessionContext;
  readonly #client: SessionClient;
  #name: string | undefined;
  #protocol = 1;
  #allowed: boolean;
  #open = true;
  /** Notifications held back during a command, since the answer is sent first. */
  #held: EndpointMessage[] | undefined;
  readonly #outbox: LineQueue;
  /** Number of commands that wait for their answers. */
  #waiting = 0;

  constructor(client: SessionClient, context: SessionContext) {
    this.#client = client;
    this.#context = context;
    this.#allowed = client.allowed === true || context.authorization.open;
    this.#outbox = new LineQueue(context.clock);
  }

  /** Handle of the user whose endpoint it is attached to. */
  get handle(): string {
    return this.#context.user.handle;
  }

  /** Name of the client, from NAME. */
  get name(): string | undefined {
    return this.#name;
  }

  /** Protocol version of this client; 1 until it asks for another. */
  get protocol(): number {
    return this.#protocol;
  }

  /**
   * Takes one line from the client and answers it. Lines are answered in order, except those that have to wait.
   *
   * @param reply Sends the answer. Default: `deliver` of the client.
   */
  receive(line: string, reply: (line: string) => void = (answer) => this.#client.deliver(answer)): void {
    checkArgument('line', line, words);
    checkArgument('reply', reply, callback);
    this.#context.trace('in', line, this);
    const { limits } = this.#context;
    if (this.#waiting >= limits.commandsWaiting) {
      this.#say(() => reply(serialize(internalError(limitReached(limits, 'commandsWaiting')))));
      return;
    }
    this.#waiting++;
    const command = parseCommand(line);
    const answered = (message: EndpointMessage) => this.#answer(command, message, reply);
    const refused = (error: unknown) => answered(this.#refusalOf(error, command));
    this.#held ??= [];
    try {
      checkLine(line, command, this.#client.multiline === true);
      const answer = this.#respond(command);
      if (answer instanceof Promise) answer.then(answered).catch(refused);
      else answered(answer);
    } catch (error) {
      refused(error);
    }
    this.#release();
  }

  /** Sends a notification, in the client's version of the protocol. @internal */
  notify(message: EndpointMessage): void {
    if (!this.#open || !this.#allowed) return;
    if (this.#held) this.#held.push(message);
    else
      this.#context.fence.run(this.#where, () => this.#put(message, 0, (line) => this.#client.deliver(line)));
  }

  /** Ends the session after the client has disconnected. */
  disconnect(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#outbox.clear();
    this.#context.commands.leave(this);
    this.#context.ended(this);
  }

  /** Ends the session when the endpoint closes. Sends the waiting lines, then informs the client. */
  end(): void {
    if (!this.#open) return;
    this.#outbox.flush();
    this.disconnect();
    this.#context.fence.run(this.#where, () => this.#client.closed());
  }

  #respond(command: CommandMessage): EndpointMessage | Promise<EndpointMessage> {
    const { user, authorization, commands } = this.#context;
    if (command.kind === 'name') {
      taking('syntax', () => checkText('NAME', command.name, MAX_NAME_LENGTH));
      const allowed = this.#client.allowed === true || authorization.allows(user, command.name);
      return allowed instanceof Promise
        ? allowed.then((result) => this.#named(command.name, result))
        : this.#named(command.name, allowed);
    }
    if (!this.#allowed) throw new Refusal('access-denied');
    if (command.kind !== 'protocol') {
      if (!this.#loggedIn && !isForLoggedOut(command)) throw new Refusal('logged-out');
      return commands.answer(fromVersion(command, this.#protocol), user, this);
    }
    if (command.version < 1) throw new Refusal('protocol-version');
    this.#protocol = Math.min(negotiateProtocol(command.version), this.#context.user.release.protocol);
    this.#greet();
    return replies.protocol(this.#protocol);
  }

  #named(name: string, allowed: boolean): EndpointMessage {
    this.#allowed = allowed;
    if (!allowed) throw new Refusal('access-denied');
    this.#name = name;
    return this.#loggedIn ? replies.ok() : replies.parameter('CONNSTATUS', 'OFFLINE');
  }

  get #loggedIn(): boolean {
    return this.#context.user.parameters.get('USERSTATUS') !== 'LOGGEDOUT';
  }

  /** Sends the first lines to a client that has attached. */
  #greet(): void {
    const { handle, parameters } = this.#context.user;
    const connected = this.#loggedIn && parameters.get('CONNSTATUS');
    this.notify(replies.parameter('CONNSTATUS', connected || 'OFFLINE'));
    this.notify(replies.parameter('CURRENTUSERHANDLE', handle));
    this.notify(replies.parameter('USERSTATUS', parameters.get('USERSTATUS') ?? 'ONLINE'));
  }

  #answer(command: CommandMessage, message: EndpointMessage, reply: (line: string) => void): void {
    this.#put(answering(command, message), this.#context.minReplyLatencyMs, (line) => {
      this.#waiting--;
      reply(line);
    });
  }

  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const message of held) this.notify(message);
  }

  /** Queues a message in the client's protocol version. */
  #put(message: EndpointMessage, delayMs: number, give: (line: string) => void): void {
    if (!this.#open) return;
    // Names and texts come from outside: line breaks in them are replaced, so that one message stays one line.
    const multiline = this.#client.multiline === true && textOfLines(message) !== undefined;
    const line = serialize(toVersion(message, this.#protocol), { breaks: 'blank', multiline });
    this.#outbox.put(this.#context.clock.now() + delayMs, () => {
      this.#say(() => {
        this.#context.trace('out', line, this);
        give(line);
      });
    });
  }

  /** Sends through the transport. If that fails, the session ends. */
  #say(deliver: () => void): void {
    if (!this.#open) return;
    try {
      deliver();
    } catch (error) {
      this.#context.fence.tell(error, this.#where);
      this.end();
    }
  }

  get #where(): string {
    return `client ${JSON.stringify(this.#name ?? '')} of ${this.#context.user.handle}`;
  }

  #refusalOf(error: unknown, command: CommandMessage): EndpointMessage {
    if (error instanceof Refusal) return error.replyTo(command);
    this.#context.fence.tell(error, this.#where);
    return internalError(messageOf(error));
  }
}

function internalError(why: string): EndpointMessage {
  return errorReply('internal', `Internal error: ${asLine(why)}`);
}

/** True for a command that is answered while no user is logged in: it reads a parameter, or logs in. */
function isForLoggedOut(command: CommandMessage): boolean {
  if (command.kind === 'set-parameter') return command.parameter === 'USERSTATUS';
  return ['ping', 'get-parameter', 'unknown'].includes(command.kind);
}

/** Checks that a command can be sent on the wire before it is carried out. @throws Refusal when it cannot. */
function checkLine(line: string, command: CommandMessage, multiline: boolean): void {
  if (!hasLineBreak(line)) return;
  const text = multiline ? textOfLines(command) : undefined;
  if (text === undefined) throw new Refusal('syntax', 'a command must be free of CR, LF and NUL');
  const isTextAlone = !hasLineBreak(line.slice(0, line.length - text.length)) && !hasLineBreak(text, true);
  if (!isTextAlone)
    throw new Refusal('syntax', 'only the text of a message may hold CR and LF, and none NUL');
}
