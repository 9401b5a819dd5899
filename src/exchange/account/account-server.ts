import type { IncomingMessage, ServerResponse } from 'node:http';
import { shown } from '../../base/errors.js';
import { issuesText, RequestError } from '../../base/request-error.js';
import type { Clock } from '../../base/time/clock.js';
import { HttpListener } from '../../http/http-listener.js';
import { HttpRefusal, sendJson, tooManyRequests } from '../../http/http-refusal.js';
import type { KnownTokens } from '../../http/known-tokens.js';
import { RateLimit } from '../../http/rate-limit.js';
import { checkMediaType, readBody, readJsonObject } from '../../http/read-body.js';
import type { AccountRoute, Asked, Given } from '../account-routes/account-route.js';
import type { Services } from '../api/services.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { Messaging } from '../messaging/messaging.js';
import type { WebEndpoint } from '../messaging/web-endpoint.js';
import { type AccountListenOptions, accountTokens } from './account-listen-options.js';
import { findAccountRoute, type Place } from './account-places.js';
import { AUTHENTICATION_HEADERS, registrationTokenOf, requestTokens } from './request-tokens.js';

/** Longest body of JSON or a form, and of a picture, in bytes. */
const MAX_BODY = 65_536;
const MAX_BYTES = 1_048_576;
/** Default number of requests a second. Also the limit per address for clients without a token. */
const DEFAULT_PER_SECOND = 200;
const UNKNOWN_PER_SECOND = 20;

/** Parts of an exchange that its account services use. */
export interface AccountParts {
  readonly services: Services;
  readonly messaging: Messaging;
}

interface Asker {
  readonly user: ExchangeUser;
  readonly endpoint: WebEndpoint | undefined;
  /** True for a client that has only a token of the messaging service. */
  readonly isRegistered: boolean;
}

/** Serves the account services of an exchange over HTTP. */
export class AccountServer {
  readonly #services: Services;
  readonly #messaging: Messaging;
  readonly #tokens: KnownTokens<ExchangeUser>;
  readonly #limit: RateLimit;
  readonly #unknown: RateLimit;
  readonly #options: AccountListenOptions;
  #listener: HttpListener | undefined;

  private constructor({ services, messaging }: AccountParts, options: AccountListenOptions, clock: Clock) {
    this.#services = services;
    this.#messaging = messaging;
    this.#options = options;
    this.#tokens = accountTokens(options, (handle) => services.userOf(handle));
    this.#limit = new RateLimit(clock, options.perSecond ?? DEFAULT_PER_SECOND);
    this.#unknown = new RateLimit(clock, UNKNOWN_PER_SECOND);
  }

  /** Starts serving. @param clock Real time, by which requests are counted. @throws ERR_INVALID_ARG, ERR_PORT. */
  static async open(
    parts: AccountParts,
    options: AccountListenOptions,
    clock: Clock,
  ): Promise<AccountServer> {
    const server = new AccountServer(parts, options, clock);
    const { port = 0, host, requestTimeoutMs, connections = 2000, tls } = options;
    server.#listener = await HttpListener.open(
      { port, host, requestTimeoutMs, connections, tls, once: AUTHENTICATION_HEADERS },
      (request, response, path) => server.#answer(request, response, path),
    );
    return server;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
  }

  async close(): Promise<void> {
    await this.#listener?.[Symbol.asyncDispose]();
  }

  async #answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { user, endpoint, isRegistered } = this.#askerOf(request);
    const place = findAccountRoute(request.method ?? '', hostOf(request), path);
    if (isRegistered && place.route.service !== 'messaging') throw unknownToken();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { route } = place;
    const asked: Asked = {
      services: this.#services,
      messaging: this.#messaging,
      user,
      endpoint,
      parameters: ownParameters(place, user),
      query: queryOf(route, request),
      body: await bodyOf(route, request),
      headers: request.headers,
      base: `${this.#originOf(request)}${place.base}`,
      messagingOrigin: this.#options.messagingOrigin,
      pages: { urlHosts: this.#options.urlHosts ?? [], urlInfo: this.#options.urlInfo ?? {} },
      gone: gone.signal,
    };
    send(response, route, await route.answer(asked));
  }

  #askerOf(request: IncomingMessage): Asker {
    const registration = registrationTokenOf(request.headers);
    const endpoint = registration === undefined ? undefined : this.#messaging.endpoints.byToken(registration);
    const users = [
      ...requestTokens(request.headers).map((token) => token && this.#tokens.ownerOf(token)),
      ...(registration === undefined ? [] : [endpoint?.user]),
    ];
    const [user] = users;
    // A request with tokens of two users identifies neither.
    const known = user && users.every((each) => each === user) ? user : undefined;
    const { remoteAddress = '' } = request.socket;
    const passes = known ? this.#limit.take(known.handle) : this.#unknown.take(remoteAddress);
    if (!passes) throw tooManyRequests();
    if (known) return { user: known, endpoint, isRegistered: endpoint !== undefined && users.length === 1 };
    throw unknownToken();
  }

  #originOf(request: IncomingMessage): string {
    return `${this.#options.tls ? 'https' : 'http'}://${hostOf(request)}`;
  }
}

function unknownToken(): HttpRefusal {
  const expected =
    'X-Skypetoken: TOKEN, Authentication: skypetoken=TOKEN or Authorization: skype_token TOKEN';
  const challenge = { 'www-authenticate': 'Bearer' };
  return new HttpRefusal(401, 'ERR_FORBIDDEN', 'The token is missing or unknown.', expected, challenge);
}

const HOST = /^(?:[\w.-]{1,255}|\[[\da-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Gives the host that a request names. @throws HttpRefusal 400 for a host that is not valid. */
function hostOf(request: IncomingMessage): string {
  const { host = '' } = request.headers;
  if (HOST.test(host)) return host;
  throw new HttpRefusal(400, 'ERR_SYNTAX', 'The Host header has no host.', 'Host: NAME or NAME:PORT');
}

/** Ids that stand for the asking account. */
const OWN = ['self', 'me'];

/** Gives the parameters of a path. `id` must be the asking account. @throws HttpRefusal 403 */
function ownParameters({ parameters }: Place, user: ExchangeUser): Readonly<Record<string, string>> {
  const id = parameters['id']?.toLowerCase().replace(/^8:/, '');
  if (id === undefined || OWN.includes(id) || id === user.handle.toLowerCase()) return parameters;
  const expected = `the account of the token: ${user.handle}, self or ME`;
  throw new HttpRefusal(403, 'ERR_FORBIDDEN', 'The token belongs to another account.', expected);
}

/** Parses the query. @throws Refusal for a query that does not match the schema, or has a name twice. */
function queryOf({ query }: AccountRoute, { url = '' }: IncomingMessage): unknown {
  if (!query) return {};
  return parsed(query, fieldsOf(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '', 'query'), 'query');
}

async function bodyOf(route: AccountRoute, request: IncomingMessage): Promise<unknown> {
  const { body, form = 'json' } = route;
  if (form === 'bytes') return await readBody(request, MAX_BYTES);
  if (!body) {
    await readBody(request, MAX_BODY);
    return undefined;
  }
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(request.headers['content-type'] ?? '');
  if (form === 'json' || (form === 'any' && !isForm)) {
    // Some clients sent JSON without a content type.
    return parsed(body, await readJsonObject(request, MAX_BODY, true), 'body');
  }
  const bytes = await readBody(request, MAX_BODY);
  checkMediaType(request, 'application/x-www-form-urlencoded');
  return parsed(body, fieldsOf(bytes.toString('utf8'), 'form'), 'form');
}

/** Parses the fields of a query or a form; `name[0]`, `name[1]` and `name[]` make a list. @throws Refusal */
function fieldsOf(text: string, what: string): Record<string, string | string[]> {
  const fields = new Map<string, string | string[]>();
  for (const [given, value] of new URLSearchParams(text)) {
    const name = given.replace(/\[\d*\]$/, '');
    const list = fields.get(name) ?? [];
    if (name !== given && Array.isArray(list)) {
      fields.set(name, [...list, value]);
      continue;
    }
    if (fields.has(name)) {
      throw new RequestError('ERR_SYNTAX', `${shown(name)} appears twice.`, `a ${what} with each name once`);
    }
    fields.set(name, value);
  }
  return Object.fromEntries(fields);
}

/** Parses a value by its schema. @throws Refusal with the issues. */
function parsed(schema: NonNullable<AccountRoute['body']>, value: unknown, what: string): unknown {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const text = issuesText(error.issues);
  throw new RequestError('ERR_INVALID_ARG', `The ${what} is not valid: ${text}`, text);
}

function send(response: ServerResponse, route: AccountRoute, given: Given): void {
  const { status = route.status, headers = {}, json, bytes } = given;
  if (bytes) response.writeHead(status ?? 200, { 'cache-control': 'no-store', ...headers }).end(bytes);
  else if (json !== undefined) sendJson(response, status ?? 200, json, headers);
  else response.writeHead(status ?? 204, { 'cache-control': 'no-store', ...headers }).end();
}
