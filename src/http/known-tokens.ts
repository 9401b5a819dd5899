import { createHash, timingSafeEqual } from 'node:crypto';

/** Shortest token, in characters. */
export const MIN_TOKEN_LENGTH = 16;
const TOKEN = /^[\w.~+/-]+=*$/;

/** Description of a valid token, for error messages. */
export const TOKEN_EXPECTED = `a token of ${MIN_TOKEN_LENGTH} or more letters, digits and any of -._~+/`;

/** True for a text that is a valid token. */
export function isToken(text: string): boolean {
  return text.length >= MIN_TOKEN_LENGTH && text.length <= 4096 && TOKEN.test(text);
}

/** Tokens with their owners. Tokens are stored as digests and compared in constant time. */
export class KnownTokens<T> {
  readonly #known: { readonly owner: T; readonly digest: Buffer }[] = [];

  /** Adds a token. @returns the owner that already has the same token; the token is then not added. */
  add(owner: T, token: string): T | undefined {
    const own = digest(token);
    const same = this.#known.find((each) => each.digest.equals(own));
    if (!same) this.#known.push({ owner, digest: own });
    return same?.owner;
  }

  ownerOf(token: string): T | undefined {
    const given = digest(token);
    let found: T | undefined;
    // All tokens are compared, so that the time does not depend on which one matches.
    for (const { digest, owner } of this.#known) if (timingSafeEqual(digest, given)) found = owner;
    return found;
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
