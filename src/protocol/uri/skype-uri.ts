import { checkArgument, checkOptions, instance, listOf, type Rules, words } from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { hasLineBreak, lineBreakError } from '../serialize.js';

/**
 * Actions of a `skype:` URI. Without an action it focuses the client (no target) or does the contact's default action.
 */
export const SKYPE_URI_ACTIONS = ['call', 'chat', 'voicemail', 'add', 'sendfile', 'userinfo'] as const;

export type SkypeUriAction = (typeof SKYPE_URI_ACTIONS)[number];

/** A `skype:` URI (reference, "Skype URI handler"). */
export interface SkypeUri {
  /** Handles, aliases or phone numbers. */
  readonly targets: readonly string[];
  /** One of {@link SKYPE_URI_ACTIONS}, or a word that the reference does not list. */
  readonly action?: SkypeUriAction | (string & Record<never, never>);
  /** Parameters of the action: `topic`, `displayname`, `id`. */
  readonly terms: ReadonlyMap<string, string>;
  /** Text after `#`: for a chat, the time to show. */
  readonly fragment?: string;
}

/**
 * Reads `skype:[targets][?action[&term=value]*][#fragment]`. Parts are percent-decoded; terms may also begin with
 * `?`, as in the reference's grammar.
 *
 * @throws ERR_SYNTAX for another scheme, for `skype://`, and for a broken percent escape.
 * @throws ERR_LINE_BREAK when a decoded part holds CR, LF or NUL.
 */
export function parseSkypeUri(uri: string): SkypeUri {
  checkArgument('uri', uri, words);
  if (!/^skype:/i.test(uri)) throw syntaxError(uri, 'must begin with "skype:"');
  if (uri.startsWith('//', 6)) throw syntaxError(uri, 'has no "//": write skype:echo123');
  const [head, fragment] = cut(uri.slice(6), '#');
  const [path, query] = cut(head, '?');
  const targets = path
    .split(';')
    .filter((target) => target !== '')
    .map((target) => decoded('targets', target, uri));
  const [action = '', ...terms] = (query ?? '').split(/[&?]/).filter((part) => part !== '');
  return {
    targets,
    ...(action !== '' && { action: decoded('action', action, uri).toLowerCase() }),
    terms: new Map(terms.map((term) => parseTerm(term, uri))),
    ...(fragment !== undefined && { fragment: decoded('fragment', fragment, uri) }),
  };
}

const RULES: Rules<Partial<SkypeUri>> = {
  targets: listOf(words),
  action: words,
  terms: instance(Map),
  fragment: words,
};

/**
 * Writes a URI. Characters that would be read as its syntax are percent-encoded.
 *
 * @throws ERR_INVALID_ARG for an empty target, and for terms without an action.
 * @throws ERR_LINE_BREAK when a part holds CR, LF or NUL.
 */
export function formatSkypeUri(uri: Partial<SkypeUri>): string {
  checkOptions(uri, RULES, 'uri.');
  const { targets = [], action, terms = new Map<string, string>(), fragment } = uri;
  if (targets.includes('')) throw invalidArgument('targets', 'without empty entries', '');
  if (action === undefined && terms.size > 0)
    throw invalidArgument('terms', 'given only with an action', 'no action');
  const words = Array.from(terms, ([name, value]) => `&${encoded('terms', name)}=${encoded('terms', value)}`);
  const query = action === undefined ? '' : `?${encoded('action', action)}${words.join('')}`;
  const end = fragment === undefined ? '' : `#${encoded('fragment', fragment)}`;
  return `skype:${targets.map((target) => encoded('targets', target)).join(';')}${query}${end}`;
}

function parseTerm(term: string, uri: string): [name: string, value: string] {
  const [name, value = ''] = cut(term, '=');
  return [decoded('terms', name, uri), decoded('terms', value, uri)];
}

/** Splits a text at the first `separator`. */
function cut(text: string, separator: string): [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(part: string, text: string, uri: string): string {
  const value = percentDecoded(text);
  if (value === undefined) throw syntaxError(uri, `has an invalid percent escape in ${JSON.stringify(text)}`);
  if (hasLineBreak(value)) throw lineBreakError(part);
  return value;
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Percent-encodes a part. `+`, `$`, `/`, `,`, `:` and `@` stay as they are, because phone numbers and chat ids contain
 * them.
 */
function encoded(part: string, text: string): string {
  if (hasLineBreak(text)) throw lineBreakError(part);
  if (LONE_SURROGATE.test(text)) throw invalidArgument(part, 'free of lone surrogates', text);
  return encodeURIComponent(text).replace(/%(2B|24|2F|2C|3A|40)/g, (code) => decodeURIComponent(code));
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function syntaxError(uri: string, problem: string): JackfieldError {
  return new JackfieldError('ERR_SYNTAX', `A Skype URI ${problem}; got ${JSON.stringify(uri)}.`);
}
