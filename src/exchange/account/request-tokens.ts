import type { IncomingHttpHeaders } from 'node:http';

/** Headers that carry a token, in lower case, each with its form. */
const FORMS: readonly (readonly [header: string, form: RegExp])[] = [
  ['x-skypetoken', /^(\S+)$/],
  ['authentication', /^skypetoken=([^\s;]+);?$/i],
  ['authorization', /^(?:skype_?token|Bearer) +(\S+)$/i],
];

/** A token of the messaging service, alone or together with others. */
const REGISTRATION = /^registrationToken=([^\s;]+)(?:;|$)/i;

/** Headers that identify the client. Each may occur once. */
export const AUTHENTICATION_HEADERS: readonly string[] = [
  ...FORMS.map(([header]) => header),
  'registrationtoken',
];

/** Gives the tokens of a request, one for each header present; undefined for a header of invalid form. */
export function requestTokens(headers: IncomingHttpHeaders): (string | undefined)[] {
  return FORMS.flatMap(([header, form]) => {
    const value = headerOf(headers, header);
    return value === undefined ? [] : [form.exec(value)?.[1]];
  });
}

/** Gives the token of the messaging service in a request. */
export function registrationTokenOf(headers: IncomingHttpHeaders): string | undefined {
  return REGISTRATION.exec(headerOf(headers, 'registrationtoken') ?? '')?.[1];
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value: unknown = Object.hasOwn(headers, name) ? Reflect.get(headers, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
