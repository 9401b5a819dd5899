import { answerChallenge, type Credentials, realmOf, strongest } from './digest.js';
import { cseqOf, type SipRequest, type SipResponse } from './sip-message.js';

/** Most times that a request is repeated with new credentials, such as for a stale nonce or several proxies. */
const MAX_ANSWERS = 4;

/** Answers to the challenges of one request. */
export class DigestClient {
  readonly #credentials: Credentials | undefined;
  readonly #answered = new Set<string>();
  readonly #nonces = new Map<string, number>();
  #answers = 0;

  constructor(credentials: Credentials | undefined) {
    this.#credentials = credentials;
  }

  /**
   * Repeats the request with the next CSeq and an answer to each challenge.
   *
   * @returns undefined when there are no credentials, or the server has refused them.
   */
  answer(request: SipRequest, response: SipResponse): SipRequest | undefined {
    if (response.status !== 401 && response.status !== 407) return undefined;
    if (!this.#credentials || this.#answers >= MAX_ANSWERS) return undefined;
    this.#answers++;
    const [asks, answers] =
      response.status === 401
        ? (['WWW-Authenticate', 'Authorization'] as const)
        : (['Proxy-Authenticate', 'Proxy-Authorization'] as const);
    const headers = request.headers.copy();
    const values: string[] = [];
    for (const challenges of byRealm(response.headers.lines(asks))) {
      const challenge = strongest(challenges);
      if (!challenge) continue;
      const key = `${answers} ${challenge.realm}`;
      // The same credentials were refused before, and not because of a stale nonce.
      if (this.#answered.has(key) && !challenge.isStale) return undefined;
      this.#answered.add(key);
      const count = (this.#nonces.get(challenge.nonce) ?? 0) + 1;
      this.#nonces.set(challenge.nonce, count);
      values.push(answerChallenge(challenge, this.#credentials, request, count));
    }
    if (values.length === 0) return undefined;
    const { number, method } = cseqOf(headers);
    // Answers to the challenges of other proxies stay.
    const kept = headers
      .lines(answers)
      .filter((line) => !values.some((value) => realmOf(value) === realmOf(line)));
    headers
      .delete(answers)
      .add(answers, ...kept, ...values)
      .set('CSeq', `${number + 1} ${method}`);
    return { ...request, headers };
  }
}

/** Groups challenges by realm. Those of one realm are alternatives; each realm needs an answer. */
function byRealm(values: readonly string[]): string[][] {
  const realms = new Map<string, string[]>();
  for (const value of values) {
    const realm = realmOf(value);
    realms.set(realm, [...(realms.get(realm) ?? []), value]);
  }
  return [...realms.values()];
}
