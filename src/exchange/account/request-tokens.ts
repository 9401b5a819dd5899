import type { IncomingHttpHeaders } from 'node:http';

/** Headers that a token stands in, in small letters, each with its form. */
const FORMS: readonly (readonly [header: string, form: RegExp])[] = [
  ['x-skypetoken', /^(\S+)$/],
  ['authentication', /^skypetoken=([^\s;]+);?$/i],
  ['authorization', /^(?:skype_?token|Bearer) +(\S+)$/i],
];

/** A token of the messaging service, which stands beside others or alone. */
const REGISTRATION = /^registrationToken=([^\s;]+)(?:;|$)/i;

/** Headers that say who asks: each stands once. */
export const AUTHENTICATION_HEADERS: readonly string[] = [
  ...FORMS.map(([header]) => header),
  'registrationtoken',
];

/** Tokens of a request, one for each header that is there; undefined for one without the form of its header. */
export function tokensOf(headers: IncomingHttpHeaders): (string | undefined)[] {
  return FORMS.flatMap(([header, form]) => {
    const value = headerOf(headers, header);
    return value === undefined ? [] : [form.exec(value)?.[1]];
  });
}

/** The token of the messaging service that a request has. */
export function registrationTokenOf(headers: IncomingHttpHeaders): string | undefined {
  return REGISTRATION.exec(headerOf(headers, 'registrationtoken') ?? '')?.[1];
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value: unknown = Object.hasOwn(headers, name) ? Reflect.get(headers, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
