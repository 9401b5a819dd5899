import { invalidArgument } from '../base/errors.js';
import type { Clock } from '../base/time/clock.js';
import type { EndpointMessage, ParameterName } from '../protocol/message.js';
import type { Versions } from '../protocol/versions.js';
import { type Identity, isHandle, phoneNumber } from '../switch/identity.js';
import { UserAccount } from './account/user-account.js';
import { Release } from './api/release.js';
import { Screen } from './desk/screen.js';
import { Loudspeaker } from './devices/loudspeaker.js';
import { SharedMicrophone } from './devices/shared-microphone.js';
import type { DeviceUse } from './devices/sound-card.js';
import type { VoicemailFault } from './mailbox/voicemail-failure.js';
import type { ObjectOwner } from './object/api-object.js';
import { isPicture, PICTURE_KINDS } from './picture.js';
import { resolveUserOptions, type UserOptions, type UserSettings } from './user-options.js';
import { checkContact, checkParameter, checkProfile, checkText } from './wire-value.js';

/** Name of the ring tone that comes with Skype. */
export const BUILT_IN_RINGTONE = 'call_in';

/** Properties of USER that one user has set on another. */
export type Contact = ReadonlyMap<string, string>;

/** General parameters that a client can read and mostly set, each with its value for a new user. */
const PARAMETER_DEFAULTS = {
  CONNSTATUS: 'ONLINE',
  USERSTATUS: 'ONLINE',
  AUDIO_IN: '',
  AUDIO_OUT: '',
  RINGER: '',
  VIDEO_IN: '',
  MUTE: 'OFF',
  PCSPEAKER: 'ON',
  AGC: 'ON',
  AEC: 'ON',
  AUTOAWAY: 'OFF',
  CONTACTS_FOCUSED: '',
  UI_LANGUAGE: 'en',
  WALLPAPER: '',
  SILENT_MODE: 'OFF',
  WINDOWSTATE: 'NORMAL',
} as const;

/**
 * Parameters that are stored, as in Skype's options. The others describe the current run and start from their defaults:
 * USERSTATUS, MUTE, SILENT_MODE, WINDOWSTATE.
 */
const LASTING = [
  'AUDIO_IN',
  'AUDIO_OUT',
  'RINGER',
  'VIDEO_IN',
  'PCSPEAKER',
  'AGC',
  'AEC',
  'AUTOAWAY',
  'UI_LANGUAGE',
  'WALLPAPER',
] as const satisfies readonly (keyof typeof PARAMETER_DEFAULTS)[];

/** PROFILE TIMEZONE for GMT. */
const GMT_SECONDS = 86_400;

const PROFILE_DEFAULTS = {
  PSTN_BALANCE: '0',
  PSTN_BALANCE_CURRENCY: 'EUR',
  BIRTHDAY: '0',
  SEX: 'UNKNOWN',
  LANGUAGES: '',
  COUNTRY: '',
  IPCOUNTRY: '',
  PROVINCE: '',
  CITY: '',
  PHONE_HOME: '',
  PHONE_OFFICE: '',
  PHONE_MOBILE: '',
  HOMEPAGE: '',
  ABOUT: '',
  MOOD_TEXT: '',
  RICH_MOOD_TEXT: '',
  TIMEZONE: String(GMT_SECONDS),
  CALL_APPLY_CF: 'FALSE',
  CALL_NOANSWER_TIMEOUT: '15',
  CALL_FORWARD_RULES: '',
  CALL_SEND_TO_VM: 'FALSE',
  SMS_VALIDATED_NUMBERS: '',
} as const;

const NOTHING_SET: Contact = new Map();

/** Notifies a user's clients. @param versions Protocol versions that are notified. Default: all. */
export type Notify = (message: EndpointMessage, versions?: Versions) => void;

/** Events between two users whose time is kept: added to the contact list, asked for authorisation. */
type Dated = 'listed' | 'asked';

/** A user of the exchange: identity, settings and contacts. */
export class ExchangeUser implements Identity, ObjectOwner {
  readonly handle: string;
  readonly network = 'P2P';
  readonly settings: UserSettings;
  /** The ringtone's file, and true when it is on. */
  readonly ringtone = { file: BUILT_IN_RINGTONE, on: true };
  /** The data that the account services change. */
  readonly account: UserAccount;
  /** Voicemail faults that have not been used up. */
  readonly voicemailFaults: VoicemailFault[];
  /** The user's microphone, shared by all calls whose input is not redirected. */
  readonly microphone: SharedMicrophone;
  readonly loudspeaker: Loudspeaker;
  /** Skype release that the endpoint emulates. */
  readonly release: Release;
  /** The windows that are open. */
  readonly screen = new Screen();
  readonly #parameters: Map<string, string> = new Map(Object.entries(PARAMETER_DEFAULTS));
  readonly #profile = new Map<string, string>(Object.entries(PROFILE_DEFAULTS));
  readonly #contacts = new Map<string, Map<string, string>>();
  /** Times at which others were added to the contact list or asked for authorisation, in Unix milliseconds. */
  readonly #since = new Map<string, number>();
  readonly #clock: Clock | undefined;
  #picture: { readonly bytes: Uint8Array; readonly base64: string } | undefined;
  readonly #arrivals: (() => void)[] = [];
  /** Time at which others last saw this user online, in Unix seconds; 0 for never. */
  lastOnlineSeconds = 0;
  readonly #notify: Notify;

  /** @param clock Dates contacts and the start and end of services. @throws ERR_INVALID_ARG, naming the option. */
  constructor(options: UserOptions, notify: Notify, clock?: Clock) {
    this.settings = resolveUserOptions(options);
    this.account = new UserAccount(options.account, options.email, clock);
    this.handle = this.settings.handle;
    this.release = new Release(this.settings.platform, this.settings.version);
    this.microphone = new SharedMicrophone(this.settings.soundCard);
    this.loudspeaker = new Loudspeaker(this.settings.soundCard);
    this.voicemailFaults = [...this.settings.voicemailFaults];
    this.#notify = notify;
    this.#clock = clock;
    this.setProfile({ FULLNAME: this.settings.fullName, ...this.settings.profile });
    for (const contact of this.settings.contacts) this.setContact(contact, 'BUDDYSTATUS', '3');
  }

  /** The parameters that `SET <parameter>` changes. */
  get parameters(): ReadonlyMap<string, string> {
    return this.#parameters;
  }

  /** Properties of PROFILE. */
  get profile(): ReadonlyMap<string, string> {
    return this.#profile;
  }

  /** Properties that this user has set on others, by lower-case handle. */
  get contacts(): ReadonlyMap<string, Contact> {
    return this.#contacts;
  }

  /** The user's picture as a client gave it: bytes of a JPEG, PNG or BMP file. */
  get picture(): Uint8Array | undefined {
    return this.#picture?.bytes;
  }

  /** Sets the picture. @throws ERR_INVALID_ARG for another format, or a file that is too large. */
  setPicture(bytes: Uint8Array): void {
    if (!isPicture(bytes)) throw invalidArgument('picture', PICTURE_KINDS, `${bytes.length} bytes`);
    this.#picture = { bytes, base64: Buffer.from(bytes).toString('base64') };
  }

  get fullName(): string {
    return this.profile.get('FULLNAME') || this.handle;
  }

  /** True when the user can be reached. */
  get online(): boolean {
    const status = this.parameters.get('USERSTATUS');
    return status !== 'OFFLINE' && status !== 'LOGGEDOUT';
  }

  /**
   * Notifies the clients attached to this user's endpoint.
   *
   * @param versions Protocol versions that are notified. Default: all.
   */
  notify(message: EndpointMessage, versions?: Versions): void {
    if (this.release.tells(message)) this.#notify(message, versions);
  }

  /** Unmutes the microphone when the last call has ended (reference, "GET/SET MUTE"). */
  unmute(): void {
    if (this.#parameters.get('MUTE') === 'OFF') return;
    this.#parameters.set('MUTE', 'OFF');
    this.notify({ kind: 'parameter', parameter: 'MUTE', value: 'OFF' });
  }

  /** Moves the focus to a contact, or to none, and notifies clients. */
  focus(handle: string): void {
    this.#parameters.set('CONTACTS_FOCUSED', handle);
    this.notify({ kind: 'contacts-focused', handle });
  }

  /** Calls `listener` whenever the user becomes reachable. */
  onArrival(listener: () => void): void {
    this.#arrivals.push(listener);
  }

  /** Sets a parameter. @throws ERR_INVALID_ARG, ERR_LINE_BREAK, ERR_SYNTAX for a value that it cannot have. */
  setParameter(parameter: ParameterName, value: string): void {
    const before = this.online;
    const checked = checkParameter(parameter, value);
    this.#parameters.set(parameter, checked);
    if (isDeviceUse(parameter)) this.settings.soundCard.choose?.(parameter, checked);
    if (!before && this.online) for (const arrived of this.#arrivals) arrived();
  }

  /** Sets properties of PROFILE, all or none. @throws as {@link setParameter} */
  setProfile(properties: Readonly<Record<string, string>>): void {
    const checked = Object.entries(properties).map(
      ([property, value]) => [property, checkProfile(property, value)] as const,
    );
    for (const [property, value] of checked) this.#profile.set(property, value);
  }

  /**
   * Sets a property on another user, as this user has it.
   *
   * @throws as {@link setParameter}, and for a value that is not a handle
   */
  setContact(handle: string, property: string, value: string): void {
    if (!isHandle(handle) && phoneNumber(handle) !== handle) {
      throw invalidArgument('contact', 'a Skype name or a phone number that begins with +', handle);
    }
    const checked = checkContact(property, value);
    const key = handle.toLowerCase();
    const known = this.#contacts.get(key) ?? new Map<string, string>();
    this.#contacts.set(key, known.set(property, checked));
    this.#date(key);
  }

  /** Gives the properties that this user has set on `handle`. */
  contact(handle: string): Contact {
    return this.#contacts.get(handle.toLowerCase()) ?? NOTHING_SET;
  }

  /** Removes a property that was set on another user. @returns false when it was not set. */
  clearContact(handle: string, property: string): boolean {
    const had = this.#contacts.get(handle.toLowerCase())?.delete(property) ?? false;
    this.#date(handle.toLowerCase());
    return had;
  }

  /** True when this user has set `property` of `handle` to TRUE. */
  has(property: 'ISBLOCKED' | 'ISAUTHORIZED', handle: string): boolean {
    return this.contacts.get(handle.toLowerCase())?.get(property) === 'TRUE';
  }

  /** True for a contact who has accepted. */
  isContact(handle: string): boolean {
    return this.contact(handle).get('BUDDYSTATUS') === '3';
  }

  /** True for a handle in the contact list, accepted or not. */
  lists(handle: string): boolean {
    return this.isContact(handle) || this.contact(handle).get('BUDDYSTATUS') === '2';
  }

  /** Gives the time of an event with another user, in Unix milliseconds; 0 for never. */
  since(what: Dated, handle: string): number {
    return this.#since.get(`${handle.toLowerCase()}/${what}`) ?? 0;
  }

  /** Users whose calls are accepted. The account's call policy, once set, overrides the option. */
  get callsFrom(): UserSettings['callsFrom'] {
    if (this.account.option('OPT_SKYPE_CALL_POLICY') === undefined) return this.settings.callsFrom;
    return this.account.setting('callsFrom');
  }

  /** True when others can leave a voicemail now. */
  get hasVoicemail(): boolean {
    return this.settings.voicemail && (this.account.entitlements?.has('voicemail') ?? true);
  }

  /** True when phones can be called now, on credit or with a package of minutes. */
  get hasSkypeOut(): boolean {
    const { entitlements } = this.account;
    if (!this.settings.skypeOut || !entitlements) return this.settings.skypeOut;
    const hasCredit = Number(this.profile.get('PSTN_BALANCE')) > 0;
    return entitlements.has('package') || (hasCredit && entitlements.has('pstn'));
  }

  /** True when the user lets `handle` send them video. */
  takesVideoFrom(handle: string): boolean {
    const from = this.account.setting('videoFrom');
    return from === 'anyone' || (from === 'contacts' && this.isContact(handle));
  }

  /** Offset of the user's clock from GMT, in minutes, as in USER TIMEZONE. PROFILE has (24 + hours) * 3600. */
  get timezoneMinutes(): number {
    const seconds = Number(this.profile.get('TIMEZONE')) || GMT_SECONDS;
    return Math.round((seconds - GMT_SECONDS) / 60);
  }

  /** True when a setting of PROFILE is on, in whatever case it was written. */
  applies(property: 'CALL_APPLY_CF' | 'CALL_SEND_TO_VM'): boolean {
    return this.profile.get(property)?.toUpperCase() === 'TRUE';
  }

  /** Yields the values that are stored, each with its path. */
  *record(): Generator<[path: string, value: string]> {
    for (const parameter of LASTING) {
      yield [`parameter/${parameter}`, this.#parameters.get(parameter) ?? ''];
    }
    yield ['ringtone/file', this.ringtone.file];
    yield ['ringtone/status', this.ringtone.on ? 'ON' : 'OFF'];
    if (this.#picture) yield ['picture', this.#picture.base64];
    for (const [property, value] of this.#profile) yield [`profile/${property}`, value];
    for (const [path, value] of this.account.record()) yield [`account/${path}`, value];
    for (const [handle, contact] of this.#contacts) {
      for (const [property, value] of contact) yield [`contact/${handle}/${property}`, value];
    }
    for (const [what, ms] of this.#since) yield [`since/${what}`, String(ms)];
  }

  /** Restores a value that {@link record} yielded. @throws as {@link setParameter} */
  restore(path: string, value: unknown): void {
    const [kind = '', ...rest] = path.split('/');
    const [property = '', handle = ''] = rest.reverse();
    const text = checkText(path, value, Number.POSITIVE_INFINITY);
    if (kind === 'picture') this.setPicture(Buffer.from(text, 'base64'));
    else if (kind === 'account') this.account.restore(path.slice(kind.length + 1), value);
    else if (kind === 'ringtone') this.#restoreRingtone(property, text);
    else if (kind === 'parameter') this.setParameter(checkLasting(property), text);
    else if (kind === 'profile') this.setProfile({ [property]: text });
    else if (kind === 'since') this.#since.set(`${handle}/${property}`, checkTime(text));
    else this.setContact(handle, property, text);
  }

  #date(handle: string): void {
    const isSo: Readonly<Record<Dated, boolean>> = {
      listed: this.lists(handle),
      asked: this.contact(handle).has('RECEIVEDAUTHREQUEST'),
    };
    for (const [what, is] of Object.entries(isSo)) {
      const key = `${handle}/${what}`;
      if (!is) this.#since.delete(key);
      else if (!this.#since.has(key)) this.#since.set(key, this.#clock?.unixMs() ?? 0);
    }
  }

  #restoreRingtone(property: string, text: string): void {
    if (property === 'file') this.ringtone.file = checkText('RINGTONE', text);
    else this.ringtone.on = text !== 'OFF';
  }
}

/** Latest time that a Date can hold, in Unix milliseconds. */
const MAX_DATE_MS = 8_640_000_000_000_000;

function checkTime(text: string): number {
  const ms = Number(text);
  if (Number.isFinite(ms) && ms >= 0 && ms <= MAX_DATE_MS) return ms;
  throw invalidArgument('since', 'a time in Unix milliseconds', text);
}

const DEVICE_USES: readonly string[] = ['AUDIO_IN', 'AUDIO_OUT', 'RINGER'] satisfies DeviceUse[];

function isDeviceUse(parameter: ParameterName): parameter is DeviceUse {
  return DEVICE_USES.includes(parameter);
}

function checkLasting(parameter: string): ParameterName {
  const known = LASTING.find((each) => each === parameter);
  if (known === undefined) throw invalidArgument('parameter', 'a stored voicemail', parameter);
  return known;
}
