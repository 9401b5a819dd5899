import { entryOf } from '../../base/entry-of.js';
import type { ErrorName } from '../../protocol/catalogue/error-names.js';
import { PARAMETERS } from '../../protocol/catalogue/parameters.js';
import type { PropertySpec } from '../../protocol/catalogue/spec.js';
import type { EndpointMessage, ParameterName } from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import { DEVICE_PARAMETERS, type DeviceParameter, devicesFor } from '../devices.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Asking } from '../object/object-kind.js';
import { authorisedProfiles } from '../people/authorised-profiles.js';
import { standStill } from '../stand-still.js';
import { findWallpaper, getAvatar, getRingtone, setAvatar, setRingtone } from './answer-indexed.js';
import { Refusal } from './refusal.js';

type Value = string | EndpointMessage;

/** Special rules of one general parameter. Without them a parameter is a stored value. */
export interface ParameterRule {
  /** Gives the value, or the whole answer. @param argument Trimmed. */
  get?(asking: Asking, argument: string): Value | Promise<Value>;
  /** Sets the parameter and gives the whole answer. */
  set?(
    asking: Asking,
    value: string,
    commandId: string | undefined,
  ): EndpointMessage | Promise<EndpointMessage>;
  /** Checks a value of the right type, and gives the value to store. @throws Refusal */
  check?(asking: Asking, value: string): string | Promise<string>;
  /** Applies the effects of a new value. */
  changed?(asking: Asking): void;
  /** Error for an invalid value. Default `parameter-value`. */
  readonly error?: ErrorName;
  /** Error of GET with an argument. Default: none, and the argument is ignored. */
  readonly noTarget?: ErrorName;
  /**
   * Number of notifications to all clients besides the answer, also when the value has not changed (reference, examples
   * of "SET WINDOWSTATE", "GET/SET UI_LANGUAGE", "GET/SET WALLPAPER"). Default 0.
   */
  readonly told?: number;
}

/** Privileges by upper-case name. */
const PRIVILEGES: Readonly<Record<string, (user: ExchangeUser) => boolean>> = {
  SKYPEOUT: (user) => user.hasSkypeOut,
  SKYPEIN: (user) => user.settings.skypeIn !== undefined,
  VOICEMAIL: (user) => user.hasVoicemail,
};

/** Parameters with special rules. */
export const PARAMETER_RULES: Readonly<Partial<Record<ParameterName, ParameterRule>>> = {
  CURRENTUSERHANDLE: { get: ({ user }) => user.handle },
  SKYPEVERSION: { get: ({ user }) => user.release.version },
  PREDICTIVE_DIALER_COUNTRY: { get: ({ user }) => user.settings.dialerCountry },
  PRIVILEGE: {
    get({ user }, argument) {
      const has = entryOf(PRIVILEGES, argument.toUpperCase());
      if (!has) throw new Refusal('unknown-privilege');
      return `${argument} ${has(user) ? 'TRUE' : 'FALSE'}`;
    },
  },
  AUTH_CONTACTS_PROFILES: { get: ({ services, user }) => authorisedProfiles(services.people, user) },
  CONTACTS_FOCUSED: {
    get: ({ user }) => ({
      kind: 'contacts-focused',
      handle: user.parameters.get('CONTACTS_FOCUSED') ?? '',
    }),
  },
  RINGTONE: {
    get: ({ user }, argument) => getRingtone(user, argument),
    set: ({ services, user }, value) => setRingtone(services, user, value),
  },
  AVATAR: {
    get: ({ services, user }, argument) => getAvatar(services, user, argument),
    set: ({ services, user }, value) => setAvatar(services, user, value),
  },
  USERSTATUS: { set: setUserStatus, error: 'user-status-value' },
  AUTOAWAY: {
    error: 'auto-away-value',
    changed: ({ services, user }) => services.idle.rearm(user),
  },
  AEC: { error: 'aec-value', noTarget: 'aec-target' },
  AGC: { error: 'agc-value', noTarget: 'agc-target' },
  MUTE: { check: ({ services, user }, value) => (isTalking(services.calls, user) ? value : 'OFF') },
  WINDOWSTATE: { told: 1 },
  UI_LANGUAGE: {
    told: 2,
    get({ user }) {
      const language = user.parameters.get('UI_LANGUAGE') ?? 'en';
      // A custom language file was not notified before release 3.5 (reference, "GET/SET UI_LANGUAGE").
      return language === 'xx' && user.release.platform === 'windows' && !user.release.from('3.5')
        ? 'en'
        : language;
    },
    check(_asking, value) {
      if (!/^[a-z]{2}$/i.test(value)) throw new Refusal('parameter-value');
      return value.toLowerCase();
    },
  },
  WALLPAPER: {
    told: 1,
    check: ({ services }, path) => (path === '' ? path : findWallpaper(services, path).then(() => path)),
  },
  SILENT_MODE: {
    check({ user, client }, value) {
      const allowed = value === 'ON' ? user.screen.ask(client.name ?? '') : undefined;
      const before = () => user.parameters.get('SILENT_MODE') ?? 'OFF';
      return allowed ? allowed.then((is) => (is ? 'ON' : before())) : value;
    },
  },
  ...Object.fromEntries(DEVICE_PARAMETERS.map((parameter) => [parameter, deviceRule(parameter)])),
};

/** True when a user has an answered call. */
export function isTalking(calls: Asking['services']['calls'], user: ExchangeUser): boolean {
  return calls.activeCallsOf(user).some((call) => call.conversation);
}

/** Makes the rule of a device parameter: a name from the list, or empty for the default. */
function deviceRule(parameter: DeviceParameter): ParameterRule {
  return {
    error: 'cannot-set-device',
    check({ services, user }, name) {
      if (name === '') return name;
      const found = devicesFor(parameter, user.settings.devices).then((names) => {
        if (!names.includes(name)) throw new Refusal('cannot-set-device');
        return name;
      });
      return standStill(services.clock, found);
    },
  };
}

function setUserStatus(
  { services, user }: Asking,
  value: string,
  commandId: string | undefined,
): EndpointMessage {
  const status = value.toUpperCase();
  const { values = [] }: PropertySpec = PARAMETERS.USERSTATUS;
  if (!values.includes(status)) throw new Refusal('user-status-value');
  const reply = replies.parameter('USERSTATUS', status);
  if (user.parameters.get('USERSTATUS') !== status) services.people.setStatus(user, status);
  // A value that does not change is not notified (observed), except in the example of "Command identifiers".
  else if (commandId !== undefined) user.notify(reply);
  return reply;
}
