import { EventEmitter } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkArgument, checkOptions, words } from '../base/check.js';
import { asError, invalidArgument } from '../base/errors.js';
import { Fence } from '../base/listener/fence.js';
import { Opening } from '../base/opening.js';
import { systemClock } from '../base/time/clock.js';
import { makePrivateFolder } from '../files/private-file.js';
import { DESTINATION, type Destination } from '../switch/attempt.js';
import { LEG, type Leg } from '../switch/leg.js';
import type { Line, LineOptions } from '../switch/line.js';
import { AccountDoor } from './account/account-door.js';
import { ACCOUNT_LISTEN_RULES, type AccountListenOptions } from './account/account-listen-options.js';
import { Authorization } from './api/authorization.js';
import { Endpoint, type EndpointContext } from './api/endpoint.js';
import type { Session } from './api/session.js';
import { DBUS_LISTEN_RULES, DbusListener, type DbusListenOptions } from './attach/dbus-listener.js';
import type { Door } from './attach/door.js';
import { TCP_LISTEN_RULES, TcpListener, type TcpListenOptions } from './attach/tcp-listener.js';
import {
  WINDOWS_LISTEN_RULES,
  WindowsListener,
  type WindowsListenOptions,
} from './attach/windows-listener.js';
import { X11_LISTEN_RULES, X11Listener, type X11ListenOptions } from './attach/x11-listener.js';
import { openChatStore } from './chat-store/open-chat-store.js';
import type { ExchangeChats } from './chats/chats.js';
import { Desk } from './desk/desk.js';
import { echoService } from './echo-service.js';
import { type CallView, callView, type ExchangeEvents } from './exchange-events.js';
import {
  checkFileRoot,
  type ExchangeOptions,
  type ResolvedOptions,
  resolveOptions,
} from './exchange-options.js';
import { ExchangeUser, type Notify } from './exchange-user.js';
import { Interior, type Kept } from './interior.js';
import { checkDeposit, type Deposit } from './mailbox/voicemails.js';
import type { People } from './people/people.js';
import { checkIncoming, type IncomingSms } from './sms/sms-messages.js';
import { StateJournal } from './store/state-journal.js';
import type { UserOptions, UserSettings } from './user-options.js';
import type { ClosedStream } from './voice/voice-router.js';
import { checkIdentity } from './wire-value.js';

/** Reports a listener of `failure` that itself throws, as a process warning. */
const LAST_FENCE = new Fence((error) => process.emitWarning(asError(error)));

/** Closes the sound devices of a user. */
async function letGo({ soundCard, ringer, pcSpeaker }: UserSettings): Promise<void> {
  await Promise.all([soundCard, ringer, pcSpeaker].map((card) => card?.close?.()));
}

/** Something that serves an endpoint to clients. */
interface Listener {
  close(): Promise<void>;
}

/**
 * An embedded exchange: users, a call testing service, and an endpoint for each user that speaks the Skype
 * Desktop API from Skype's side.
 */
export class Exchange extends EventEmitter<ExchangeEvents> implements AsyncDisposable {
  /** Presence, profiles and contacts of the users. @internal */
  readonly people: People;
  /** Chats of the users and robots. @internal */
  readonly chats: ExchangeChats;
  readonly #options: ResolvedOptions;
  readonly #inside: Interior;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #desks = new Map<ExchangeUser, Desk>();
  readonly #listeners: Listener[] = [];
  readonly #account: AccountDoor;
  readonly #clients = new WeakMap<Session, number>();
  readonly #temporary: string | undefined;
  /** Catches failures, so that none ends a call, a session or the process. */
  readonly #fence = new Fence((error, where) => {
    if (this.listenerCount('failure') === 0) this.#early?.push([error, where]);
    else this.emit('failure', error, where);
  });
  /** Failures from before a listener could be added; undefined once they have been emitted. */
  #early: [error: unknown, where: string][] | undefined = [];
  #lastClient = 0;

  private constructor(options: ResolvedOptions, kept: Kept, temporary: string | undefined) {
    super();
    this.#options = options;
    this.#temporary = temporary;
    this.#inside = new Interior(options, kept, {
      fence: this.#fence,
      streamClosed: (closed) => this.#streamClosed(closed),
      detach: ({ handle }) => void this.endpoint(handle).close(),
    });
    this.people = this.#inside.people;
    this.chats = this.#inside.chats;
    this.#account = new AccountDoor({
      services: this.#inside.services,
      clock: this.#fence.clock(systemClock),
      secret: () => this.#inside.store.secret,
      clientsOf: ({ handle }) => this.endpoint(handle).sessions.map(({ name }) => name ?? ''),
    });
    const context = this.#endpointContext();
    for (const user of options.users) this.#addUser(user, context);
    this.#inside.restore();
  }

  /**
   * Starts an exchange. It opens no port until {@link listen} is called; {@link endpoint} serves the same process.
   *
   * @throws ERR_INVALID_ARG, naming the option; ERR_FILE when the state folder or a folder for FILE cannot be used.
   */
  static async start(options: ExchangeOptions = {}): Promise<Exchange> {
    const resolved = resolveOptions(options);
    await Promise.all((options.fileRoots ?? []).map(checkFileRoot));
    const { stateFolder, clock, robots } = resolved;
    const echo = await echoService(clock);
    await using opening = new Opening();
    const temporary =
      stateFolder === undefined
        ? opening.add(await mkdtemp(join(tmpdir(), 'jackfield-')), (folder) =>
            rm(folder, { recursive: true }),
          )
        : undefined;
    const journal =
      stateFolder === undefined
        ? undefined
        : opening.add(await StateJournal.open(stateFolder), (it) => it.close());
    const voicemails = join(stateFolder ?? temporary ?? '', 'voicemails');
    await makePrivateFolder(voicemails);
    const chats = opening.add(await openChatStore(resolved), (it) => it.close());
    const exchange = new Exchange(resolved, { journal, voicemails, chats }, temporary);
    for (const robot of [echo, ...robots]) exchange.addRobot(robot);
    setImmediate(() => exchange.#tellEarly());
    return opening.done(exchange);
  }

  /**
   * Gives the endpoint of one user, to attach to in this process.
   *
   * @param handle Default: the first user.
   * @throws ERR_INVALID_ARG when there is no such user.
   */
  endpoint(handle?: string): Endpoint {
    if (handle !== undefined) checkArgument('handle', handle, words);
    const [first] = this.#endpoints.keys();
    const endpoint = this.#endpoints.get((handle ?? first ?? '').toLowerCase());
    if (endpoint) return endpoint;
    throw invalidArgument('handle', `one of the exchange's users (${this.handles.join(', ')})`, handle);
  }

  /**
   * Gives the desk of one user, or of the first: the person at the window.
   *
   * @throws ERR_INVALID_ARG when there is no such user
   */
  desk(handle?: string): Desk {
    const { user } = this.endpoint(handle);
    const desk = this.#desks.get(user) ?? new Desk(user, this.#inside);
    this.#desks.set(user, desk);
    return desk;
  }

  /** Handles of the users. */
  get handles(): string[] {
    return this.#inside.directory.users.map(({ handle }) => handle);
  }

  /** Serves a user's endpoint on a loopback TCP port. Returns the port. @throws ERR_INVALID_ARG, ERR_PORT */
  async listen(options: TcpListenOptions & { readonly handle?: string } = {}): Promise<number> {
    checkOptions(options, { ...TCP_LISTEN_RULES, handle: words });
    const listener = await TcpListener.open(this.endpoint(options.handle), options, this.#door());
    this.#listeners.push(listener);
    return listener.port;
  }

  /**
   * Serves a user's endpoint on D-Bus, as `com.Skype.API`.
   *
   * @throws ERR_PORT when the bus or its name is not available.
   */
  async listenOnDbus(options: DbusListenOptions & { readonly handle?: string } = {}): Promise<void> {
    checkOptions(options, { ...DBUS_LISTEN_RULES, handle: words });
    this.#listeners.push(await DbusListener.open(this.endpoint(options.handle), options, this.#door()));
  }

  /** Serves a user's endpoint on X11, as `_SKYPE_INSTANCE`. @throws ERR_PORT when the display is not available. */
  async listenOnX11(options: X11ListenOptions & { readonly handle?: string } = {}): Promise<void> {
    checkOptions(options, { ...X11_LISTEN_RULES, handle: words });
    this.#listeners.push(await X11Listener.open(this.endpoint(options.handle), options, this.#door()));
  }

  /**
   * Serves a user's endpoint by window messages, as Skype for Windows did.
   *
   * @throws ERR_PORT when this is not Windows, the package koffi is missing, or another program serves there.
   */
  async listenOnWindows(options: WindowsListenOptions & { readonly handle?: string } = {}): Promise<void> {
    checkOptions(options, { ...WINDOWS_LISTEN_RULES, handle: words });
    this.#listeners.push(await WindowsListener.open(this.endpoint(options.handle), options, this.#door()));
  }

  /**
   * Serves the account services over HTTP, on this machine alone unless `host` says otherwise. Returns the port.
   *
   * @throws ERR_INVALID_ARG, naming the option; ERR_PORT.
   */
  async listenHttp(options: AccountListenOptions): Promise<number> {
    checkOptions(options, ACCOUNT_LISTEN_RULES);
    return await this.#account.listen(options);
  }

  /** Adds a scripted destination of calls. @throws ERR_INVALID_ARG, ERR_LINE_BREAK for its name */
  addRobot(robot: Destination): void {
    checkArgument('robot', robot, DESTINATION);
    this.#inside.directory.addRobot(robot);
  }

  /**
   * Adds a line to phones, which is closed with the exchange. If several lines take a number, the one with the longest
   * prefix is tried first, then the next.
   *
   * @throws ERR_INVALID_ARG, and the error of the line's `open`; the line is then not added.
   */
  async addLine(line: Line, options: LineOptions = {}): Promise<void> {
    await this.#inside.lines.add(line, options);
  }

  /**
   * Calls a user from one end of a call, such as an outside line or `robot.leg()`.
   *
   * @throws ERR_INVALID_ARG when there is no such user, or the name of the leg cannot be sent on the wire.
   */
  callFrom(leg: Leg, handle: string): void {
    checkArgument('leg', leg, LEG);
    checkArgument('handle', handle, words);
    const { user } = this.endpoint(handle);
    checkIdentity('leg', leg.identity);
    this.#inside.calls.placeFrom(leg, this.#inside.directory.destinationOf(user, this.#inside.calls));
  }

  /**
   * Puts a voicemail into a user's mailbox. Its file stays where it is.
   *
   * @returns the id of the VOICEMAIL object.
   * @throws ERR_INVALID_ARG when there is no such user; ERR_FILE, ERR_WAV when the file cannot be read.
   */
  async deposit(deposit: Deposit & { readonly to: string }): Promise<number> {
    checkDeposit(deposit);
    const { user } = this.endpoint(deposit.to);
    return this.#inside.voicemails.deposit(user, deposit);
  }

  /**
   * Delivers a text from a phone to a user.
   *
   * @returns the id of the SMS object.
   * @throws ERR_INVALID_ARG when there is no such user, for an invalid phone number, and for an invalid text.
   */
  receiveSms(sms: IncomingSms & { readonly to: string }): number {
    checkIncoming(sms);
    return this.#inside.sms.receive(this.endpoint(sms.to).user, sms);
  }

  /** Calls in progress, one entry for each user's view of a call. */
  get calls(): CallView[] {
    return this.#inside.calls.active.map(callView);
  }

  /**
   * Emits an event to every listener. A listener that throws is reported as a `failure`, and the others are still
   * called.
   * @internal
   */
  override emit(event: keyof ExchangeEvents, ...args: readonly unknown[]): boolean {
    const fence = event === 'failure' ? LAST_FENCE : this.#fence;
    return fence.emit(this as unknown as EventEmitter, event, args, `listener of ${event}`);
  }

  /** Ends all calls, flushes their streams, then closes every session and port. */
  async close(): Promise<void> {
    const steps = [
      ...this.#inside.closing,
      () => this.#endpoints.forEach((endpoint) => void endpoint.close()),
      () => this.#account.close(),
      () => Promise.all(this.#inside.directory.users.map(({ settings }) => letGo(settings))),
      () => Promise.all(this.#listeners.splice(0).map((listener) => listener.close())),
      () => this.#endpoints.forEach((endpoint) => void endpoint.end()),
      () => this.#inside.clock.end(),
      () => this.#inside.store.close(),
      () => this.#temporary && rm(this.#temporary, { recursive: true, force: true }),
    ];
    // A step that fails does not prevent the others.
    for (const step of steps) await this.#fence.run('close', step as () => unknown);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tellEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const [error, where] of early) this.#fence.tell(error, where);
  }

  #door(): Door {
    const { limits } = this.#options;
    const attached = () => Array.from(this.#endpoints.values(), ({ sessions }) => sessions.length);
    return {
      limits,
      clock: this.#fence.clock(systemClock),
      full: () => attached().reduce((sum, count) => sum + count, 0) >= limits.clients,
      fence: this.#fence,
    };
  }

  #endpointContext(): Omit<EndpointContext, 'trace'> {
    return {
      clock: this.#inside.clock,
      commands: this.#inside.commands,
      authorization: new Authorization(this.#options.attach, this.#inside.store, this.#options.limits),
      limits: this.#options.limits,
      fence: this.#fence,
    };
  }

  #addUser(options: UserOptions, context: Omit<EndpointContext, 'trace'>): void {
    const notify: Notify = (message, versions) => {
      endpoint.notify(message, versions);
      this.#account.noticed(user, message);
      user.screen.changed();
    };
    const user = new ExchangeUser(options, notify, this.#inside.clock);
    const endpoint: Endpoint = new Endpoint(user, {
      ...context,
      trace: (direction, text, session) => this.#trace(user, direction, text, session),
    });
    user.onArrival(() => this.chats.arrived(user));
    this.#inside.directory.addUser(user);
    this.#endpoints.set(user.handle.toLowerCase(), endpoint);
  }

  #streamClosed(closed: ClosedStream): void {
    const { object, id, stream, error } = closed;
    if (error !== undefined) this.#fence.tell(error, `${object} ${id} ${stream}`);
    this.emit('stream-closed', closed);
  }

  #trace(user: ExchangeUser, direction: 'in' | 'out', text: string, session: Session): void {
    if (this.listenerCount('line') === 0) return;
    const client = this.#clients.get(session) ?? ++this.#lastClient;
    this.#clients.set(session, client);
    this.emit('line', { handle: user.handle, client, direction, text });
  }
}
