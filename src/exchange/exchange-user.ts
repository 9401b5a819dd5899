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

/** Properties of `USER` that one user has set about another. */
export type Contact = ReadonlyMap<string, string>;

/** General parameters that a client can read and, where it makes sense, set; with the value of a new user. */
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
 * Those of them that last: what Skype's options hold. The others tell of now, and begin anew: USERSTATUS, MUTE,
 * SILENT_MODE, WINDOWSTATE.
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

/** Tells a user's clients. @param versions of the protocol that are told. Default: all. */
export type Notify = (message: EndpointMessage, versions?: Versions) => void;

/** Events between two users whose time is kept: one came into the contact list, one asked for authorisation. */
type Dated = 'listed' | 'asked';

/** A user of the exchange: identity, settings and contacts. */
export class ExchangeUser implements Identity, ObjectOwner {
  readonly handle: string;
  readonly network = 'P2P';
  readonly settings: UserSettings;
  /** The ringtone's file, and true when it is on. */
  readonly ringtone = { file: BUILT_IN_RINGTONE, on: true };
  /** The part of the user that the account services change. */
  readonly account: UserAccount;
  /** Faults of this user's voicemails that have not happened yet. */
  readonly voicemailFaults: VoicemailFault[];
  /** The user's sound devices, for all calls that are not redirected. */
  readonly microphone: SharedMicrophone;
  readonly loudspeaker: Loudspeaker;
  /** The release of Skype that the endpoint is. */
  readonly release: Release;
  /** The windows that are open. */
  readonly screen = new Screen();
  readonly #parameters: Map<string, string> = new Map(Object.entries(PARAMETER_DEFAULTS));
  readonly #profile = new Map<string, string>(Object.entries(PROFILE_DEFAULTS));
  readonly #contacts = new Map<string, Map<string, string>>();
  /** Unix milliseconds at which others came into the contact list, or asked for authorisation. */
  readonly #since = new Map<string, number>();
  readonly #clock: Clock | undefined;
  #picture: { readonly bytes: Uint8Array; readonly base64: string } | undefined;
  readonly #arrivals: (() => void)[] = [];
  /** Time at which others last saw this user online, in Unix seconds; 0 for never. */
  lastOnlineSeconds = 0;
  readonly #notify: Notify;

  /** @param clock Of services that end, and of contacts. @throws ERR_INVALID_ARG, naming the option. */
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

  /** Properties that this user has set about others, by lower-case handle. */
  get contacts(): ReadonlyMap<string, Contact> {
    return this.#contacts;
  }

  /** Their picture, as a client gave it: the bytes of a JPEG, PNG or BMP file. */
  get picture(): Uint8Array | undefined {
    return this.#picture?.bytes;
  }

  /** Sets the picture. @throws ERR_INVALID_ARG for a value that is not a picture of such a kind, or is too long. */
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

  /** Tells the clients attached to this user's endpoint. @param versions Those that are told. Default: all. */
  notify(message: EndpointMessage, versions?: Versions): void {
    if (this.release.tells(message)) this.#notify(message, versions);
  }

  /** No call goes on any more: the microphone is muted no longer (reference, "GET/SET MUTE"). */
  unmute(): void {
    if (this.#parameters.get('MUTE') === 'OFF') return;
    this.#parameters.set('MUTE', 'OFF');
    this.notify({ kind: 'parameter', parameter: 'MUTE', value: 'OFF' });
  }

  /** The focus goes to a contact, or to none: clients are told. */
  focus(handle: string): void {
    this.#parameters.set('CONTACTS_FOCUSED', handle);
    this.notify({ kind: 'contacts-focused', handle });
  }

  /** Has `listener` called whenever the user, who could not be reached, can be again. */
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

  /** Sets a property of another that is this user's own. @throws as {@link setParameter}, and for a value that is not a handle */
  setContact(handle: string, property: string, value: string): void {
    if (!isHandle(handle) && phoneNumber(handle) !== handle) {
      throw invalidArgument('contact', 'a Skype name or a phone number with its +', handle);
    }
    const checked = checkContact(property, value);
    const key = handle.toLowerCase();
    const known = this.#contacts.get(key) ?? new Map<string, string>();
    this.#contacts.set(key, known.set(property, checked));
    this.#date(key);
  }

  /** Properties that this user has set about `handle`. */
  contact(handle: string): Contact {
    return this.#contacts.get(handle.toLowerCase()) ?? NOTHING_SET;
  }

  /** Takes back what was set about another. @returns whether there was something. */
  clearContact(handle: string, property: string): boolean {
    const had = this.#contacts.get(handle.toLowerCase())?.delete(property) ?? false;
    this.#date(handle.toLowerCase());
    return had;
  }

  /** True when this user has set `property` of `handle` to TRUE. */
  has(property: 'ISBLOCKED' | 'ISAUTHORIZED', handle: string): boolean {
    return this.contacts.get(handle.toLowerCase())?.get(property) === 'TRUE';
  }

  /** True for a contact who has agreed to be one. */
  isContact(handle: string): boolean {
    return this.contact(handle).get('BUDDYSTATUS') === '3';
  }

  /** True for one in the contact list, agreed or not. */
  lists(handle: string): boolean {
    return this.isContact(handle) || this.contact(handle).get('BUDDYSTATUS') === '2';
  }

  /** Gives when another came into the contact list, or asked for authorisation, in Unix milliseconds; 0 for never. */
  since(what: Dated, handle: string): number {
    return this.#since.get(`${handle.toLowerCase()}/${what}`) ?? 0;
  }

  /** Callers who get through. What was set last counts: the account's call policy goes before the option. */
  get callsFrom(): UserSettings['callsFrom'] {
    if (this.account.option('OPT_SKYPE_CALL_POLICY') === undefined) return this.settings.callsFrom;
    return this.account.setting('callsFrom');
  }

  /** True when others can leave a voicemail now. */
  get hasVoicemail(): boolean {
    return this.settings.voicemail && (this.account.entitlements?.has('voicemail') ?? true);
  }

  /** True when phones can be called now: on credit, or by a package of minutes. */
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

  /** Takes back one of the values that {@link record} gave. @throws as {@link setParameter} */
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

/** Latest time that a date has, in Unix milliseconds. */
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
  if (known === undefined) throw invalidArgument('parameter', 'one that is kept', parameter);
  return known;
}
