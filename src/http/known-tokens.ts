import { createHash, timingSafeEqual } from 'node:crypto';

/** Shortest token, in characters. */
export const MIN_TOKEN_LENGTH = 16;
const TOKEN = /^[\w.~+/-]+=*$/;

/** Text for what a token has to be. */
export const TOKEN_EXPECTED = `a token of ${MIN_TOKEN_LENGTH} or more letters, digits and any of -._~+/`;

/** True for a text that can be a token. */
export function isToken(text: string): boolean {
  return text.length >= MIN_TOKEN_LENGTH && text.length <= 4096 && TOKEN.test(text);
}

/** Tokens, each with its owner. They are kept as digests, and compared in a time that tells nothing about them. */
export class KnownTokens<T> {
  readonly #known: { readonly owner: T; readonly digest: Buffer }[] = [];

  /** @returns The owner that has the same token already; then it is not added. */
  add(owner: T, token: string): T | undefined {
    const own = digest(token);
    const same = this.#known.find((each) => each.digest.equals(own));
    if (!same) this.#known.push({ owner, digest: own });
    return same?.owner;
  }

  ownerOf(token: string): T | undefined {
    const given = digest(token);
    let found: T | undefined;
    // Each is compared, so that the time does not tell which one it was.
    for (const { digest, owner } of this.#known) if (timingSafeEqual(digest, given)) found = owner;
    return found;
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
