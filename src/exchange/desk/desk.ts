import { checkArgument, flag, listOf, oneOf, rule, whole, words } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { ApiError } from '../../protocol/api-error.js';
import { PARAMETERS } from '../../protocol/catalogue/parameters.js';
import { WINDOWS } from '../../protocol/catalogue/windows.js';
import { commands } from '../../protocol/commands.js';
import type { CommandMessage, EndpointMessage, ParameterName } from '../../protocol/message.js';
import { serialize } from '../../protocol/serialize.js';
import { followSkypeUri } from '../../protocol/uri/follow-skype-uri.js';
import { isHandle, phoneNumber } from '../../switch/identity.js';
import { findWallpaper } from '../api/answer-indexed.js';
import { changeParameter } from '../api/answer-parameter.js';
import type { Commands } from '../api/commands.js';
import { windowClosed } from '../api/open-window.js';
import { Refusal } from '../api/refusal.js';
import type { Services } from '../api/services.js';
import type { UserCall } from '../calls/user-call.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { ObjectOwner } from '../object/api-object.js';
import { type ClickOptions, clickAlert, clickItem } from './click.js';
import { DeskFiles } from './desk-files.js';
import { changesOf, type DeskState, deskState } from './desk-state.js';
import { checkKey, releaseKey } from './press-key.js';
import type { DeskQuestion } from './screen.js';

/** Events of a {@link Desk}. */
export interface DeskEvents extends FencedEvents {
  /** The window has changed. Gives the changed parts and the whole state. */
  change: [changes: Partial<DeskState>, state: DeskState];
  /**
   * The window asks a question, which `desk.reply` answers. If no listener is added, everything is allowed, as in the
   * examples of the reference.
   */
  question: [question: DeskQuestion];
}

/** The part of the exchange that a {@link Desk} uses. */
export interface DeskContext {
  readonly services: Services;
  readonly commands: Commands;
}

const CALL_ID = whole(1, Number.MAX_SAFE_INTEGER);
const TARGETS = listOf(words, 1);
const STATUS = oneOf(...PARAMETERS.USERSTATUS.values);
const WINDOW_STATE = oneOf(...PARAMETERS.WINDOWSTATE.values);
const WINDOW = oneOf(...Object.keys(WINDOWS));
const LANGUAGE = rule('a two-letter code', (value) => typeof value === 'string' && /^[a-z]{2}$/i.test(value));
const CONTACT = rule(
  'a Skype name or a phone number that begins with +',
  (value) => typeof value === 'string' && (isHandle(value) || phoneNumber(value) === value),
);

/**
 * The person at one user's Skype, who sees its window and uses mouse and keys. Each action has the effect on the API
 * that it had in Skype's window: all clients of the user are notified, and none gets an answer. Made by
 * `exchange.desk(handle)`.
 *
 * An action that is not possible now throws ERR_INVALID_STATE. An action that the API would refuse throws an `ApiError`
 * (ERR_API) with the error number that a client would get.
 */
export class Desk extends FencedEmitter<DeskEvents> {
  /** Files that the person sends and receives. */
  readonly files: DeskFiles;
  readonly #user: ExchangeUser;
  readonly #services: Services;
  readonly #commands: Commands;
  /** Takes the place of a client in commands. It receives nothing. */
  readonly #person: ObjectOwner;
  #shown: DeskState;
  #looking = false;
  /** Number of the newest question that was emitted. */
  #asked = 0;

  /** Used by the exchange. @internal */
  constructor(user: ExchangeUser, { services, commands: api }: DeskContext) {
    super();
    this.#user = user;
    this.#services = services;
    this.files = new DeskFiles(user, services);
    this.#commands = api;
    this.#person = { handle: user.handle, notify: () => undefined };
    user.screen.watch(
      () => this.look(),
      () => this.listenerCount('question') > 0,
    );
    this.#shown = this.state;
  }

  /** Handle of the user. */
  get handle(): string {
    return this.#user.handle;
  }

  /** Everything that the window shows now. */
  get state(): DeskState {
    return deskState(this.#services, this.#user);
  }

  /**
   * Calls users, phones or speed-dial codes. Several targets make a conference. Resolves to the number of the first
   * call.
   */
  async call(...targets: readonly string[]): Promise<number> {
    checkArgument('targets', targets, TARGETS);
    const reply = await this.#perform(commands.call(...targets));
    return reply.kind === 'property' ? Number(reply.id) : 0;
  }

  /** Answers a call. @param id Default: the ringing call. */
  answer(id?: number): void {
    this.#act(id, 'that can be answered', (call) => call.answer());
  }

  /** Refuses a ringing call. @param id Default: the ringing call. */
  refuse(id?: number): void {
    this.#act(id, 'that is ringing here', (call) => call.attempt !== undefined && call.hangUp());
  }

  /** Ends a call. @param id Default: the first that is not ringing here. */
  hangUp(id?: number): void {
    const talking = (call: UserCall) => id !== undefined || call.attempt === undefined;
    this.#act(id, 'that can be ended', (call) => talking(call) && call.hangUp());
  }

  /** Puts a call on hold. @param id Default: the first that can be held. */
  hold(id?: number): void {
    this.#act(id, 'that can be held', (call) => call.hold(true));
  }

  /** Resumes a call on hold. @param id Default: the first that was put on hold here. */
  resume(id?: number): void {
    this.#act(id, 'that this user put on hold', (call) => call.hold(false));
  }

  /** Sends a ringing call to voicemail. @param id Default: the ringing call. */
  toVoicemail(id?: number): void {
    this.#act(id, 'that can go to voicemail', (call) => call.forward('voicemail'));
  }

  /**
   * Presses keys in the window or tab that has the focus. With the call or the dial pad in front, digits are sent into
   * the call.
   *
   * @param keys Characters of keys (`12#`), or the name of one: YES, NO, UP, DOWN, PAGEUP, PAGEDOWN, SKYPE.
   */
  press(keys: string): void {
    checkArgument('keys', keys, words);
    const named = /^(YES|NO|UP|DOWN|PAGEUP|PAGEDOWN|SKYPE)$/i.test(keys) ? [keys] : [...keys];
    const checked = this.#refusing({ kind: 'button-released', key: keys }, () => named.map(checkKey));
    this.#active();
    for (const key of checked) releaseKey(this.#services, this.#user, key);
  }

  /** Mutes or unmutes the microphone. Needs an answered call. */
  mute(on = true): void {
    checkArgument('on', on, flag);
    const talking = this.#services.calls.activeCallsOf(this.#user).some((call) => call.conversation);
    if (!talking) throw this.#impossible('There is no call in progress to mute.');
    this.#change('MUTE', on ? 'ON' : 'OFF');
  }

  /**
   * Clicks a menu item of a client. Only that client is notified.
   *
   * @throws ERR_INVALID_STATE when the item does not exist or is grey; ERR_INVALID_ARG.
   */
  click(id: string, options: ClickOptions = {}): void {
    checkArgument('id', id, words);
    this.#active();
    clickItem(this.#services, this.#user, id, options);
  }

  /**
   * Clicks an alert of a client. Only that client is notified.
   *
   * @param program Name of the client, when several have an alert of this id.
   * @throws ERR_INVALID_STATE when the alert does not exist.
   */
  clickAlert(id: string, program?: string): void {
    checkArgument('id', id, words);
    if (program !== undefined) checkArgument('program', program, words);
    this.#active();
    clickAlert(this.#services, this.#user, id, program);
  }

  /** Moves the focus to a contact. @param handle Default: no contact. */
  focus(handle = ''): void {
    if (handle !== '') checkArgument('handle', handle, CONTACT);
    this.#active();
    this.#user.focus(handle);
  }

  /** Changes the state of the main window: NORMAL, MINIMIZED, MAXIMIZED, HIDDEN. */
  setWindowState(state: string): void {
    checkArgument('state', state, WINDOW_STATE);
    this.#change('WINDOWSTATE', state);
  }

  /**
   * Opens a window like OPEN, or handles a `skype:` URI as a click on it did on Windows.
   *
   * @param what A word of OPEN: DIALPAD, USERINFO and so on; or a URI.
   * @param argument Argument of the word, as in OPEN. Default: none.
   * @throws as `followSkypeUri` for a URI.
   */
  async open(what: string, argument = ''): Promise<void> {
    checkArgument('argument', argument, words);
    if (typeof what === 'string' && /^skype:/i.test(what)) return this.#follow(what);
    checkArgument('what', what, WINDOW);
    await this.#perform({ kind: 'open', what, argument });
  }

  /**
   * Types a text into a chat and sends it. Opens the chat's window if it is closed.
   *
   * @param to Id of a chat, or a Skype name.
   * @returns the number of the CHATMESSAGE.
   */
  async type(to: string, text: string): Promise<number> {
    checkArgument('to', to, words);
    checkArgument('text', text, words);
    const chat = this.#services.chats.find(this.#user, to);
    await this.#perform({ kind: 'open', what: chat ? 'CHAT' : 'IM', argument: to });
    const id = chat?.chat.name ?? this.#user.screen.front.argument;
    const reply = await this.#perform({ kind: 'chat-message', chat: id, text });
    return reply.kind === 'property' ? Number(reply.id) : 0;
  }

  /** Closes a window. @param argument Argument that it was opened with. Default: any. */
  close(what: string, argument?: string): void {
    checkArgument('what', what, words);
    if (argument !== undefined) checkArgument('argument', argument, words);
    this.#active();
    const closed = this.#user.screen.close(what, argument);
    if (closed.length === 0) throw this.#impossible(`The window ${what} is not open.`);
    for (const window of closed) windowClosed(this.#services, this.#user, window);
  }

  /** Changes the status: ONLINE, AWAY, DND and so on. */
  setStatus(status: string): void {
    checkArgument('status', status, STATUS);
    this.#active();
    if (this.#user.parameters.get('USERSTATUS') !== status) {
      this.#services.people.setStatus(this.#user, status);
    }
  }

  /** Changes the language of the window. @param language Two letters; `xx` for a custom language file. */
  setLanguage(language: string): void {
    checkArgument('language', language, LANGUAGE);
    this.#change('UI_LANGUAGE', language.toLowerCase());
  }

  /** Changes the wallpaper. @param path A PNG, JPG or BMP in the folders for FILE; empty for none. */
  async setWallpaper(path: string): Promise<void> {
    checkArgument('path', path, words);
    if (path !== '') {
      const command = { kind: 'set-parameter', parameter: 'WALLPAPER', value: path } as const;
      await this.#refusing(command, () => findWallpaper(this.#services, path));
    }
    this.#change('WALLPAPER', path);
  }

  /** Turns silent mode on or off. */
  setSilentMode(on: boolean): void {
    checkArgument('on', on, flag);
    this.#change('SILENT_MODE', on ? 'ON' : 'OFF');
  }

  /**
   * Answers a question of the window.
   *
   * @param id From `state.questions`.
   * @throws ERR_INVALID_STATE for a question that does not wait
   */
  reply(id: number, yes: boolean): void {
    checkArgument('id', id, CALL_ID);
    checkArgument('yes', yes, flag);
    this.#active();
    if (!this.#user.screen.answer(id, yes)) throw this.#impossible(`No question ${id} is open.`);
  }

  /** Checks for changes and notifies listeners once. @internal */
  look(): void {
    if (this.#looking || this.listenerCount('change') + this.listenerCount('question') === 0) return;
    this.#looking = true;
    const { clock } = this.#services;
    // Deferred until the change is complete, since a listener may act on the desk.
    clock.timerAt(clock.now(), () => {
      this.#looking = false;
      const state = this.state;
      const changes = changesOf(this.#shown, state);
      this.#shown = state;
      if (Object.keys(changes).length > 0) this.emit('change', changes, state);
      for (const question of state.questions.filter(({ id }) => id > this.#asked)) {
        this.#asked = question.id;
        this.emit('question', question);
      }
    });
  }

  async #follow(uri: string): Promise<void> {
    const { action, terms } = await followSkypeUri(uri, (command) => this.#perform(command));
    const name = terms.get('displayname');
    if (action === 'add' && name !== undefined) {
      const { screen } = this.#user;
      screen.open({ ...screen.front, text: name });
    }
  }

  /** Restarts the idle time that leads to AWAY. */
  #active(): void {
    this.#services.idle.reset(this.#user);
  }

  /** Runs an action on the call of this number, or on the first call for which it is possible. */
  #act(id: number | undefined, which: string, does: (call: UserCall) => boolean): void {
    if (id !== undefined) checkArgument('id', id, CALL_ID);
    this.#active();
    const calls = this.#services.calls.activeCallsOf(this.#user);
    if (calls.filter((call) => id === undefined || call.id === id).some(does)) return;
    const name = id === undefined ? 'call' : `call ${id}`;
    throw this.#impossible(`${this.handle} has no ${name} ${which}.`);
  }

  /** Changes a parameter from the window. Clients are notified if the value is new. */
  #change(parameter: ParameterName, value: string): void {
    this.#active();
    if (this.#user.parameters.get(parameter) === value) return;
    changeParameter(this.#services, this.#user, parameter, value);
  }

  /** Carries out a command. @throws ApiError, ERR_LINE_BREAK */
  async #perform(command: CommandMessage): Promise<EndpointMessage> {
    this.#active();
    // A command must fit in one line of the wire.
    serialize(command);
    return await this.#refusing(command, () => this.#commands.answer(command, this.#user, this.#person));
  }

  /** Runs an action and turns a refusal into an error. @throws ApiError */
  #refusing<T>(command: CommandMessage, act: () => T): T {
    const refused = (error: unknown): never => {
      if (!(error instanceof Refusal)) throw error;
      const { number, text } = error.replyTo(command);
      throw new ApiError(number, text, serialize(command));
    };
    try {
      const done = act();
      return done instanceof Promise ? (done.catch(refused) as T) : done;
    } catch (error) {
      return refused(error);
    }
  }

  #impossible(message: string): JackfieldError {
    return new JackfieldError('ERR_INVALID_STATE', message);
  }
}
