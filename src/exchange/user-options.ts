import {
  checkOptions,
  either,
  flag,
  having,
  listOf,
  needed,
  nested,
  object,
  oneOf,
  path,
  type Rules,
  rule,
  whole,
  words,
} from '../base/check.js';
import { isHandle, phoneNumber } from '../switch/identity.js';
import { USER_ACCOUNT_RULES, type UserAccountOptions } from './account/user-account.js';
import { PLATFORM_RULE, type Platform, VERSION_RULE } from './api/release.js';
import { type SoundCard, silentSoundCard } from './devices/sound-card.js';
import { DEVICE_RULES, type DeviceLists } from './devices.js';
import { FAULT, type VoicemailFault } from './mailbox/voicemail-failure.js';

/** Options of a user of an exchange. */
export interface UserOptions {
  /** The Skype name: a letter, then 1 to 31 letters, digits, `.`, `,`, `-`, `_` or `:`. */
  readonly handle: string;
  /** Shown as FULLNAME. Default: the handle. */
  readonly fullName?: string;
  /** The user's sound card. Default: a silent one. `deviceCard()` is this machine's. */
  readonly soundCard?: SoundCard;
  /** Sound card that plays the ring tone of incoming calls (RINGTONE). Default: `soundCard`, if it has `ring`. */
  readonly ringer?: SoundCard;
  /** The built-in speaker, which also plays the ring tone while PCSPEAKER is on. Default: none. */
  readonly pcSpeaker?: SoundCard;
  /** Further properties of PROFILE, as on the wire. */
  readonly profile?: Readonly<Record<string, string>>;
  /** Handles in the contact list at the start. Default: none. */
  readonly contacts?: readonly string[];
  /** E-mail address by which others find the user. It is never shown. Default: none. */
  readonly email?: string;
  /**
   * Other names by which others find the user. They are shown only to a user who has searched for them. Default: none.
   */
  readonly aliases?: readonly string[];
  /** True when others can leave a voicemail. Default true. */
  readonly voicemail?: boolean;
  /** Longest voicemail that may be left, in seconds: 1 to 600. Default 600. */
  readonly voicemailSeconds?: number;
  /** WAV file that greets callers who leave a voicemail. Default: the greeting of the package. */
  readonly greeting?: string;
  /**
   * Faults of the voicemails that this user records, uploads, downloads and plays: each happens once, at the next step
   * of its kind. Default: none.
   */
  readonly voicemailFaults?: readonly VoicemailFault[];
  /** Users whose calls are accepted: all, contacts, or authorised users. Default `anyone`. */
  readonly callsFrom?: 'anyone' | 'contacts' | 'authorized';
  /** Users whose chat messages are accepted: all, contacts, authorised users, none. Default `anyone`. */
  readonly chatsFrom?: 'anyone' | 'contacts' | 'authorized' | 'nobody';
  /** False for a user who can only be in dialogs, as with an early release. Default true. */
  readonly multichats?: boolean;
  /** True when a second call rings during another; otherwise the line is busy. Default true. */
  readonly callWaiting?: boolean;
  /** True when there is a camera. Default false. */
  readonly video?: boolean;
  /** True when phones can be called. Default true. */
  readonly skypeOut?: boolean;
  /** Phone number of the user. Default: none. */
  readonly skypeIn?: string;
  /** Platform of the emulated Skype. Commands that it lacked are refused. Default `windows`. */
  readonly platform?: Platform;
  /**
   * Release of the emulated Skype, as in SKYPEVERSION. Commands of later releases are refused; commands that were
   * removed have no effect. Default: the release with the most commands, on Windows 3.8.0.188, on Linux 2.0.0.72, on a
   * Mac 2.7.0.330.
   */
  readonly version?: string;
  /** Names of the sound and video devices that can be chosen, or those of this machine. Default `machine`. */
  readonly devices?: DeviceLists | 'machine';
  /** Two-letter code of the country whose prefix completes numbers that have none. Default `ee`. */
  readonly dialerCountry?: string;
  /** Idle time until AUTOAWAY changes the status, in minutes: 1 to 1440. Default 5. */
  readonly awayMinutes?: number;
  /** Folder from which files are sent and into which they are received. Default: none, and the user can do neither. */
  readonly transferFolder?: string;
  /** Further email addresses, and services, as the account services show them. */
  readonly account?: UserAccountOptions;
}

/** Options without a default. */
type Optional =
  | 'skypeIn'
  | 'greeting'
  | 'email'
  | 'account'
  | 'platform'
  | 'version'
  | 'ringer'
  | 'pcSpeaker'
  | 'transferFolder';

export type UserSettings = Required<Omit<UserOptions, Optional>> & Pick<UserOptions, Optional>;

const RULES: Rules<UserOptions> = {
  handle: needed(
    rule(
      'a Skype name: a letter, followed by letters, digits and . , - _ :',
      (value) => typeof value === 'string' && isHandle(value),
    ),
  ),
  fullName: words,
  soundCard: having('capture', 'play'),
  ringer: having('play'),
  pcSpeaker: having('play'),
  profile: object,
  contacts: listOf(words),
  email: rule('an e-mail address', (value) => typeof value === 'string' && /^[^\s@]+@[^\s@]+$/.test(value)),
  aliases: listOf(words),
  voicemail: flag,
  voicemailSeconds: whole(1, 600, 's'),
  greeting: path,
  voicemailFaults: listOf(FAULT),
  callsFrom: oneOf('anyone', 'contacts', 'authorized'),
  chatsFrom: oneOf('anyone', 'contacts', 'authorized', 'nobody'),
  multichats: flag,
  callWaiting: flag,
  video: flag,
  skypeOut: flag,
  skypeIn: rule(
    'a phone number that begins with +',
    (value) => typeof value === 'string' && phoneNumber(value) === value,
  ),
  platform: PLATFORM_RULE,
  version: VERSION_RULE,
  devices: either(oneOf('machine'), nested(DEVICE_RULES)),
  dialerCountry: rule('a two-letter code', (value) => typeof value === 'string' && /^[a-z]{2}$/i.test(value)),
  awayMinutes: whole(1, 1440, 'min'),
  transferFolder: path,
  account: nested(USER_ACCOUNT_RULES),
};

/** Resolves a user's options and fills in the defaults. @throws ERR_INVALID_ARG, naming the option. */
export function resolveUserOptions(options: UserOptions): UserSettings {
  checkOptions(options, RULES);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.freeze({
    handle: options.handle,
    fullName: options.handle,
    soundCard: silentSoundCard,
    profile: {},
    contacts: [],
    aliases: [],
    voicemail: true,
    voicemailFaults: [],
    callsFrom: 'anyone',
    chatsFrom: 'anyone',
    multichats: true,
    callWaiting: true,
    video: false,
    skypeOut: true,
    voicemailSeconds: 600,
    devices: 'machine',
    dialerCountry: 'ee',
    awayMinutes: 5,
    ...Object.fromEntries(given),
  });
}
