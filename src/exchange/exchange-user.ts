import {
  checkOptions,
  flag,
  having,
  listOf,
  needed,
  object,
  oneOf,
  path,
  type Rules,
  rule,
  whole,
  words,
} from '../base/check.js';
import { invalidArgument } from '../base/errors.js';
import type { EndpointMessage, ParameterName } from '../protocol/message.js';
import { type Identity, isHandle, phoneNumber } from '../switch/identity.js';
import { FAULT, type VoicemailFault } from './mailbox/voicemail-failure.js';
import type { ObjectOwner } from './object/api-object.js';
import { isPicture, PICTURE_KINDS } from './picture.js';
import { Loudspeaker } from './voice/loudspeaker.js';
import { SharedMicrophone } from './voice/shared-microphone.js';
import { type SoundCard, silentSoundCard } from './voice/sound-card.js';
import { checkContact, checkParameter, checkProfile, checkText } from './wire-value.js';

/** Options of a user of an exchange. */
export interface UserOptions {
  /** The Skype name: a letter, then 1 to 31 letters, digits, `.`, `,`, `-`, `_` or `:`. */
  readonly handle: string;
  /** Shown as FULLNAME. Default: the handle. */
  readonly fullName?: string;
  /** Default: a sound card that is silent. */
  readonly soundCard?: SoundCard;
  /** Further properties of PROFILE, as on the wire. */
  readonly profile?: Readonly<Record<string, string>>;
  /** Handles of those in the contact list from the start. Default: none. */
  readonly contacts?: readonly string[];
  /** True when others can leave a voicemail. Default true. */
  readonly voicemail?: boolean;
  /** Longest voicemail that may be left, in seconds: 1 to 600. Default 600. */
  readonly voicemailSeconds?: number;
  /** WAV file that greets who leaves a voicemail. Default: a greeting that is shipped. */
  readonly greeting?: string;
  /**
   * Faults of the voicemails that this user records, uploads, downloads and plays: each happens once, at the next step
   * of its kind. Default: none.
   */
  readonly voicemailFaults?: readonly VoicemailFault[];
  /** Callers who get through: all, those in the contact list, or those who are authorised. Default `anyone`. */
  readonly callsFrom?: 'anyone' | 'contacts' | 'authorized';
  /** True when a call rings while another goes on; otherwise the line is busy. Default true. */
  readonly callWaiting?: boolean;
  /** True when there is a camera. Default false. */
  readonly video?: boolean;
  /** True when phones can be called. Default true. */
  readonly skypeOut?: boolean;
  /** Number by which phones call the user. Default: none. */
  readonly skypeIn?: string;
}

export type UserSettings = Required<Omit<UserOptions, 'skypeIn' | 'greeting'>> &
  Pick<UserOptions, 'skypeIn' | 'greeting'>;

/** Properties of `USER` that one user has set about another. */
export type Contact = ReadonlyMap<string, string>;

/** General parameters that a client can read and, where it makes sense, set; with the value of a new user. */
const PARAMETER_DEFAULTS = {
  SKYPEVERSION: '8.0.0.0',
  CONNSTATUS: 'ONLINE',
  USERSTATUS: 'ONLINE',
  PREDICTIVE_DIALER_COUNTRY: 'ee',
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

/** PROFILE TIMEZONE of who lives by GMT. */
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

/** A user of the exchange: identity, settings and contacts. */
export class ExchangeUser implements Identity, ObjectOwner {
  readonly handle: string;
  readonly network = 'P2P';
  readonly settings: UserSettings;
  /** The ringtone's file, and true when it is on. */
  readonly ringtone = { file: 'call_in', on: true };
  /** Faults of this user's voicemails that have not happened yet. */
  readonly voicemailFaults: VoicemailFault[];
  /** The user's sound devices, for all calls that are not redirected. */
  readonly microphone: SharedMicrophone;
  readonly loudspeaker: Loudspeaker;
  readonly #parameters: Map<string, string> = new Map(Object.entries(PARAMETER_DEFAULTS));
  readonly #profile = new Map<string, string>(Object.entries(PROFILE_DEFAULTS));
  readonly #contacts = new Map<string, Map<string, string>>();
  #picture: { readonly bytes: Uint8Array; readonly base64: string } | undefined;
  readonly #notify: (message: EndpointMessage) => void;

  /** @throws ERR_INVALID_ARG, naming the option. */
  constructor(options: UserOptions, notify: (message: EndpointMessage) => void) {
    this.settings = resolved(options);
    this.handle = this.settings.handle;
    this.microphone = new SharedMicrophone(this.settings.soundCard);
    this.loudspeaker = new Loudspeaker(this.settings.soundCard);
    this.voicemailFaults = [...this.settings.voicemailFaults];
    this.#notify = notify;
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

  /** His picture, as a client gave it: the bytes of a JPEG, PNG or BMP file. */
  get picture(): Uint8Array | undefined {
    return this.#picture?.bytes;
  }

  /** Sets the picture. @throws ERR_INVALID_ARG for what is no picture of such a kind, or too long. */
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

  /** Tells the clients attached to this user's endpoint. */
  notify(message: EndpointMessage): void {
    this.#notify(message);
  }

  /** Sets a parameter. @throws ERR_INVALID_ARG, ERR_LINE_BREAK, ERR_SYNTAX for a value that it cannot have. */
  setParameter(parameter: ParameterName, value: string): void {
    this.#parameters.set(parameter, checkParameter(parameter, value));
  }

  /** Sets properties of PROFILE, all or none. @throws as {@link setParameter} */
  setProfile(properties: Readonly<Record<string, string>>): void {
    const checked = Object.entries(properties).map(
      ([property, value]) => [property, checkProfile(property, value)] as const,
    );
    for (const [property, value] of checked) this.#profile.set(property, value);
  }

  /** Sets a property of another that is this user's own. @throws as {@link setParameter}, and for what is no handle */
  setContact(handle: string, property: string, value: string): void {
    if (!isHandle(handle) && phoneNumber(handle) !== handle) {
      throw invalidArgument('contact', 'a Skype name or a phone number with its +', handle);
    }
    const checked = checkContact(property, value);
    const key = handle.toLowerCase();
    const known = this.#contacts.get(key) ?? new Map<string, string>();
    this.#contacts.set(key, known.set(property, checked));
  }

  /** Properties that this user has set about `handle`. */
  contact(handle: string): Contact {
    return this.#contacts.get(handle.toLowerCase()) ?? NOTHING_SET;
  }

  /** Takes back what was set about another. @returns whether there was something. */
  clearContact(handle: string, property: string): boolean {
    return this.#contacts.get(handle.toLowerCase())?.delete(property) ?? false;
  }

  /** True when this user has set `property` of `handle` to TRUE. */
  has(property: 'ISBLOCKED' | 'ISAUTHORIZED', handle: string): boolean {
    return this.contacts.get(handle.toLowerCase())?.get(property) === 'TRUE';
  }

  isContact(handle: string): boolean {
    return this.contacts.get(handle.toLowerCase())?.get('BUDDYSTATUS') === '3';
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
    for (const [handle, contact] of this.#contacts) {
      for (const [property, value] of contact) yield [`contact/${handle}/${property}`, value];
    }
  }

  /** Takes back one of the values that {@link record} gave. @throws as {@link setParameter} */
  restore(path: string, value: unknown): void {
    const [kind = '', ...rest] = path.split('/');
    const [property = '', handle = ''] = rest.reverse();
    const text = checkText(path, value, Number.POSITIVE_INFINITY);
    if (kind === 'picture') this.setPicture(Buffer.from(text, 'base64'));
    else if (kind === 'ringtone') this.#restoreRingtone(property, text);
    else if (kind === 'parameter') this.setParameter(checkLasting(property), text);
    else if (kind === 'profile') this.setProfile({ [property]: text });
    else this.setContact(handle, property, text);
  }

  #restoreRingtone(property: string, text: string): void {
    if (property === 'file') this.ringtone.file = checkText('RINGTONE', text);
    else this.ringtone.on = text !== 'OFF';
  }
}

function checkLasting(parameter: string): ParameterName {
  const known = LASTING.find((each) => each === parameter);
  if (known === undefined) throw invalidArgument('parameter', 'one that is kept', parameter);
  return known;
}

const RULES: Rules<UserOptions> = {
  handle: needed(
    rule(
      'a Skype name: a letter, then letters, digits, and . , - _ :',
      (value) => typeof value === 'string' && isHandle(value),
    ),
  ),
  fullName: words,
  soundCard: having('capture', 'play'),
  profile: object,
  contacts: listOf(words),
  voicemail: flag,
  voicemailSeconds: whole(1, 600, 's'),
  greeting: path,
  voicemailFaults: listOf(FAULT),
  callsFrom: oneOf('anyone', 'contacts', 'authorized'),
  callWaiting: flag,
  video: flag,
  skypeOut: flag,
  skypeIn: rule(
    'a phone number with its +',
    (value) => typeof value === 'string' && phoneNumber(value) === value,
  ),
};

function resolved(options: UserOptions): UserSettings {
  checkOptions(options, RULES);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.freeze({
    handle: options.handle,
    fullName: options.handle,
    soundCard: silentSoundCard,
    profile: {},
    contacts: [],
    voicemail: true,
    voicemailFaults: [],
    callsFrom: 'anyone',
    callWaiting: true,
    video: false,
    skypeOut: true,
    voicemailSeconds: 600,
    ...Object.fromEntries(given),
  });
}
