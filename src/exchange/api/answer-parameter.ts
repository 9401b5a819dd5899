import { entryOf } from '../../base/entry-of.js';
import type { ErrorName } from '../../protocol/catalogue/error-names.js';
import { PARAMETERS } from '../../protocol/catalogue/parameters.js';
import type { PropertySpec } from '../../protocol/catalogue/spec.js';
import type {
  EndpointMessage,
  GetParameterCommand,
  ParameterName,
  SetParameterCommand,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { ExchangeUser } from '../exchange-user.js';
import { authorisedProfiles, changeStatus } from '../kind/contacts.js';
import { findWallpaper, getAvatar, getRingtone, setAvatar, setRingtone } from './answer-indexed.js';
import { Refusal, taking } from './refusal.js';
import type { Services } from './services.js';

const ON_OFF = /^(ON|OFF)$/i;

/** Privileges by their name, in upper case. */
const PRIVILEGES: Readonly<Record<string, (user: ExchangeUser) => boolean>> = {
  SKYPEOUT: (user) => user.settings.skypeOut,
  SKYPEIN: (user) => user.settings.skypeIn !== undefined,
  VOICEMAIL: (user) => user.settings.voicemail,
};

export function getParameter(
  services: Services,
  user: ExchangeUser,
  command: GetParameterCommand,
): EndpointMessage | Promise<EndpointMessage> {
  const { parameter, argument } = command;
  switch (parameter) {
    case 'CURRENTUSERHANDLE':
      return replies.parameter(parameter, user.handle);
    case 'PRIVILEGE': {
      const has = entryOf(PRIVILEGES, argument.trim().toUpperCase());
      if (!has) throw new Refusal('unknown-privilege');
      return replies.parameter(parameter, `${argument.trim()} ${has(user) ? 'TRUE' : 'FALSE'}`);
    }
    case 'AUTH_CONTACTS_PROFILES':
      return replies.parameter(parameter, authorisedProfiles(services, user));
    case 'RINGTONE':
      return getRingtone(user, command);
    case 'AVATAR':
      return getAvatar(services, user, argument).then((value) => replies.parameter(parameter, value));
    case 'CONTACTS_FOCUSED':
      return { kind: 'contacts-focused', handle: user.parameters.get(parameter) ?? '' };
    default: {
      const value = user.parameters.get(parameter);
      if (value === undefined) throw new Refusal('get-what');
      return replies.parameter(parameter, value);
    }
  }
}

/**
 * Number of times that a parameter which was set is told to all clients besides the answer, changed or not
 * (reference, examples of "SET WINDOWSTATE", "GET/SET UI_LANGUAGE", "GET/SET WALLPAPER").
 */
const TOLD: Readonly<Partial<Record<ParameterName, number>>> = {
  WINDOWSTATE: 1,
  UI_LANGUAGE: 2,
  WALLPAPER: 1,
};

export function setParameter(
  services: Services,
  user: ExchangeUser,
  command: SetParameterCommand,
): EndpointMessage | Promise<EndpointMessage> {
  const { parameter, value } = command;
  const spec: PropertySpec = PARAMETERS[parameter];
  if (spec.access !== 'read-write') throw new Refusal('set-what');
  if (parameter === 'RINGTONE') return setRingtone(services, user, command);
  if (parameter === 'AVATAR') return setAvatar(services, user, command);
  const stored = checked(services, user, parameter, spec, value);
  if (parameter === 'USERSTATUS') {
    const reply = replies.parameter(parameter, stored);
    if (user.parameters.get(parameter) !== stored) changeStatus(services, user, stored);
    // What was set already is told to nobody (observed), but in the example of "Command identifiers".
    else if (command.commandId !== undefined) user.notify(reply);
    return reply;
  }
  if (parameter === 'WALLPAPER' && isPathHere(stored)) {
    return findWallpaper(services, stored).then(() => store(services, user, parameter, stored));
  }
  return store(services, user, parameter, stored);
}

/** A path of Windows says nothing on another system, and is taken as it is; so is that there is no picture. */
function isPathHere(path: string): boolean {
  return path !== '' && (process.platform === 'win32' || !/^([a-z]:)?\\/i.test(path));
}

function store(
  services: Services,
  user: ExchangeUser,
  parameter: ParameterName,
  value: string,
): EndpointMessage {
  const reply = replies.parameter(parameter, value);
  taking(valueError(parameter), () => user.setParameter(parameter, value));
  services.saveUser(user);
  for (let times = TOLD[parameter] ?? 0; times > 0; times--) user.notify(reply);
  return reply;
}

/** FOCUS and MINIMIZE: the main window changes, which is told (reference, "FOCUS", from release 3.6 on). */
export function moveWindow(user: ExchangeUser, command: 'focus' | 'minimize'): void {
  const state = user.parameters.get('WINDOWSTATE') ?? 'NORMAL';
  const shown = state === 'MAXIMIZED' ? state : 'NORMAL';
  const value = command === 'minimize' ? 'HIDDEN' : shown;
  user.setParameter('WINDOWSTATE', value);
  user.notify(replies.parameter('WINDOWSTATE', value));
}

function checked(
  services: Services,
  user: ExchangeUser,
  parameter: ParameterName,
  spec: PropertySpec,
  value: string,
): string {
  if (spec.type === 'onoff') {
    if (!ON_OFF.test(value)) throw new Refusal(valueError(parameter));
    const talking = services.calls.activeCallsOf(user).some((call) => call.conversation);
    return parameter === 'MUTE' && !talking ? 'OFF' : value.toUpperCase();
  }
  if (spec.type === 'enum' && !spec.values?.includes(value.toUpperCase())) {
    throw new Refusal(valueError(parameter));
  }
  return spec.type === 'enum' ? value.toUpperCase() : value;
}

/** Errors of values that a parameter cannot have, where it has one of its own. */
const VALUE_ERRORS: Readonly<Partial<Record<ParameterName, ErrorName>>> = {
  USERSTATUS: 'user-status-value',
  AUTOAWAY: 'auto-away-value',
  AEC: 'aec-value',
  AGC: 'agc-value',
};

function valueError(parameter: ParameterName): ErrorName {
  return VALUE_ERRORS[parameter] ?? 'parameter-value';
}
