import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Params, readPairs } from './address.js';

/** Name and password of an account. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Hash of each algorithm, in the order of preference (RFC 8760). */
const HASHES = { 'SHA-512-256': 'sha512-256', 'SHA-256': 'sha256', MD5: 'md5' } as const;
export type DigestAlgorithm = keyof typeof HASHES;
const ALGORITHMS = Object.keys(HASHES) as DigestAlgorithm[];

/** Challenge of a server (RFC 7616). */
export interface Challenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  readonly algorithm: DigestAlgorithm;
  readonly isSession: boolean;
  /** Values of `qop`; empty for a server of RFC 2069. */
  readonly qop: readonly string[];
  readonly isStale: boolean;
}

/** Part of a request that is signed. */
export interface Signed {
  readonly method: string;
  readonly uri: string;
  readonly body: Buffer;
}

/** Reads the value of a WWW-Authenticate or Proxy-Authenticate header; undefined for an unknown scheme or hash. */
export function readChallenge(value: string): Challenge | undefined {
  const pairs = pairsOf(value);
  const nonce = pairs.get('nonce');
  const [name = '', session] = (pairs.get('algorithm') ?? 'MD5').toUpperCase().split(/-(SESS)$/);
  const algorithm = ALGORITHMS.find((each) => each === name);
  if (nonce === undefined || !algorithm) return undefined;
  return {
    realm: pairs.get('realm') ?? '',
    nonce,
    opaque: pairs.get('opaque'),
    algorithm,
    isSession: session !== undefined,
    qop: (pairs.get('qop') ?? '')
      .split(',')
      .map((each) => each.trim().toLowerCase())
      .filter((each) => each !== ''),
    isStale: pairs.get('stale')?.toLowerCase() === 'true',
  };
}

/** Reads the realm of a challenge, or of an answer to one; empty when there is none. */
export function realmOf(value: string): string {
  return pairsOf(value).get('realm') ?? '';
}

/** Reads the parameters after the scheme; none for a scheme other than digest. */
function pairsOf(value: string): Params {
  const [, text = ''] = /^digest\s+(.*)$/is.exec(value) ?? [];
  return readPairs(text);
}

/** Chooses the strongest of several challenges that can be answered. */
export function strongest(values: readonly string[]): Challenge | undefined {
  const read = values.flatMap((value) => readChallenge(value) ?? []);
  return read
    .filter(({ qop }) => qop.length === 0 || qop.includes('auth') || qop.includes('auth-int'))
    .sort((a, b) => ALGORITHMS.indexOf(a.algorithm) - ALGORITHMS.indexOf(b.algorithm))[0];
}

/**
 * Makes the value of an Authorization header.
 *
 * @param count Number of the request with this nonce, from 1.
 * @param cnonce Nonce of the client. Default: random.
 */
export function answerChallenge(
  challenge: Challenge,
  credentials: Credentials,
  signed: Signed,
  count = 1,
  cnonce: string = randomBytes(8).toString('hex'),
): string {
  const { realm, nonce, opaque, algorithm, isSession, qop } = challenge;
  const chosen = qop.includes('auth') ? 'auth' : qop.includes('auth-int') ? 'auth-int' : undefined;
  const nc = count.toString(16).padStart(8, '0');
  const response = digestOf(
    { ...credentials, realm, nonce, algorithm, isSession, qop: chosen, nc, cnonce },
    signed,
  );
  const text = [
    ['username', credentials.user],
    ['realm', realm],
    ['nonce', nonce],
    ['uri', signed.uri],
    ['response', response],
    ...(opaque === undefined ? [] : [['opaque', opaque]]),
    ...(chosen || isSession ? [['cnonce', cnonce]] : []),
  ].map(([name = '', value = '']) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`);
  const bare = [`algorithm=${algorithm}${isSession ? '-sess' : ''}`];
  if (chosen) bare.push(`qop=${chosen}`, `nc=${nc}`);
  return `Digest ${[...text, ...bare].join(', ')}`;
}

interface DigestInput extends Credentials {
  readonly realm: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  readonly isSession: boolean;
  readonly qop: string | undefined;
  readonly nc: string;
  readonly cnonce: string;
}

function digestOf(input: DigestInput, { method, uri, body }: Signed): string {
  const { user, realm, password, nonce, cnonce, nc, qop, algorithm, isSession } = input;
  const hash = (data: string | Buffer) => createHash(HASHES[algorithm]).update(data).digest('hex');
  const plain = hash(Buffer.from(`${user}:${realm}:${password}`, 'utf8'));
  const a1 = isSession ? hash(`${plain}:${nonce}:${cnonce}`) : plain;
  const a2 = hash(qop === 'auth-int' ? `${method}:${uri}:${hash(body)}` : `${method}:${uri}`);
  return hash(qop === undefined ? `${a1}:${nonce}:${a2}` : `${a1}:${nonce}:${nc}:${cnonce}:${qop}:${a2}`);
}

/** Result of checking the Authorization of a request. */
export type DigestCheck =
  | { readonly kind: 'accepted'; readonly user: string }
  /** No valid credentials: challenge the request. `isStale` is true when only the nonce is too old. */
  | { readonly kind: 'refused'; readonly isStale: boolean };

/** Longest life of a nonce, in milliseconds. */
const NONCE_MS = 300_000;
/** Most nonces whose counts are kept against replays. The oldest count as too old beyond it. */
const MAX_NONCES = 4096;

/**
 * Server side of digest authentication: makes challenges and checks answers. A nonce contains its time and a signature.
 */
export class DigestGuard {
  readonly realm: string;
  readonly #secret = randomBytes(16);
  readonly #now: () => number;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #counts = new Map<string, number>();

  /** @param now Time in milliseconds, of a monotonic clock. */
  constructor(realm: string, now: () => number, algorithms: readonly DigestAlgorithm[] = ['SHA-256', 'MD5']) {
    this.realm = realm;
    this.#now = now;
    this.#algorithms = algorithms;
  }

  /** Makes the values of WWW-Authenticate, the strongest first. */
  challenges(isStale = false): string[] {
    const nonce = this.#nonce(Math.floor(this.#now()));
    const stale = isStale ? ', stale=true' : '';
    return this.#algorithms.map(
      (algorithm) =>
        `Digest realm="${this.realm}", nonce="${nonce}", algorithm=${algorithm}, qop="auth,auth-int"${stale}`,
    );
  }

  /**
   * Checks the values of Authorization.
   *
   * @param passwordOf Returns the password of a user; undefined for an unknown user.
   */
  check(
    values: readonly string[],
    signed: Signed,
    passwordOf: (user: string) => string | undefined,
  ): DigestCheck {
    for (const value of values) {
      const given = pairsOf(value);
      if (given.get('realm') !== this.realm) continue;
      const user = given.get('username') ?? '';
      // An unknown user costs the same work as a wrong password.
      const password = passwordOf(user);
      if (!this.#fits(given, signed, password ?? '') || password === undefined) continue;
      return this.#isFresh(given) ? { kind: 'accepted', user } : { kind: 'refused', isStale: true };
    }
    return { kind: 'refused', isStale: false };
  }

  #fits(given: Params, signed: Signed, password: string): boolean {
    const challenge = readChallenge(
      `Digest nonce="", algorithm=${(given.get('algorithm') ?? 'MD5').replace(/[^\w-]/g, '')}`,
    );
    if (!challenge || !this.#algorithms.includes(challenge.algorithm)) return false;
    const qop = given.get('qop')?.toLowerCase();
    if (qop !== undefined && qop !== 'auth' && qop !== 'auth-int') return false;
    const expected = digestOf(
      {
        user: given.get('username') ?? '',
        password,
        realm: this.realm,
        nonce: given.get('nonce') ?? '',
        algorithm: challenge.algorithm,
        isSession: challenge.isSession,
        qop,
        nc: given.get('nc') ?? '',
        cnonce: given.get('cnonce') ?? '',
      },
      { ...signed, uri: given.get('uri') ?? '' },
    );
    const response = given.get('response') ?? '';
    return (
      response.length === expected.length &&
      timingSafeEqual(Buffer.from(response, 'latin1'), Buffer.from(expected))
    );
  }

  /** Returns true for an own nonce that is not too old, with a count that was not used before. */
  #isFresh(given: Params): boolean {
    const nonce = given.get('nonce') ?? '';
    const madeAt = Number.parseInt(nonce.split('.')[0] ?? '', 36);
    if (!Number.isFinite(madeAt) || this.#nonce(madeAt) !== nonce) return false;
    const age = this.#now() - madeAt;
    if (age < -1 || age > NONCE_MS) return false;
    const count = Number.parseInt(given.get('nc') ?? '1', 16);
    const last = this.#counts.get(nonce) ?? 0;
    if (!(count > last)) return false;
    this.#counts.delete(nonce);
    this.#counts.set(nonce, count);
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MAX_NONCES && oldest !== undefined) this.#counts.delete(oldest);
    return true;
  }

  #nonce(at: number): string {
    const signature = createHash('sha256').update(this.#secret).update(String(at)).digest('base64url');
    return `${at.toString(36)}.${signature.slice(0, 22)}`;
  }
}
