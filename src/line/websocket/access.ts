import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  checkArgument,
  checkOptions,
  either,
  instance,
  line,
  listOf,
  needed,
  nested,
  object,
  oneOf,
  type Rules,
  secret,
  text,
  words,
} from '../../base/check.js';

/** Accepted credentials of clients. One match is enough. */
export interface MediaAccess {
  /** Tokens of `Authorization: Bearer`. */
  readonly bearer?: readonly string[];
  /** `user:password` of `Authorization: Basic`. */
  readonly basic?: readonly string[];
  /** Access of Twilio, by its signature. */
  readonly twilio?: TwilioAccess;
}

/** Proof that a request comes from Twilio. */
export interface TwilioAccess {
  /** Auth token of the account, or the secret of a SharedKey. */
  readonly authToken: string;
  /**
   * Address that Twilio was given, up to the path: `wss://voice.example.com`, or the same with `https:`. Default:
   * `wss://` and the host in the request. That is wrong behind a proxy that changes the host.
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

/** Returns true for a request that `access` allows. An `access` without credentials allows all. */
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
 * Computes the signature that Twilio sends as `X-Twilio-Signature`. It signs the whole address and the fields of a
 * form: each name with its value, sorted by name. A name with several values comes once for each different value,
 * sorted. A WebSocket has no fields. The hash is SHA-1, or SHA-256 for a SharedKey with that algorithm.
 *
 * @returns base64. Source: Twilio, "Security: validating requests".
 * @throws ERR_INVALID_ARG
 */
export function twilioSignature(
  authToken: string,
  url: string,
  fields: Readonly<Record<string, string | readonly string[]>> = {},
  algorithm: 'sha1' | 'sha256' = 'sha1',
): string {
  checkArgument('authToken', authToken, secret(words));
  checkArgument('url', url, words);
  checkOptions(fields, Object.fromEntries(Object.keys(Object(fields)).map((name) => [name, FIELD])));
  checkArgument('algorithm', algorithm, oneOf('sha1', 'sha256'));
  const signed = Object.entries(fields)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([name, value]) => [...new Set([value].flat())].sort().map((each) => `${name}${each}`))
    .reduce((all, each) => all + each, url);
  return createHmac(algorithm, authToken).update(signed, 'utf8').digest('base64');
}

/** Request, such as the webhook of a call, that claims to come from Twilio. */
export interface TwilioRequest {
  /** Auth token of the account, or the secret of a SharedKey. */
  readonly authToken: string;
  /** Whole address that Twilio was given, with the query of the request. */
  readonly url: string;
  /** Headers, with names in lower case, as in Node. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Fields of a form. Default: none. */
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** Body that is not a form, such as JSON. Its SHA-256 is `bodySHA256` in the address. */
  readonly body?: string | Uint8Array;
}

const REQUEST_RULES: Rules<TwilioRequest> = {
  authToken: { ...secret(words), needed: true },
  url: needed(words),
  headers: needed(object),
  fields: object,
  body: either(words, instance(Uint8Array)),
};

/**
 * Returns true for a request that Twilio has signed. The signature covers the address, with or without a port, the
 * fields, and a body whose hash is in the address. A body without a hash, or a hash without a body, counts as not
 * signed.
 *
 * @throws ERR_INVALID_ARG
 */
export function isTwilioRequest(request: TwilioRequest): boolean {
  checkOptions(request, REQUEST_RULES);
  const { authToken, url, headers, fields = {}, body } = request;
  const given = headers['x-twilio-signature'];
  const algorithm = algorithmOf(headers['x-twilio-webhooks-signature-settings']);
  if (typeof given !== 'string' || !algorithm || !URL.canParse(url)) return false;
  const hash = new URL(url).searchParams.get('bodySHA256');
  if ((hash === null) !== (body === undefined)) return false;
  const expected = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  if (hash !== null && !isSame(expected, hash)) return false;
  const signed = hash === null ? fields : {};
  return withPorts(url).some((each) => isSame(twilioSignature(authToken, each, signed, algorithm), given));
}

/** Reads the hash of a SharedKey from its header: `key=..., algorithm=HMAC_SHA256`. Default: SHA-1. */
function algorithmOf(settings: unknown): 'sha1' | 'sha256' | undefined {
  const named = /(?:^|,)\s*algorithm\s*=\s*([^,\s]+)/.exec(typeof settings === 'string' ? settings : '')?.[1];
  if (named === undefined || /^hmac_sha1$/i.test(named)) return 'sha1';
  return /^hmac_sha256$/i.test(named) ? 'sha256' : undefined;
}

/** Returns the forms of an address: as it is, without a port, and with the default port if it has none. */
function withPorts(url: string): readonly string[] {
  const [, scheme = '', host = '', port, rest = ''] =
    /^(\w+:\/\/)((?:[^/?#@]*@)?(?:\[[^\]]*\]|[^/?#:]*))(:\d+)?(.*)$/s.exec(url) ?? [];
  if (scheme === '') return [url];
  const usual = /^(?:https|wss):/i.test(scheme) ? ':443' : ':80';
  return [url, scheme + host + rest, ...(port === undefined ? [scheme + host + usual + rest] : [])];
}

/** Returns true for a WebSocket request of Twilio. It signs the address with `wss:`, with or without a port. */
function isFromTwilio(
  { headers, url = '' }: IncomingMessage,
  { authToken, publicUrl }: TwilioAccess,
): boolean {
  const named = publicUrl && withoutSlashes(publicUrl).replace(/^https:/, 'wss:');
  const base = named ?? `wss://${headers.host ?? ''}`;
  // A WebSocket has no body, so a `bodySHA256` in its query is ignored.
  const given = headers['x-twilio-signature'];
  const algorithm = algorithmOf(headers['x-twilio-webhooks-signature-settings']);
  if (typeof given !== 'string' || !algorithm) return false;
  return withPorts(base + url).some((each) => isSame(twilioSignature(authToken, each, {}, algorithm), given));
}

function withoutSlashes(url: string): string {
  let end = url.length;
  while (url[end - 1] === '/') end--;
  return url.slice(0, end);
}

/** Compares texts in a time that does not depend on how much is equal. */
function isSame(expected: string, given: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(expected), digest(given));
}
