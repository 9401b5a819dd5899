import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkArgument, having, within } from '../../base/check.js';
import { HttpRefusal, refuse, sendJson, tooManyRequests } from '../../http/http-refusal.js';
import type { Json } from '../../http/openapi-parts.js';
import { RateLimit } from '../../http/rate-limit.js';
import { readJsonObject } from '../../http/read-body.js';
import { type Route, RouteTable } from '../../http/route-table.js';
import { type ControlCommand, controlCommands, expectedArguments } from '../control/control-commands.js';
import type { ControlDesk } from '../control/control-desk.js';
import { tailTo } from '../feed/tail-to.js';
import type { ApiClient, BearerTokens } from './bearer-tokens.js';
import { openSocketTail, openTail } from './open-tail.js';
import { API_PATH, openApiDocument } from './openapi.js';

/** Longest request body, in bytes. */
const MAX_BODY = 65_536;
/** Default limits of requests per second: per token, and per address for clients without a valid token. */
const DEFAULT_PER_SECOND = 50;
const UNKNOWN_PER_SECOND = 5;
/** Largest number of clients that follow the events. */
const MAX_TAILS = 32;
const DOCUMENT = `${API_PATH}/openapi.json`;

interface CommandRoute extends Route {
  readonly command: ControlCommand | 'document';
}

/** Routes of all commands, and of the OpenAPI document, which needs no token. */
const ROUTES = new RouteTable<CommandRoute>(
  [
    ...controlCommands().map(({ name: command, at }) => {
      const [method = '', path = ''] = at.split(' ');
      return { command, method, path: `${API_PATH}${path}` };
    }),
    { command: 'document', method: 'GET', path: DOCUMENT },
  ],
  (_call, value) => /^\d{1,15}$/.test(value),
);

/** The REST API of a service: all commands, for clients with a token. */
export class RestApi {
  #tokens: BearerTokens;
  readonly #desk: ControlDesk;
  readonly #limit: RateLimit;
  readonly #unknown: RateLimit;
  /** Created on the first request, because it is slow and rarely needed. */
  #document: Json | undefined;
  /** Clients that follow the events: the controller that ends each, and its `Authorization` header. */
  readonly #tails = new Map<AbortController, string | undefined>();

  /**
   * @param perSecond Largest number of requests per second and token: 1 to 10,000. Default 50. @throws ERR_INVALID_ARG.
   */
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

  /**
   * Replaces the tokens. A client that follows the events with an invalid token is disconnected.
   *
   * @throws ERR_INVALID_ARG.
   */
  useTokens(tokens: BearerTokens): void {
    checkArgument('tokens', tokens, having('clientOf'));
    this.#tokens = tokens;
    for (const [gone, header] of this.#tails) if (!tokens.clientOf(header)) gone.abort();
  }

  /**
   * Answers a request to a path of the API. Never rejects.
   *
   * @param head First bytes after the request, when the client asks for a WebSocket.
   */
  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    head?: Buffer,
  ): Promise<void> {
    let expected: string | undefined;
    try {
      if (path === DOCUMENT && request.method === 'GET')
        return sendJson(response, 200, this.#documentation());
      const client = this.#clientOf(request);
      const { route, parameters } = ROUTES.find(request.method ?? '', path);
      const { command } = route;
      if (command === 'document') return sendJson(response, 200, this.#documentation());
      expected = expectedArguments(command);
      if (request.method !== 'GET' && client.may !== 'control') {
        throw new HttpRefusal(
          403,
          'ERR_FORBIDDEN',
          `The token ${client.name} may only read.`,
          'a token with the right to control',
        );
      }
      const body = request.method === 'GET' ? {} : await readJsonObject(request, MAX_BODY);
      const { call } = parameters;
      const args = { ...body, ...(call !== undefined && { call: Number(call) }) };
      const result = await this.#desk.obey(command, args, client.name);
      if (command === 'tail') await this.#tail(request, response, client, head);
      else sendJson(response, 200, result);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else refuse(response, error, expected);
    }
  }

  #documentation(): Json {
    this.#document ??= openApiDocument();
    return this.#document;
  }

  #clientOf({ headers, socket }: IncomingMessage): ApiClient {
    const client = this.#tokens.clientOf(headers.authorization);
    const passes = client ? this.#limit.take(client.name) : this.#unknown.take(socket.remoteAddress ?? '');
    if (!passes) throw tooManyRequests();
    if (client) return client;
    const challenge = { 'www-authenticate': 'Bearer' };
    const expected = 'Authorization: Bearer TOKEN, with a token of the configuration';
    throw new HttpRefusal(401, 'ERR_FORBIDDEN', 'The token is missing or unknown.', expected, challenge);
  }

  /** Sends events in the form that the client asks for, until it disconnects. */
  async #tail(
    request: IncomingMessage,
    response: ServerResponse,
    { name }: ApiClient,
    head: Buffer | undefined,
  ): Promise<void> {
    if (this.#tails.size >= MAX_TAILS) {
      throw new HttpRefusal(
        429,
        'ERR_LIMIT',
        `${MAX_TAILS} clients already follow the events.`,
        'fewer clients',
      );
    }
    const gone = new AbortController();
    this.#tails.set(gone, request.headers.authorization);
    try {
      const { stream, format } = head
        ? await openSocketTail(request, response, head)
        : openTail(request, response);
      stream.once('close', () => gone.abort());
      if (stream.destroyed) gone.abort();
      await tailTo(stream, this.#desk.service.feed, { name: `tail of ${name}`, signal: gone.signal, format });
      stream.end();
    } finally {
      this.#tails.delete(gone);
    }
  }
}
