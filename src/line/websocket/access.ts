import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  checkArgument,
  checkOptions,
  either,
  line,
  listOf,
  nested,
  type Rules,
  secret,
  text,
  words,
} from '../../base/check.js';

/** Those who may connect. With several, one is enough. */
export interface MediaAccess {
  /** Tokens of `Authorization: Bearer`. */
  readonly bearer?: readonly string[];
  /** `user:password` of `Authorization: Basic`. */
  readonly basic?: readonly string[];
  /** Twilio, by its signature. */
  readonly twilio?: TwilioAccess;
}

/** Proof that a request comes from Twilio. */
export interface TwilioAccess {
  /** Auth token of the account. */
  readonly authToken: string;
  /**
   * Address as Twilio was given it, up to the path: `wss://voice.example.com`, or the same with `https:`. Default: `wss://`
   * and the host that the request names, which is wrong behind a proxy that changes it.
   */
  readonly publicUrl?: string;
}

const TOKEN = secret(text(8, 4096));
const FIELD = either(words, listOf(words));

/** The rules of {@link MediaAccess}. */
export const ACCESS_RULES: Rules<MediaAccess> = {
  bearer: listOf(TOKEN, 1),
  basic: listOf(TOKEN, 1),
  twilio: nested<TwilioAccess>({
    authToken: { ...TOKEN, needed: true },
    publicUrl: line(6, 2000),
  }),
};

/** True for a request that one of the ways of `access` allows; without a way, for all. */
export function isAllowed(request: IncomingMessage, access: MediaAccess): boolean {
  const { bearer, basic, twilio } = access;
  if (!bearer && !basic && !twilio) return true;
  const header = request.headers.authorization ?? '';
  const credentials = header.replace(/^\S+ +/, '');
  if (bearer && /^bearer /i.test(header) && bearer.some((token) => isSame(token, credentials))) return true;
  if (basic && /^basic /i.test(header)) {
    const given = Buffer.from(credentials, 'base64').toString('utf8');
    if (basic.some((pair) => isSame(pair, given))) return true;
  }
  return twilio !== undefined && isFromTwilio(request, twilio);
}

/**
 * Signature that Twilio sends as `X-Twilio-Signature` with a request: of its whole address, and of the fields of a
 * form, each name with its value, sorted by name; of several values of a name each once, sorted. A WebSocket has no fields.
 *
 * @returns base64. Source: Twilio, "Security: validating requests".
 * @throws ERR_INVALID_ARG
 */
export function twilioSignature(
  authToken: string,
  url: string,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
): string {
  checkArgument('authToken', authToken, secret(words));
  checkArgument('url', url, words);
  checkOptions(fields, Object.fromEntries(Object.keys(Object(fields)).map((name) => [name, FIELD])));
  const signed = Object.entries(fields)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, value]) => [...new Set([value].flat())].sort().map((each) => `${name}${each}`))
    .reduce((all, each) => all + each, url);
  return createHmac('sha1', authToken).update(signed, 'utf8').digest('base64');
}

/** Twilio signs an address with `wss:`; the port may be left out of it, or be in it. */
function isFromTwilio(
  { headers, url = '' }: IncomingMessage,
  { authToken, publicUrl }: TwilioAccess,
): boolean {
  const given = headers['x-twilio-signature'];
  if (typeof given !== 'string') return false;
  const named = publicUrl && withoutSlashes(publicUrl).replace(/^https:/, 'wss:');
  const base = named ?? `wss://${headers.host ?? ''}`;
  const bases = [base, base.replace(/:\d+$/, ''), `${base}:443`];
  return bases.some((each) => isSame(twilioSignature(authToken, each + url), given));
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end--;
  return url.slice(0, end);
}

/** Takes the same time however much is right. */
function isSame(expected: string, given: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(expected), digest(given));
}
