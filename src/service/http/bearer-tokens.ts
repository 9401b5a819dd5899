import { createHash, timingSafeEqual } from 'node:crypto';
import { checkArgument, object, words } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { readToken } from '../../files/key-files.js';
import type { ServiceConfig } from '../config/service-config.js';

/** A client of the REST API: whoever has the token of that name. */
export interface ApiClient {
  readonly name: string;
  /** `read` looks and follows; `control` changes something as well. */
  readonly may: 'read' | 'control';
}

interface KnownClient extends ApiClient {
  readonly digest: Buffer;
}

/** Shortest token, in characters. */
const MIN_LENGTH = 16;
const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** The tokens that a REST API takes. They are kept as digests, and compared in a time that tells nothing about them. */
export class BearerTokens {
  readonly #known: readonly KnownClient[];

  private constructor(known: readonly KnownClient[]) {
    this.#known = known;
  }

  /** Reads the files of a configuration. @throws ERR_FILE; ERR_INVALID_ARG for a token that is too short, or stands twice. */
  static async read(config: NonNullable<ServiceConfig['api']>): Promise<BearerTokens> {
    checkArgument('config', config, object);
    checkArgument('config.tokens', config.tokens, object);
    const known = await Promise.all(
      Object.entries(config.tokens).map(async ([name, { file, may = 'control' }]) => {
        const token = await readToken(file);
        if (token.length < MIN_LENGTH || !BEARER.test(`Bearer ${token}`)) {
          // The text of the error must not have the token in it.
          const expected = `the file of a token of ${MIN_LENGTH} or more letters, digits and any of -._~+/`;
          throw invalidArgument(`api.tokens.${name}.file`, expected, file);
        }
        return { name, may, digest: digest(token) };
      }),
    );
    for (const [index, { name, digest }] of known.entries()) {
      const same = known.slice(index + 1).find((other) => other.digest.equals(digest));
      if (same)
        throw invalidArgument(`api.tokens.${same.name}.file`, `another token than that of ${name}`, 'it');
    }
    return new BearerTokens(known);
  }

  /** The client whose token a header `Authorization` has. */
  clientOf(header: string | undefined): ApiClient | undefined {
    if (header !== undefined) checkArgument('header', header, words);
    const given = digest(BEARER.exec(header ?? '')?.[1] ?? '');
    let found: ApiClient | undefined;
    // Each is compared, so that the time does not tell which one it was.
    for (const { digest, name, may } of this.#known)
      if (timingSafeEqual(digest, given)) found = { name, may };
    return found;
  }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
