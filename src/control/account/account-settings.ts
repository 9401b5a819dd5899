import { checkArgument, either, flag, oneOf, whole, words } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import {
  readSetting,
  settingParts,
  UI_SETTINGS,
  type UiSettingName,
  type UiSettings,
} from '../../protocol/account/ui-settings.js';
import { asFields, asList } from './account-fields.js';
import type { AccountHttp } from './account-http.js';

const NAMES = Object.keys(UI_SETTINGS) as UiSettingName[];
const NAME = oneOf(...NAMES);
const VALUE = either(flag, words);
const FLAG = whole(0, 9999);
const CALL_POLICY = 'OPT_SKYPE_CALL_POLICY';

/** Settings of an account by name, and the flags that they consist of. */
export class AccountSettings {
  readonly #http: AccountHttp;

  constructor(http: AccountHttp) {
    this.#http = http;
  }

  /** Gets every setting, by name. @throws AccountError */
  async all(): Promise<UiSettings> {
    const [flags, policy] = await Promise.all([this.flags(), this.#callPolicy()]);
    const set = { hasFlag: (flag: number) => flags.includes(flag), option: () => policy };
    return Object.fromEntries(NAMES.map((name) => [name, readSetting(name, set)])) as UiSettings;
  }

  /** Gets one setting: true or false, or a word. @throws ERR_INVALID_ARG for an unknown name; AccountError */
  async get<N extends UiSettingName>(name: N): Promise<UiSettings[N]> {
    checkArgument('name', name, NAME);
    return (await this.all())[name];
  }

  /** Sets a setting. @throws ERR_INVALID_ARG for an unknown name or value; AccountError */
  async set<N extends UiSettingName>(name: N, value: UiSettings[N]): Promise<void> {
    checkArgument('name', name, NAME);
    checkArgument('value', value, VALUE);
    const parts = settingParts(name, value);
    if (!parts) throw invalidArgument('value', Object.keys(UI_SETTINGS[name].values).join(' or '), value);
    for (const part of parts) {
      if ('flag' in part) await this.setFlag(part.flag, part.on);
      else await this.#setCallPolicy(part.value);
    }
  }

  /** Gets the numbers of the flags that are set. @throws AccountError */
  async flags(): Promise<number[]> {
    const { json } = await this.#http.ask({ service: 'flags', method: 'GET', path: '' });
    return asList(json, 'flags').filter((each) => typeof each === 'number');
  }

  /** Sets or clears a flag. @param number 0 to 9999. @throws ERR_INVALID_ARG, AccountError */
  async setFlag(number: number, on: boolean): Promise<void> {
    checkArgument('number', number, FLAG);
    checkArgument('on', on, flag);
    await this.#http.ask({ service: 'flags', method: on ? 'PUT' : 'DELETE', path: `/${number}` });
  }

  async #callPolicy(): Promise<number> {
    const { json } = await this.#http.ask({ service: 'api', method: 'GET', path: optionPath() });
    const { optionInt } = asFields(json, 'an option');
    return typeof optionInt === 'number' ? optionInt : 0;
  }

  async #setCallPolicy(value: number): Promise<void> {
    const form = { integerValue: String(value) };
    await this.#http.ask({ service: 'api', method: 'POST', path: optionPath(), form });
  }
}

function optionPath(): string {
  return `/users/self/options/${CALL_POLICY}`;
}
