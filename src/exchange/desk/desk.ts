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
  /** A change of what the window shows: the parts that are new, and the whole. */
  change: [changes: Partial<DeskState>, state: DeskState];
  /**
   * The window asks something: `desk.reply` answers. Where no program listens for questions, all is allowed, as in the
   * examples of the reference.
   */
  question: [question: DeskQuestion];
}

/** Needs of a {@link Desk}. */
export interface DeskContext {
  readonly services: Services;
  readonly commands: Commands;
}

const CALL_ID = whole(1, Number.MAX_SAFE_INTEGER);
const TARGETS = listOf(words, 1);
const STATUS = oneOf(...PARAMETERS.USERSTATUS.values);
const WINDOW_STATE = oneOf(...PARAMETERS.WINDOWSTATE.values);
const WINDOW = oneOf(...Object.keys(WINDOWS));
const LANGUAGE = rule(
  'a code of two letters',
  (value) => typeof value === 'string' && /^[a-z]{2}$/i.test(value),
);
const CONTACT = rule(
  'a Skype name or a phone number with its +',
  (value) => typeof value === 'string' && (isHandle(value) || phoneNumber(value) === value),
);

/**
 * The person at one user's Skype: what they see, and what they do with mouse and keys. Each act does to the API what the
 * window did: all clients of the user are notified, and none is answered. Made by `exchange.desk(handle)`.
 *
 * An act that is not possible now throws ERR_INVALID_STATE; one that the API would refuse throws an `ApiError` (ERR_API)
 * with the number that a client would have got.
 */
export class Desk extends FencedEmitter<DeskEvents> {
  /** The files that the person sends and receives. */
  readonly files: DeskFiles;
  readonly #user: ExchangeUser;
  readonly #services: Services;
  readonly #commands: Commands;
  /** Stands where commands have a client: nothing is answered to it. */
  readonly #person: ObjectOwner;
  #shown: DeskState;
  #looking = false;
  /** Number of the newest question that was told. */
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

  /** Handle of the user that it belongs to. */
  get handle(): string {
    return this.#user.handle;
  }

  /** All that the window shows now. */
  get state(): DeskState {
    return deskState(this.#services, this.#user);
  }

  /** Calls users, phones or speed-dial codes; several make a conference. Resolves to the number of the first call. */
  async call(...targets: readonly string[]): Promise<number> {
    checkArgument('targets', targets, TARGETS);
    const reply = await this.#perform(commands.call(...targets));
    return reply.kind === 'property' ? Number(reply.id) : 0;
  }

  /** Answers a call. @param id Default: the one that rings. */
  answer(id?: number): void {
    this.#act(id, 'that can be answered', (call) => call.answer());
  }

  /** Refuses a call that rings. @param id Default: the one that rings. */
  refuse(id?: number): void {
    this.#act(id, 'that rings here', (call) => call.attempt !== undefined && call.hangUp());
  }

  /** Ends a call. @param id Default: the first that goes on and does not ring here. */
  hangUp(id?: number): void {
    const talking = (call: UserCall) => id !== undefined || call.attempt === undefined;
    this.#act(id, 'that can be ended', (call) => talking(call) && call.hangUp());
  }

  /** Puts a call on hold. @param id Default: the one that is talked through. */
  hold(id?: number): void {
    this.#act(id, 'that can be held', (call) => call.hold(true));
  }

  /** Takes a call off hold. @param id Default: the first that is held here. */
  resume(id?: number): void {
    this.#act(id, 'that is held here', (call) => call.hold(false));
  }

  /** Sends a call that rings to voicemail. @param id Default: the one that rings. */
  toVoicemail(id?: number): void {
    this.#act(id, 'that can go to voicemail', (call) => call.forward('voicemail'));
  }

  /**
   * Presses keys, in whatever has the focus: with the call or the dial pad in front digits are sent into the call.
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

  /** Mutes the microphone, or takes that back. There has to be a call that is talked through. */
  mute(on = true): void {
    checkArgument('on', on, flag);
    const talking = this.#services.calls.activeCallsOf(this.#user).some((call) => call.conversation);
    if (!talking) throw this.#impossible('No call is talked through: there is nothing to mute.');
    this.#change('MUTE', on ? 'ON' : 'OFF');
  }

  /**
   * Clicks an entry that a client has made in a menu: that client alone is told.
   *
   * @throws ERR_INVALID_STATE where it is not there or grey, ERR_INVALID_ARG.
   */
  click(id: string, options: ClickOptions = {}): void {
    checkArgument('id', id, words);
    this.#active();
    clickItem(this.#services, this.#user, id, options);
  }

  /**
   * Clicks an alert that a client has made: that client alone is told.
   *
   * @param program The client's name, where several have one of this id.
   * @throws ERR_INVALID_STATE where it is not there.
   */
  clickAlert(id: string, program?: string): void {
    checkArgument('id', id, words);
    if (program !== undefined) checkArgument('program', program, words);
    this.#active();
    clickAlert(this.#services, this.#user, id, program);
  }

  /** Moves the focus to a contact. @param handle Default: away from all. */
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
   * Opens a window, as OPEN does, or does what Windows did for a `skype:` URI that is clicked.
   *
   * @param what A word of OPEN: DIALPAD, USERINFO and so on; or a URI.
   * @param argument As behind that word. Default: none.
   * @throws as `followSkypeUri` for a URI.
   */
  async open(what: string, argument = ''): Promise<void> {
    checkArgument('argument', argument, words);
    if (typeof what === 'string' && /^skype:/i.test(what)) return this.#follow(what);
    checkArgument('what', what, WINDOW);
    await this.#perform({ kind: 'open', what, argument });
  }

  /**
   * Types a text into a chat and sends it. Its window opens, if it is not.
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

  /** Closes a window. @param argument Default: whatever it was opened for. */
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

  /** Changes the language of the window. @param language Two letters, `xx` for a file of one's own. */
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

  /** Answers a question of the window. @param id of `state.questions`. @throws ERR_INVALID_STATE for one that does not wait */
  reply(id: number, yes: boolean): void {
    checkArgument('id', id, CALL_ID);
    checkArgument('yes', yes, flag);
    this.#active();
    if (!this.#user.screen.answer(id, yes)) throw this.#impossible(`No question ${id} waits for an answer.`);
  }

  /** Takes in that something may have changed: listeners are told once. @internal */
  look(): void {
    if (this.#looking || this.listenerCount('change') + this.listenerCount('question') === 0) return;
    this.#looking = true;
    const { clock } = this.#services;
    // Not in the midst of what changes it: a listener may act.
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

  /** Something happens here: the time to AWAY begins anew. */
  #active(): void {
    this.#services.idle.reset(this.#user);
  }

  /** Does something with the call of this number, or with the first that lets it be done. */
  #act(id: number | undefined, which: string, does: (call: UserCall) => boolean): void {
    if (id !== undefined) checkArgument('id', id, CALL_ID);
    this.#active();
    const calls = this.#services.calls.activeCallsOf(this.#user);
    if (calls.filter((call) => id === undefined || call.id === id).some(does)) return;
    const name = id === undefined ? 'call' : `call ${id}`;
    throw this.#impossible(`${this.handle} has no ${name} ${which}.`);
  }

  /** Changes a parameter as the window did: clients are told, where it was another. */
  #change(parameter: ParameterName, value: string): void {
    this.#active();
    if (this.#user.parameters.get(parameter) === value) return;
    changeParameter(this.#services, this.#user, parameter, value);
  }

  /** Does what a command does. @throws ApiError, ERR_LINE_BREAK */
  async #perform(command: CommandMessage): Promise<EndpointMessage> {
    this.#active();
    // What cannot be said in one line is no command.
    serialize(command);
    return await this.#refusing(command, () => this.#commands.answer(command, this.#user, this.#person));
  }

  /** Runs what may be refused. @throws ApiError */
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
