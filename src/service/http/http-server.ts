import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  checkArgument,
  checkOptions,
  having,
  line,
  needed,
  type Rules,
  whole,
  within,
} from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { Service } from '../service.js';
import type { FeedMetrics } from '../watch/feed-metrics.js';
import { HttpRefusal, refuse } from './http-refusal.js';
import { API_PATH } from './openapi.js';
import type { RestApi } from './rest-api.js';

/** Options of {@link HttpServer.open}. */
export interface HttpServerOptions {
  /** 0: one that is free. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** The REST API. Default: none. */
  readonly api?: RestApi | undefined;
  /** A request that has not arrived after this is refused, in milliseconds: 100 to 600,000. Default 10,000. */
  readonly requestTimeoutMs?: number;
}

const RULES: Rules<HttpServerOptions> = {
  port: needed(whole(0, 65_535)),
  host: line(1, 1000),
  api: having('answer'),
  requestTimeoutMs: within(100, 600_000, 'ms'),
};
const MAX_CONNECTIONS = 200;
/** Longest head of a request, in bytes. */
const MAX_HEAD = 8192;
/** Headers that stand once: two would be read in two ways. */
const ONCE = ['authorization', 'content-type', 'content-length', 'transfer-encoding', 'host'] as const;

/**
 * Serves `/metrics`, `/healthz` (the process answers), `/readyz` (every endpoint is attached, and it takes calls) and the
 * REST API.
 */
export class HttpServer implements AsyncDisposable {
  readonly #service: Service;
  readonly #metrics: FeedMetrics;
  readonly #api: RestApi | undefined;
  readonly #server: Server;

  private constructor(
    service: Service,
    metrics: FeedMetrics,
    { api, requestTimeoutMs = 10_000 }: HttpServerOptions,
  ) {
    this.#service = service;
    this.#metrics = metrics;
    this.#api = api;
    const limits = {
      headersTimeout: requestTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, requestTimeoutMs),
      maxHeaderSize: MAX_HEAD,
    };
    this.#server = createServer(limits, (request, response) => void this.#answer(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.on('clientError', sayNoRequest);
  }

  /** @throws ERR_INVALID_ARG, ERR_PORT. */
  static async open(service: Service, metrics: FeedMetrics, options: HttpServerOptions): Promise<HttpServer> {
    checkArgument('service', service, having('drain', 'reload'));
    checkArgument('metrics', metrics, having('text'));
    checkOptions(options, RULES);
    const { port, host = '127.0.0.1' } = options;
    const http = new HttpServer(service, metrics, options);
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error) =>
        reject(
          new JackfieldError('ERR_PORT', `Cannot listen on ${host}:${port}: ${messageOf(cause)}`, { cause }),
        );
      http.#server.once('error', failed);
      http.#server.listen(port, host, resolve);
    });
    return http;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?', 1);
    const say = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(text);
    try {
      const twice = ONCE.find((name) => (entryOf(request.headersDistinct, name)?.length ?? 0) > 1);
      if (twice) throw new HttpRefusal(400, 'ERR_SYNTAX', `${twice} stands twice.`, 'each header once');
      if (path.startsWith(`${API_PATH}/`) && this.#api)
        return await this.#api.answer(request, response, path);
      if (!Object.hasOwn(PAGES, path)) {
        const pages = [...Object.keys(PAGES), ...(this.#api ? [`${API_PATH}/...`] : [])].join(', ');
        throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'There is nothing at this path.', `one of ${pages}`);
      }
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        const allow = 'GET, HEAD';
        throw new HttpRefusal(405, 'ERR_UNSUPPORTED', `${request.method} is not possible here.`, allow, {
          allow,
        });
      }
      const { status, text, type } = await PAGES[path as keyof typeof PAGES](this.#service, this.#metrics);
      say(status, text, type);
    } catch (error) {
      refuse(response, error);
    }
  }
}

interface Page {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

const PAGES = {
  '/healthz': (): Page => ({ status: 200, text: 'ok\n' }),
  '/readyz': ({ lines, draining }: Service): Page => {
    const away = lines.filter(({ up }) => !up).map(({ name }) => `${name} is not attached\n`);
    if (draining) away.push('draining\n');
    return { status: away.length > 0 ? 503 : 200, text: away.join('') || 'ok\n' };
  },
  '/metrics': async (_: Service, metrics: FeedMetrics): Promise<Page> => ({
    status: 200,
    ...(await metrics.text()),
  }),
} as const;

const STATUS_OF: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is no request of HTTP, or does not arrive in time. */
function sayNoRequest({ code = '' }: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy();
  const status = entryOf(STATUS_OF, code) ?? 400;
  const error = {
    code: 'ERR_SYNTAX',
    message: `${STATUS_CODES[status]}.`,
    expected: 'a request of HTTP/1.1',
  };
  const body = `${JSON.stringify({ error })}\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}
