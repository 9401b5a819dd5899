import {
  checkOptions,
  either,
  line,
  listOf,
  needed,
  nested,
  object,
  type Rules,
  rule,
  secret,
  text,
  whole,
  within,
} from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { isToken, KnownTokens, TOKEN_EXPECTED } from '../../http/known-tokens.js';
import type { ExchangeUser } from '../exchange-user.js';

/** Options of the account services of an exchange. */
export interface AccountListenOptions {
  /** Port to listen on. 0 (default): the system chooses. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1: this machine alone. */
  readonly host?: string;
  /**
   * Tokens of each user, by handle: 16 to 4096 letters, digits and any of `-._~+/`. A token identifies its user; users
   * without a token are not served. Keep tokens secret, and use `tls` when listening beyond this machine.
   */
  readonly tokens: Readonly<Record<string, string | readonly string[]>>;
  /** Key and certificates as PEM: HTTPS instead of HTTP. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /**
   * Public address of the messaging service, such as `https://client-s.example.net`. A client that creates an endpoint
   * at another address is redirected to it. Default: the address of each client's request.
   */
  readonly messagingOrigin?: string;
  /** Names of hosts from which the URL info service fetches pages, such as `example.net`. Default: none. */
  readonly urlHosts?: readonly string[];
  /** Page information by address, answered without fetching the page. For tests. Default: none. */
  readonly urlInfo?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Requests that each account may make in a second: 1 to 10,000. Default 200. */
  readonly perSecond?: number;
  /** Most simultaneous connections: 1 to 100,000. Default 2000. */
  readonly connections?: number;
  /** Timeout for receiving a whole request, in milliseconds: 100 to 600,000. Default 10,000. */
  readonly requestTimeoutMs?: number;
}

const TOKENS = rule(TOKEN_EXPECTED, (value) => typeof value === 'string' && isToken(value));
const ORIGIN = rule(
  'an address such as https://client-s.example.net',
  (value) => typeof value === 'string' && /^https?:\/\/[\w.-]+(?::\d{1,5})?$/.test(value),
);

/** The rules of {@link AccountListenOptions}. */
export const ACCOUNT_LISTEN_RULES: Rules<AccountListenOptions> = {
  port: whole(0, 65_535),
  host: line(1, 1000),
  tokens: needed(object),
  tls: nested<NonNullable<AccountListenOptions['tls']>>({
    key: needed(secret(text(1, 1_000_000))),
    cert: needed(text(1, 1_000_000)),
  }),
  messagingOrigin: ORIGIN,
  urlHosts: listOf(line(1, 253)),
  urlInfo: object,
  perSecond: within(1, 10_000),
  connections: whole(1, 100_000),
  requestTimeoutMs: within(100, 600_000, 'ms'),
};

/**
 * Checks the tokens of the users and indexes them.
 *
 * @throws ERR_INVALID_ARG for an unknown handle, for an invalid token, and for a token that two users share.
 */
export function accountTokens(
  { tokens }: AccountListenOptions,
  userOf: (handle: string) => ExchangeUser | undefined,
): KnownTokens<ExchangeUser> {
  const known = new KnownTokens<ExchangeUser>();
  for (const [handle, given] of Object.entries(tokens)) {
    const user = userOf(handle);
    if (!user)
      throw invalidArgument(`tokens.${handle}`, 'left out, because the exchange has no such user', handle);
    const rules = { [handle]: needed(secret(either(TOKENS, listOf(TOKENS, 1)))) };
    checkOptions({ [handle]: given }, rules, 'tokens.');
    for (const token of typeof given === 'string' ? [given] : given) {
      const other = known.add(user, token);
      if (other && other !== user) {
        throw invalidArgument(`tokens.${handle}`, `a token other than that of ${other.handle}`, 'it');
      }
    }
  }
  return known;
}
