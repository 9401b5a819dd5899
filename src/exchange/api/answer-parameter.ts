import { entryOf } from '../../entry-of.js';
import { PARAMETERS } from '../../protocol/catalogue/parameters.js';
import type { PropertySpec } from '../../protocol/catalogue/spec.js';
import type {
  EndpointMessage,
  GetParameterCommand,
  ParameterName,
  SetParameterCommand,
} from '../../protocol/message.js';
import { replies } from '../../protocol/replies.js';
import type { User } from '../user.js';
import { Refusal } from './refusal.js';
import type { Services } from './services.js';

const ON_OFF = /^(ON|OFF)$/i;

/** Privileges by their name, in upper case. */
const PRIVILEGES: Readonly<Record<string, (user: User) => boolean>> = {
  SKYPEOUT: (user) => user.settings.skypeOut,
  SKYPEIN: (user) => user.settings.skypeIn !== undefined,
  VOICEMAIL: (user) => user.settings.voicemail,
};

export function getParameter(services: Services, user: User, command: GetParameterCommand): EndpointMessage {
  const { parameter, argument } = command;
  switch (parameter) {
    case 'CURRENTUSERHANDLE':
      return replies.parameter(parameter, user.handle);
    case 'PRIVILEGE': {
      const has = entryOf(PRIVILEGES, argument.trim().toUpperCase());
      if (!has) throw new Refusal(40);
      return replies.parameter(parameter, `${argument.trim()} ${has(user) ? 'TRUE' : 'FALSE'}`);
    }
    case 'AUTH_CONTACTS_PROFILES':
      return replies.parameter(parameter, authorisedContacts(services, user));
    case 'CONTACTS_FOCUSED':
      return { kind: 'contacts-focused', handle: user.parameters.get(parameter) ?? '' };
    default: {
      const value = user.parameters.get(parameter);
      if (value === undefined) throw new Refusal(7);
      return replies.parameter(parameter, value);
    }
  }
}

/** What can be set is set and told to all clients, so that each sees what another did. */
export function setParameter(services: Services, user: User, command: SetParameterCommand): EndpointMessage {
  const { parameter, value } = command;
  const spec: PropertySpec = PARAMETERS[parameter];
  if (spec.access !== 'read-write') throw new Refusal(18);
  const stored = checked(services, user, parameter, spec, value);
  user.parameters.set(parameter, stored);
  const reply = replies.parameter(parameter, stored);
  if (parameter === 'USERSTATUS') user.notify(reply);
  return reply;
}

function checked(
  services: Services,
  user: User,
  parameter: ParameterName,
  spec: PropertySpec,
  value: string,
): string {
  if (spec.type === 'onoff') {
    if (!ON_OFF.test(value)) throw new Refusal(refusalNumber(parameter));
    const talking = services.calls.activeCallsOf(user).some((call) => call.conversation);
    return parameter === 'MUTE' && !talking ? 'OFF' : value.toUpperCase();
  }
  if (spec.type === 'enum' && !spec.values?.includes(value.toUpperCase())) {
    throw new Refusal(refusalNumber(parameter));
  }
  return spec.type === 'enum' ? value.toUpperCase() : value;
}

function refusalNumber(parameter: ParameterName): 28 | 33 | 53 | 570 | 572 {
  const numbers: Partial<Record<ParameterName, 28 | 33 | 53 | 570 | 572>> = {
    USERSTATUS: 28,
    AUTOAWAY: 53,
    AEC: 570,
    AGC: 572,
  };
  return numbers[parameter] ?? 33;
}

function authorisedContacts(services: Services, user: User): string {
  const handles = [...user.contacts.keys()].filter((handle) => user.isContact(handle));
  return handles.map((handle) => `${handle}:${services.identityOf(handle)?.fullName ?? handle}`).join(', ');
}
