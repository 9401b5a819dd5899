import { line, listOf, object, type Rules } from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { type Clock, systemClock } from '../../base/time/clock.js';
import type { AccountOptionValue, KnownOption } from '../../protocol/account/account-options.js';
import { OPTION_NAME, OPTION_NAME_2, optionSpec } from '../../protocol/account/account-options.js';
import { readSetting, type UiSettingName, type UiSettings } from '../../protocol/account/ui-settings.js';
import { checkText } from '../wire-value.js';
import { AddressBook } from './address-book.js';
import { type EntitlementOptions, Entitlements } from './entitlements.js';

/** Highest flag number. */
export const MAX_FLAG = 9999;
/** Most options (of both generations) and settings of one account. */
const MAX_NAMES = 200;
/** Longest value of an option, in characters or bytes. */
const MAX_OPTION = 4096;
/** Form of a setting's name. */
export const PEOPLE_SETTING: RegExp = /^[A-Za-z][A-Za-z0-9._-]{0,99}$/;

/** Options of a user's account. */
export interface UserAccountOptions {
  /** Verified email addresses besides the user's `email`. Default: none. */
  readonly emails?: readonly string[];
  /**
   * Services of the account. They decide, by the clock, if voicemails can be left and phones can be called. Default:
   * `voicemail` and `pstn`, according to the user's options.
   */
  readonly services?: readonly EntitlementOptions[];
}

/** The rules of {@link UserAccountOptions}. */
export const USER_ACCOUNT_RULES: Rules<UserAccountOptions> = {
  emails: listOf(line(3, 255), 0, 20),
  services: listOf(object, 0, 20),
};

/** Account data of a user, shown and changed by the account services: flags, options, account-wide settings. */
export class UserAccount {
  readonly #flags = new Set<number>();
  readonly #options = new Map<string, AccountOptionValue>();
  readonly #settings = new Map<string, boolean>();
  /** Services given as an option; undefined when the user's options decide. */
  readonly entitlements: Entitlements | undefined;
  readonly addresses = new AddressBook();

  /** @param email The first email address. @throws ERR_INVALID_ARG, naming the option. */
  constructor(
    { emails = [], services }: UserAccountOptions = {},
    email?: string,
    clock: Clock = systemClock,
  ) {
    this.entitlements = services && new Entitlements(services, () => clock.unixMs());
    this.addresses.change(
      'email',
      [...(email === undefined ? [] : [email]), ...emails].map((name) => ({
        name,
        isVerified: true,
        isSearchable: true,
        applications: ['Skype'],
      })),
    );
  }

  /** Flags that are set, in ascending order. */
  get flags(): number[] {
    return [...this.#flags].sort((a, b) => a - b);
  }

  hasFlag(flag: number): boolean {
    return this.#flags.has(flag);
  }

  /** Sets or clears a flag. @throws ERR_INVALID_ARG for an invalid flag number. */
  setFlag(flag: number, on: boolean): void {
    if (!Number.isInteger(flag) || flag < 0 || flag > MAX_FLAG) {
      throw invalidArgument('flag', `a whole number from 0 to ${MAX_FLAG}`, flag);
    }
    if (on) this.#flags.add(flag);
    else this.#flags.delete(flag);
  }

  /** Gives an option by its name in either generation; undefined when it is not set. */
  optionValue(name: string): AccountOptionValue | undefined {
    return this.#options.get(name);
  }

  /** Gives a known option; undefined when it is not set. */
  option(name: KnownOption): number | undefined {
    const value = this.#options.get(name);
    return typeof value === 'number' ? value : undefined;
  }

  /** Sets an option. @throws ERR_INVALID_ARG for an invalid name or value; ERR_LIMIT. */
  setOption(name: string, value: AccountOptionValue): void {
    if (!OPTION_NAME.test(name) && !OPTION_NAME_2.test(name)) {
      throw invalidArgument(
        'option',
        'a name such as OPT_SKYPE_CALL_POLICY or calling.skype-call-policy',
        name,
      );
    }
    const choices = optionSpec(name)?.choices;
    if (choices && !choices.some((choice) => choice.value === value)) {
      throw invalidArgument(name, `one of ${choices.map((choice) => choice.value).join(', ')}`, value);
    }
    if (typeof value === 'number' && !isInt32(value)) {
      throw invalidArgument(name, 'a 32-bit integer', value);
    }
    if (typeof value !== 'number' && value.length > MAX_OPTION) {
      throw invalidArgument(name, `at most ${MAX_OPTION} characters or bytes`, `${value.length}`);
    }
    checkRoom(this.#options, name, 'options');
    this.#options.set(name, value);
  }

  /** Account-wide settings that have been set. */
  get settings(): ReadonlyMap<string, boolean> {
    return this.#settings;
  }

  /** Sets account-wide settings, all or none. @throws ERR_INVALID_ARG, ERR_LIMIT. */
  setSettings(settings: Readonly<Record<string, boolean>>): void {
    for (const name of Object.keys(settings)) {
      if (!PEOPLE_SETTING.test(name)) throw invalidArgument('Name', 'a name such as Skype.AutoBuddy', name);
      checkRoom(this.#settings, name, 'settings');
    }
    for (const [name, on] of Object.entries(settings)) this.#settings.set(name, on);
  }

  /** Gives a setting as the web client showed it. */
  setting<N extends UiSettingName>(name: N): UiSettings[N] {
    return readSetting(name, this);
  }

  /** Yields the values that are stored, each with its path. */
  *record(): Generator<[path: string, value: string]> {
    for (const flag of this.#flags) yield [`flag/${flag}`, 'ON'];
    for (const [name, value] of this.#options) yield [`option/${name}`, JSON.stringify(keptOption(value))];
    for (const [name, on] of this.#settings) yield [`setting/${name}`, on ? 'TRUE' : 'FALSE'];
    yield* this.addresses.record();
    if (this.entitlements) yield* this.entitlements.record();
  }

  /** Restores a value that {@link record} yielded. @throws ERR_INVALID_ARG, ERR_SYNTAX. */
  restore(path: string, value: unknown): void {
    const [kind = '', name = ''] = path.split('/');
    const text = checkText(path, value, Number.POSITIVE_INFINITY);
    if (kind === 'flag') this.setFlag(Number(name), true);
    else if (kind === 'option') this.setOption(name, restoredOption(path, text));
    else if (kind === 'email' || kind === 'phone') this.addresses.restore(kind, parsedJson(path, text));
    else if (kind === 'emails-changed') this.addresses.emailsChangedMs = Number(text) || 0;
    else if (kind === 'service') this.entitlements?.restore(name, text);
    else if (kind === 'setting') this.setSettings({ [name]: text === 'TRUE' });
    else throw invalidArgument('path', 'a part of an account', path);
  }
}

function checkRoom(known: ReadonlyMap<string, unknown>, name: string, what: string): void {
  if (known.has(name) || known.size < MAX_NAMES) return;
  throw new JackfieldError('ERR_LIMIT', `An account has at most ${MAX_NAMES} ${what}.`);
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= 2 ** 31;
}

/** Converts an option to its stored JSON. Bytes become an object with their base64. */
function keptOption(value: AccountOptionValue): unknown {
  return value instanceof Uint8Array ? { base64: Buffer.from(value).toString('base64') } : value;
}

function restoredOption(path: string, text: string): AccountOptionValue {
  const value = parsedJson(path, text);
  if (typeof value === 'number' || typeof value === 'string') return value;
  const base64 = typeof value === 'object' && value !== null && Reflect.get(value, 'base64');
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  throw invalidArgument(path, 'a number, a string or bytes', value);
}

/** Parses stored JSON. @throws ERR_SYNTAX. */
function parsedJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JackfieldError('ERR_SYNTAX', `${path} must be JSON.`, { cause });
  }
}
