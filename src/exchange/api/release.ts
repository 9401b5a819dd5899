import { checkArgument, oneOf, rule } from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import type { ErrorName } from '../../protocol/catalogue/error-names.js';
import { OBJECTS } from '../../protocol/catalogue/objects.js';
import { PARAMETERS } from '../../protocol/catalogue/parameters.js';
import type { ObjectSpec, Since } from '../../protocol/catalogue/spec.js';
import { type TargetSpec, WINDOWS } from '../../protocol/catalogue/windows.js';
import type { CommandMessage, EndpointMessage, ObjectName, ParameterName } from '../../protocol/message.js';

/** Platforms with a Skype that had this API. */
export const PLATFORMS = ['windows', 'linux', 'mac'] as const;

export type Platform = (typeof PLATFORMS)[number];

/** Default release on each platform. */
const DEFAULT_VERSIONS: Readonly<Record<Platform, string>> = {
  windows: '3.8.0.188',
  linux: '2.0.0.72',
  mac: '2.7.0.330',
};

export const PLATFORM_RULE = oneOf(...PLATFORMS);
export const VERSION_RULE = rule(
  'a version of two to four numbers, such as 3.8.0.188',
  (value) => typeof value === 'string' && /^\d{1,5}(\.\d{1,5}){1,3}$/.test(value),
);

/** Parts of the API that a platform lacks, and the releases that added them, if any. */
interface Lacks {
  readonly parameters: Readonly<Partial<Record<ParameterName, string>>>;
  readonly objects: readonly ObjectName[];
  /** Windows that OPEN supports, with the release that added each. Default: all. */
  readonly windows?: Readonly<Record<string, string>>;
  readonly avatarsOfOthers: boolean;
}

const NEVER = '99999';
const FIRST = '0';

/**
 * Gaps of each platform. Linux: as listed at the end of the reference's section "Skype API for Linux". The list names
 * GET USER without a property; AVATAR is meant, since every program used GET USER. From release 2.0 on SKYPEVERSION was
 * answered (observed). Mac: menu items are "only supported by Windows client", and WINDOWSTATE is of "Windows version
 * 3.6".
 */
const LACKS: Readonly<Partial<Record<Platform, Lacks>>> = {
  linux: {
    parameters: {
      AVATAR: NEVER,
      PCSPEAKER: NEVER,
      RINGTONE: NEVER,
      UI_LANGUAGE: NEVER,
      VIDEO_IN: NEVER,
      WALLPAPER: NEVER,
      SILENT_MODE: NEVER,
      PREDICTIVE_DIALER_COUNTRY: NEVER,
      RINGER: NEVER,
      SKYPEVERSION: '2.0',
    },
    objects: ['MENU_ITEM', 'EVENT'],
    windows: {
      ADDAFRIEND: FIRST,
      IM: FIRST,
      CHAT: FIRST,
      USERINFO: FIRST,
      CALLHISTORY: '2.0.0.12',
      CONTACTS: '2.0.0.12',
    },
    avatarsOfOthers: true,
  },
  mac: { parameters: { WINDOWSTATE: NEVER }, objects: ['MENU_ITEM', 'EVENT'], avatarsOfOthers: false },
};

/** Errors of commands for things that an endpoint does not know. */
const UNKNOWN: Readonly<Partial<Record<CommandMessage['kind'], ErrorName>>> = {
  get: 'get-what',
  'get-parameter': 'get-what',
  set: 'set-what',
  'set-parameter': 'set-what',
  create: 'create-type',
  delete: 'delete-unknown',
  alter: 'alter-object',
  open: 'open-what',
};

/** Newest protocol of each release of Windows (reference, "Skype protocol"), newest first. */
const PROTOCOLS: readonly (readonly [since: string, protocol: number])[] = [
  ['3.5', 8],
  ['3.0', 7],
  ['2.5', 6],
  ['1.3', 5],
];

/** The Skype release that an endpoint emulates: its version, the commands that it lacks, and those without effect. */
export class Release {
  readonly platform: Platform;
  readonly version: string;

  /** @throws ERR_INVALID_ARG, naming the option. */
  constructor(platform: Platform = 'windows', version?: string) {
    checkArgument('platform', platform, PLATFORM_RULE);
    this.platform = platform;
    this.version = version ?? DEFAULT_VERSIONS[platform];
    checkArgument('version', this.version, VERSION_RULE);
  }

  /** Newest protocol version that it supports. */
  get protocol(): number {
    if (this.platform !== 'windows') return 7;
    return PROTOCOLS.find(([since]) => this.from(since))?.[1] ?? 4;
  }

  /** True from the release `version` on. */
  from(version: string): boolean {
    return compare(this.version, version) >= 0;
  }

  /** Gives the error for a command that this release does not know; undefined for a known command. */
  refusalOf(command: CommandMessage): ErrorName | undefined {
    return this.#lacks(command) ? (UNKNOWN[command.kind] ?? 'unknown-command') : undefined;
  }

  /** True for a command that is answered but has no effect in this release (reference, "Windows 4.0"). */
  ignores(command: CommandMessage): boolean {
    return this.#isWindows4 && command.kind === 'open' && command.what.toUpperCase() === 'SENDCONTACTS';
  }

  /** True when the window shows the menu items or alerts of clients (reference, "Windows 4.0"). */
  shows(object: 'MENU_ITEM' | 'EVENT', context: string): boolean {
    return !this.#isWindows4 || (object === 'MENU_ITEM' && context === 'TOOLS');
  }

  /** True for a notification that this release sends. */
  tells(message: EndpointMessage): boolean {
    if (this.platform !== 'windows' || this.from('3.6')) return true;
    if (message.kind === 'parameter') return message.parameter !== 'WINDOWSTATE';
    return !(
      message.kind === 'property' &&
      message.object === 'CHAT' &&
      ['OPENED', 'CLOSED'].includes(message.property)
    );
  }

  get #isWindows4(): boolean {
    return this.platform === 'windows' && this.from('4.0');
  }

  #lacks(command: CommandMessage): boolean {
    const lacks = LACKS[this.platform];
    switch (command.kind) {
      case 'get-parameter':
      case 'set-parameter': {
        const since = lacks?.parameters[command.parameter];
        return (
          (since !== undefined && !this.from(since)) || this.#isLater(PARAMETERS[command.parameter].since)
        );
      }
      case 'get':
        if (lacks?.avatarsOfOthers && command.object === 'USER' && command.property === 'AVATAR') return true;
        return this.#lacksObject(command.object);
      case 'set':
      case 'alter':
      case 'create':
      case 'delete':
        return this.#lacksObject(command.object);
      case 'open': {
        const what = command.what.toUpperCase();
        const since = lacks?.windows && (entryOf(lacks.windows, what) ?? NEVER);
        const spec = entryOf<TargetSpec>(WINDOWS, what);
        return (
          (since !== undefined && !this.from(since)) || (spec !== undefined && this.#isLater(spec.since))
        );
      }
      default:
        return false;
    }
  }

  #lacksObject(object: ObjectName): boolean {
    const { since }: ObjectSpec = OBJECTS[object];
    return (LACKS[this.platform]?.objects.includes(object) ?? false) || this.#isLater(since);
  }

  /** True for a feature of a later release. The reference gives release numbers only for Windows. */
  #isLater({ release = '' }: Since): boolean {
    const version = /^(?:API|Skype|Skype for Windows) (\d[\d.]*)$/.exec(release)?.[1];
    return this.platform === 'windows' && version !== undefined && !this.from(version);
  }
}

/** Compares two versions, number by number: negative, 0 or positive. */
function compare(one: string, other: string): number {
  const [left, right] = [one.split('.').map(Number), other.split('.').map(Number)];
  const length = Math.max(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
