import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkArgument, having, within } from '../../base/check.js';
import { type ControlCommand, controlCommands, expectedArguments } from '../control/control-commands.js';
import type { ControlDesk } from '../control/control-desk.js';
import { tailTo } from '../feed/tail-to.js';
import type { ApiClient, BearerTokens } from './bearer-tokens.js';
import { HttpRefusal, JSON_TYPE, refuse } from './http-refusal.js';
import { API_PATH, openApiDocument } from './openapi.js';
import { RateLimit } from './rate-limit.js';

/** Longest body, in bytes. */
const MAX_BODY = 65_536;
/** Requests a second for each token, where the configuration does not say; and for whoever has none, by address. */
const DEFAULT_PER_SECOND = 50;
const UNKNOWN_PER_SECOND = 5;
/** Clients that follow the events at once. */
const MAX_TAILS = 32;
const DOCUMENT = `${API_PATH}/openapi.json`;

interface Route {
  readonly command: ControlCommand;
  readonly method: string;
  readonly path: string;
}

const CALL = '{call}';
const ROUTES: readonly Route[] = controlCommands().map(({ name: command, at }) => {
  const [method = '', path = ''] = at.split(' ');
  return { command, method, path: `${API_PATH}${path}` };
});

/** The REST API of a service: every command of the table, for clients that have a token. */
export class RestApi {
  #tokens: BearerTokens;
  readonly #desk: ControlDesk;
  readonly #limit: RateLimit;
  readonly #unknown: RateLimit;
  readonly #document = `${JSON.stringify(openApiDocument())}\n`;
  /** Clients that follow the events, with what ends that. */
  readonly #tails = new Map<AbortController, string | undefined>();

  /** @param perSecond Requests that each token may make in a second: 1 to 10,000. Default 50. @throws ERR_INVALID_ARG. */
  constructor(desk: ControlDesk, tokens: BearerTokens, perSecond = DEFAULT_PER_SECOND) {
    checkArgument('desk', desk, having('obey'));
    checkArgument('tokens', tokens, having('clientOf'));
    checkArgument('perSecond', perSecond, within(1, 10_000));
    this.#tokens = tokens;
    this.#desk = desk;
    const { clock } = desk.service;
    this.#limit = new RateLimit(clock, perSecond);
    this.#unknown = new RateLimit(clock, UNKNOWN_PER_SECOND);
  }

  /** Takes other tokens. Whoever follows the events by a token that is none any more is cut off. @throws ERR_INVALID_ARG. */
  useTokens(tokens: BearerTokens): void {
    checkArgument('tokens', tokens, having('clientOf'));
    this.#tokens = tokens;
    for (const [gone, header] of this.#tails) if (!tokens.clientOf(header)) gone.abort();
  }

  /** Answers a request whose path is below that of the API. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    let expected: string | undefined;
    try {
      const isDocument = path === DOCUMENT && request.method === 'GET';
      if (isDocument) return void response.writeHead(200, JSON_TYPE).end(this.#document);
      const client = this.#clientOf(request);
      const { command, call } = routeOf(request.method ?? '', path);
      expected = expectedArguments(command);
      if (request.method !== 'GET' && client.may !== 'control') {
        throw new HttpRefusal(
          403,
          'ERR_FORBIDDEN',
          `The token ${client.name} may only read.`,
          'a token that may control',
        );
      }
      const args = { ...(await bodyOf(request)), ...(call !== undefined && { call }) };
      const result = await this.#desk.obey(command, args, client.name);
      if (command === 'tail') await this.#tail(request, response, client);
      else response.writeHead(200, JSON_TYPE).end(`${JSON.stringify(result)}\n`);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else refuse(response, error, expected);
    }
  }

  #clientOf({ headers, socket }: IncomingMessage): ApiClient {
    const client = this.#tokens.clientOf(headers.authorization);
    const passes = client ? this.#limit.take(client.name) : this.#unknown.take(socket.remoteAddress ?? '');
    if (!passes) {
      const headers = { 'retry-after': '1' };
      throw new HttpRefusal(429, 'ERR_LIMIT', 'Too many requests.', 'fewer requests a second', headers);
    }
    if (client) return client;
    const challenge = { 'www-authenticate': 'Bearer' };
    const expected = 'Authorization: Bearer TOKEN, with a token of the configuration';
    throw new HttpRefusal(401, 'ERR_FORBIDDEN', 'The token is missing or unknown.', expected, challenge);
  }

  /** Events as JSON lines, or as server-sent events for those who ask for them, until the client goes. */
  async #tail(request: IncomingMessage, response: ServerResponse, { name }: ApiClient): Promise<void> {
    if (this.#tails.size >= MAX_TAILS) {
      throw new HttpRefusal(429, 'ERR_LIMIT', `${MAX_TAILS} clients follow already.`, 'fewer clients');
    }
    const gone = new AbortController();
    this.#tails.set(gone, request.headers.authorization);
    response.once('close', () => gone.abort());
    try {
      const isSse = request.headers.accept?.includes('text/event-stream') ?? false;
      const type = isSse ? 'text/event-stream' : 'application/x-ndjson';
      response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).flushHeaders();
      await tailTo(response, this.#desk.service.feed, {
        name: `tail of ${name}`,
        signal: gone.signal,
        format: (event) => {
          const json = JSON.stringify(event);
          return isSse ? `event: ${event.type}\ndata: ${json}\n\n` : `${json}\n`;
        },
      });
      response.end();
    } finally {
      this.#tails.delete(gone);
    }
  }
}

function routeOf(method: string, path: string): { command: ControlCommand; call: number | undefined } {
  const given = path.split('/');
  const here = ROUTES.filter((route) => isAt(route.path.split('/'), given));
  const found = here.find((route) => route.method === method);
  if (found) {
    const call = given[found.path.split('/').indexOf(CALL)];
    return { command: found.command, call: call === undefined ? undefined : Number(call) };
  }
  if (here.length === 0) {
    const paths = [...new Set(ROUTES.map(({ path }) => path)), DOCUMENT].join(', ');
    throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'There is nothing at this path.', `one of ${paths}`);
  }
  const allow = here.map((route) => route.method).join(', ');
  throw new HttpRefusal(405, 'ERR_UNSUPPORTED', `${method} is not possible here.`, allow, { allow });
}

function isAt(steps: readonly string[], given: readonly string[]): boolean {
  return (
    steps.length === given.length &&
    steps.every((step, index) =>
      step === CALL ? /^\d{1,15}$/.test(given[index] ?? '') : step === given[index],
    )
  );
}

/** The JSON object of a body; an empty one where there is no body. */
async function bodyOf(request: IncomingMessage): Promise<object> {
  if (request.method === 'GET') return {};
  const parts: Buffer[] = [];
  let length = Number(request.headers['content-length'] ?? 0);
  if (length <= MAX_BODY) {
    length = 0;
    for await (const part of request as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > MAX_BODY) break;
      parts.push(part);
    }
  }
  if (length > MAX_BODY) {
    const expected = `a body of ${MAX_BODY} bytes at most`;
    throw new HttpRefusal(413, 'ERR_LIMIT', 'The body is too long.', expected, { connection: 'close' });
  }
  if (length === 0) return {};
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpRefusal(
      415,
      'ERR_UNSUPPORTED',
      'The body is not said to be JSON.',
      'Content-Type: application/json',
    );
  }
  return parsed(Buffer.concat(parts));
}

function parsed(body: Buffer): object {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw new HttpRefusal(400, 'ERR_SYNTAX', 'The body is no JSON object.', 'a JSON object in UTF-8');
}
