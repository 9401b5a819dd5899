import { EventEmitter } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkArgument, checkOptions, words } from '../base/check.js';
import { type Clock, systemClock } from '../base/clock.js';
import { asError, invalidArgument, JackfieldError } from '../base/errors.js';
import { Fence } from '../base/fence.js';
import { Opening } from '../base/opening.js';
import { makePrivateFolder } from '../files/private-file.js';
import { DESTINATION, type Destination } from '../switch/attempt.js';
import { LEG, type Leg } from '../switch/leg.js';
import { VoiceTicker } from '../switch/voice-ticker.js';
import { Authorization } from './api/authorization.js';
import { Commands } from './api/commands.js';
import { Endpoint, type EndpointContext } from './api/endpoint.js';
import type { Services } from './api/services.js';
import type { Session } from './api/session.js';
import { DBUS_LISTEN_RULES, DbusListener, type DbusListenOptions } from './attach/dbus-listener.js';
import type { Door } from './attach/door.js';
import { TCP_LISTEN_RULES, TcpListener, type TcpListenOptions } from './attach/tcp-listener.js';
import { X11_LISTEN_RULES, X11Listener, type X11ListenOptions } from './attach/x11-listener.js';
import { chargeFor } from './calls/call-end.js';
import { Calls } from './calls/calls.js';
import type { UserCall } from './calls/user-call.js';
import { Directory } from './directory.js';
import { echoService } from './echo-service.js';
import { type ExchangeOptions, type ResolvedOptions, resolveOptions } from './exchange-options.js';
import { ExchangeUser, type UserOptions } from './exchange-user.js';
import { checkDeposit, type Deposit, Voicemails } from './mailbox/voicemails.js';
import { ExchangeStore } from './store/exchange-store.js';
import { StateJournal } from './store/state-journal.js';
import { beep, promptFile } from './voice/prompts.js';
import type { ClosedStream } from './voice/voice-router.js';
import { checkIdentity } from './wire-value.js';

/** Events of an {@link Exchange}. */
export interface ExchangeEvents {
  /**
   * Something has failed: a disk, a listener of this exchange, a hook, one client's command. The exchange goes on.
   * `where` says whose it was: `state`, `timer`, `client "x" of alice`, `listener of line`.
   */
  failure: [error: unknown, where: string];
  /** A redirected voice stream has been closed: what was moved, filled with silence and dropped. */
  'stream-closed': [closed: ClosedStream];
  /** A line has passed between a client and the endpoint of `handle`. `client` numbers the attachments. */
  line: [line: { handle: string; client: number; direction: 'in' | 'out'; text: string }];
}

/** A call as it stands, for those who watch an exchange. */
export interface CallView {
  readonly id: number;
  readonly handle: string;
  readonly partner: string;
  readonly status: string;
  readonly seconds: number;
}

/** A listener of `failure` that fails itself: nobody is left to tell but who looks after the process. */
const LAST_FENCE = new Fence((error) => process.emitWarning(asError(error)));

/** Something that serves an endpoint to clients. */
interface Listener {
  close(): Promise<void>;
}

/**
 * An embedded exchange: users, a call testing service, and an endpoint for each user that speaks the Skype
 * Desktop API from Skype's side.
 */
export class Exchange extends EventEmitter<ExchangeEvents> implements AsyncDisposable {
  readonly #options: ResolvedOptions;
  readonly #clock: Clock;
  readonly #store: ExchangeStore;
  readonly #directory: Directory;
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #listeners: Listener[] = [];
  readonly #calls: Calls;
  readonly #voicemails: Voicemails;
  readonly #services: Services;
  readonly #commands: Commands;
  readonly #clients = new WeakMap<Session, number>();
  readonly #temporary: string | undefined;
  /** A failure inside ends no call, no session and no process. */
  readonly #fence = new Fence((error, where) => {
    if (this.listenerCount('failure') === 0) this.#early?.push([error, where]);
    else this.emit('failure', error, where);
  });
  /** Failures from before anybody could listen; undefined once they are told. */
  #early: [error: unknown, where: string][] | undefined = [];
  #lastClient = 0;
  #lastId: number;

  private constructor(options: ResolvedOptions, journal: StateJournal | undefined, folders: Folders) {
    super();
    this.#options = options;
    this.#clock = this.#fence.clock(options.clock);
    this.#temporary = folders.temporary;
    this.#store = new ExchangeStore(journal, (error) => this.#fence.tell(error, 'state'));
    this.#lastId = this.#store.lastId;
    const ticker = new VoiceTicker(this.#clock, this.#fence);
    this.#directory = new Directory(this.#clock, options.gateway);
    this.#calls = new Calls({
      clock: this.#clock,
      ticker,
      historyLimit: options.historyLimit,
      conferenceLimit: options.conferenceLimit,
      callsPerUser: options.limits.callsPerUser,
      fence: this.#fence,
      nextId: () => ++this.#lastId,
      shelf: this.#store.shelf('CALL'),
      takeMessage: (call, destination) => this.#takeMessage(call, destination),
      ended: (call) => this.#charge(call),
      streamClosed: (closed) => this.#streamClosed(closed),
    });
    this.#voicemails = new Voicemails({
      clock: this.#clock,
      ticker,
      folder: folders.voicemails,
      defaultGreeting: promptFile('voicemail-greeting.wav'),
      beep: beep(),
      userOf: (handle) => this.#directory.userOf(handle),
      nextId: () => ++this.#lastId,
      shelf: this.#store.shelf('VOICEMAIL'),
      failed: (error) => this.#fence.tell(error, 'mailbox'),
      streamClosed: (closed) => this.#streamClosed(closed),
    });
    this.#services = this.#makeServices();
    this.#commands = new Commands(this.#services, (object) => this.#store.shelf(object));
    const context = this.#endpointContext();
    for (const user of options.users) this.#addUser(user, context);
    this.#restore();
  }

  /**
   * Starts an exchange. Nothing listens until {@link listen} is called; {@link endpoint} serves the same process.
   *
   * @throws ERR_INVALID_ARG, naming the option; ERR_FILE when the state folder or a folder for FILE cannot be used.
   */
  static async start(options: ExchangeOptions = {}): Promise<Exchange> {
    const resolved = resolveOptions(options);
    await Promise.all((options.fileRoots ?? []).map(checkFolder));
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
    const exchange = new Exchange(resolved, journal, { voicemails, temporary });
    for (const robot of [echo, ...robots]) exchange.addRobot(robot);
    setImmediate(() => exchange.#tellEarly());
    return opening.done(exchange);
  }

  /**
   * The endpoint of one user, to be attached to in this process.
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

  /** The handles of its users. */
  get handles(): string[] {
    return this.#directory.users.map(({ handle }) => handle);
  }

  /** Serves a user's endpoint on a loopback TCP port. Returns the port. @throws ERR_INVALID_ARG, ERR_PORT */
  async listen(options: TcpListenOptions & { readonly handle?: string } = {}): Promise<number> {
    checkOptions(options, { ...TCP_LISTEN_RULES, handle: words });
    const listener = await TcpListener.open(this.endpoint(options.handle), options, this.#door());
    this.#listeners.push(listener);
    return listener.port;
  }

  /** Serves a user's endpoint on D-Bus, as `com.Skype.API`. @throws ERR_PORT when that cannot be. */
  async listenOnDbus(options: DbusListenOptions & { readonly handle?: string } = {}): Promise<void> {
    checkOptions(options, { ...DBUS_LISTEN_RULES, handle: words });
    this.#listeners.push(await DbusListener.open(this.endpoint(options.handle), options, this.#door()));
  }

  /** Serves a user's endpoint on X11, as `_SKYPE_INSTANCE`. @throws ERR_PORT when that cannot be. */
  async listenOnX11(options: X11ListenOptions & { readonly handle?: string } = {}): Promise<void> {
    checkOptions(options, { ...X11_LISTEN_RULES, handle: words });
    this.#listeners.push(await X11Listener.open(this.endpoint(options.handle), options, this.#door()));
  }

  /** Adds somebody who can be called and follows a script. @throws ERR_INVALID_ARG, ERR_LINE_BREAK for his name */
  addRobot(robot: Destination): void {
    checkArgument('robot', robot, DESTINATION);
    this.#directory.addRobot(robot);
  }

  /**
   * Has one end of a call, such as a line to the outside or `robot.leg()`, call a user.
   *
   * @throws ERR_INVALID_ARG when there is no such user, or when what the leg is called cannot be said on the wire.
   */
  callFrom(leg: Leg, handle: string): void {
    checkArgument('leg', leg, LEG);
    checkArgument('handle', handle, words);
    const { user } = this.endpoint(handle);
    checkIdentity('leg', leg.identity);
    this.#calls.placeFrom(leg, this.#directory.destinationOf(user, this.#calls));
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
    return this.#voicemails.deposit(user, deposit);
  }

  /** The calls that go on, one for each user's view. */
  get calls(): CallView[] {
    return this.#calls.active.map(({ id, user, partner, status, object }) => ({
      id,
      handle: user.handle,
      partner: partner.handle,
      status,
      seconds: Number(object.get('DURATION') ?? 0),
    }));
  }

  /**
   * Tells every listener, each inside a fence: one that throws is told as a `failure`, and the others hear all the same.
   * @internal
   */
  override emit(event: keyof ExchangeEvents, ...args: readonly unknown[]): boolean {
    const fence = event === 'failure' ? LAST_FENCE : this.#fence;
    return fence.emit(this as unknown as EventEmitter, event, args, `listener of ${event}`);
  }

  /** Ends all calls, flushes their streams, then closes every session and port. */
  async close(): Promise<void> {
    const steps = [
      () => this.#calls.close(),
      () => this.#voicemails.close(),
      () => this.#endpoints.forEach((endpoint) => void endpoint.close()),
      () => Promise.all(this.#listeners.splice(0).map((listener) => listener.close())),
      () => this.#store.close(),
      () => this.#temporary && rm(this.#temporary, { recursive: true, force: true }),
    ];
    // One that fails keeps none of the others from being done.
    for (const step of steps) await this.#fence.run('close', step as () => unknown);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #makeServices(): Services {
    return {
      clock: this.#clock,
      limits: this.#options.limits,
      nextId: () => ++this.#lastId,
      calls: this.#calls,
      voicemails: this.#voicemails,
      opener: this.#options.opener((error) => this.#fence.tell(error, 'voice file')),
      files: this.#options.files,
      lookUp: (user, target) => this.#directory.lookUp(user, target, this.#calls),
      identityOf: (handle) => this.#directory.identityOf(handle),
      userOf: (handle) => this.#directory.userOf(handle),
      identities: () => this.#directory.identities(),
      saveUser: (user) => this.#store.saveUser(user),
    };
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
      clock: this.#clock,
      commands: this.#commands,
      authorization: new Authorization(this.#options.attach, this.#store, this.#options.limits),
      limits: this.#options.limits,
      fence: this.#fence,
    };
  }

  #addUser(options: UserOptions, context: Omit<EndpointContext, 'trace'>): void {
    const user = new ExchangeUser(options, (message) => endpoint.notify(message));
    const endpoint: Endpoint = new Endpoint(user, {
      ...context,
      trace: (direction, text, session) => this.#trace(user, direction, text, session),
    });
    this.#directory.addUser(user);
    this.#endpoints.set(user.handle.toLowerCase(), endpoint);
  }

  #restore(): void {
    for (const user of this.#directory.users) this.#store.restoreUser(user);
    this.#calls.restore((handle) => this.#directory.userOf(handle));
    this.#voicemails.restore();
    this.#commands.restore();
  }

  #streamClosed(closed: ClosedStream): void {
    const { object, id, stream, error } = closed;
    if (error !== undefined) this.#fence.tell(error, `${object} ${id} ${stream}`);
    this.emit('stream-closed', closed);
  }

  #takeMessage(call: UserCall, destination: Destination): boolean {
    const owner = this.#directory.userOf(destination.identity.handle);
    if (!owner?.settings.voicemail) return false;
    this.#voicemails.leave(call, owner, 'forwarded');
    return true;
  }

  /** Takes the price of a call to a phone off the balance, by the minute begun. */
  #charge(call: UserCall): void {
    const cost = chargeFor(call.object);
    if (cost === 0) return;
    const balance = Number(call.user.profile.get('PSTN_BALANCE')) - cost;
    call.user.setProfile({ PSTN_BALANCE: String(balance) });
    this.#store.saveUser(call.user);
    call.user.notify({
      kind: 'property',
      object: 'PROFILE',
      id: undefined,
      property: 'PSTN_BALANCE',
      value: String(balance),
    });
  }

  #trace(user: ExchangeUser, direction: 'in' | 'out', text: string, session: Session): void {
    if (this.listenerCount('line') === 0) return;
    const client = this.#clients.get(session) ?? ++this.#lastClient;
    this.#clients.set(session, client);
    this.emit('line', { handle: user.handle, client, direction, text });
  }
}

/** @throws ERR_FILE when there is no such folder. */
async function checkFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) throw new JackfieldError('ERR_FILE', `fileRoots: there is no folder ${path}.`);
}

interface Folders {
  readonly voicemails: string;
  /** Removed when the exchange closes. */
  readonly temporary: string | undefined;
}
