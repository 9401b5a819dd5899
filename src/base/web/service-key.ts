import { type Rule, type Rules, rule, secret } from '../check.js';
import { printable } from '../printable.js';

/** Proof of who asks a service. */
export interface ServiceKey {
  /** The key. Default: none is sent. */
  readonly token?: string;
  /**
   * Header in which the key is sent, with the word before it, if any: `xi-api-key`, `api-key`, `Authorization: Token`.
   * Default: as the interface has it, `Authorization: Bearer` or, of Deepgram's, `Authorization: Token`.
   */
  readonly tokenHeader?: string;
}

const LONGEST = 4096;
/** Length from which on a part of an answer that is also a part of the key is left out, in characters. */
const SHORTEST_PART = 8;

/** Accepts a key that a header can hold. */
export const KEY: Rule = secret(
  rule(
    `1 to ${LONGEST} characters of ASCII in one line`,
    (value) =>
      typeof value === 'string' &&
      value.length <= LONGEST &&
      /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value),
  ),
);

/** Accepts the name of a header, with or without a word before the key. */
export const KEY_HEADER: Rule = rule(
  'the name of a header, optionally with a word before the key: "xi-api-key", "Authorization: Token"',
  (value) => typeof value === 'string' && value.length <= 200 && KEY_FORM.test(value),
);
const KEY_FORM = /^([\w-]+)(?:: *([\w-]+))?$/;

/** The rules of {@link ServiceKey}. */
export const SERVICE_KEY_RULES: Rules<ServiceKey> = { token: KEY, tokenHeader: KEY_HEADER };

/** The headers that prove who asks; `usual` where the key names no other. */
export function keyHeaders(
  { token, tokenHeader }: ServiceKey,
  usual = 'Authorization: Bearer',
): Readonly<Record<string, string>> {
  if (token === undefined) return {};
  const [, name = '', word] = KEY_FORM.exec(tokenHeader ?? usual) ?? [];
  return { [name.toLowerCase()]: word === undefined ? token : `${word} ${token}` };
}

/** Text of a service, for a message: one line of 200 characters at most, without the key or a part of it. */
export function saidWithoutKey(text: string, { token = '' }: ServiceKey): string {
  const said = text.slice(0, LONGEST);
  let told = '';
  for (let at = 0; at < said.length; ) {
    const repeated = lengthOfKeyAt(said, at, token);
    told += repeated > 0 ? '***' : said[at];
    at += repeated || 1;
  }
  return printable(told.replace(/\s+/g, ' ').trim()).slice(0, 200);
}

/** Counts the characters from `at` on that are a part of the key; 0 when they are too few to reveal it. */
function lengthOfKeyAt(text: string, at: number, token: string): number {
  const shortest = Math.min(SHORTEST_PART, token.length);
  if (shortest === 0 || !token.includes(text.slice(at, at + shortest))) return 0;
  if (at + shortest > text.length) return 0;
  let length = shortest;
  while (at + length < text.length && token.includes(text.slice(at, at + length + 1))) length++;
  return length;
}
