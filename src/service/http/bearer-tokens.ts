import { checkArgument, object, words } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import { readToken } from '../../files/key-files.js';
import { isToken, KnownTokens, TOKEN_EXPECTED } from '../../http/known-tokens.js';
import type { ServiceConfig } from '../config/service-config.js';

/** A client of the REST API: the owner of a token. */
export interface ApiClient {
  readonly name: string;
  /** `read`: may query and follow events. `control`: may also change something. */
  readonly may: 'read' | 'control';
}

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** The accepted tokens of a REST API, in the header `Authorization: Bearer`. */
export class BearerTokens {
  readonly #known: KnownTokens<ApiClient>;

  private constructor(known: KnownTokens<ApiClient>) {
    this.#known = known;
  }

  /** Reads the files of a configuration. @throws ERR_FILE; ERR_INVALID_ARG for a short or duplicate token. */
  static async read(config: NonNullable<ServiceConfig['api']>): Promise<BearerTokens> {
    checkArgument('config', config, object);
    checkArgument('config.tokens', config.tokens, object);
    const read = Object.entries(config.tokens).map(async ([name, { file, may = 'control' }]) => {
      const token = await readToken(file);
      // The error message must not contain the token.
      if (!isToken(token))
        throw invalidArgument(`api.tokens.${name}.file`, `the file of ${TOKEN_EXPECTED}`, file);
      return { name, may, token };
    });
    const known = new KnownTokens<ApiClient>();
    for (const { name, may, token } of await Promise.all(read)) {
      const same = known.add({ name, may }, token);
      if (same)
        throw invalidArgument(`api.tokens.${name}.file`, `a token other than that of ${same.name}`, 'it');
    }
    return new BearerTokens(known);
  }

  /** The client of the token in a header `Authorization`. */
  clientOf(header: string | undefined): ApiClient | undefined {
    if (header !== undefined) checkArgument('header', header, words);
    return this.#known.ownerOf(BEARER.exec(header ?? '')?.[1] ?? '');
  }
}
