import type { IncomingMessage } from 'node:http';
import {
  checkArgument,
  checkOptions,
  having,
  line,
  needed,
  nested,
  type Rules,
  whole,
  within,
  words,
} from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { HttpListener, type TlsKeys } from '../../http/http-listener.js';
import { HttpRefusal } from '../../http/http-refusal.js';
import type { Service } from '../service.js';
import type { FeedMetrics } from '../watch/feed-metrics.js';
import { API_PATH } from './openapi.js';
import type { RestApi } from './rest-api.js';

export type { TlsKeys };

/** Options of {@link HttpServer.open}. */
export interface HttpServerOptions {
  /** Port to listen on; 0 for any free port. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** The REST API. Default: none. */
  readonly api?: RestApi | undefined;
  /** Longest time for a request to arrive, in milliseconds: 100 to 600,000. Default 10,000. */
  readonly requestTimeoutMs?: number;
  /** Key and certificate for TLS. Default: HTTP without TLS. */
  readonly tls?: TlsKeys | undefined;
}

const RULES: Rules<HttpServerOptions> = {
  port: needed(whole(0, 65_535)),
  host: line(1, 1000),
  api: having('answer'),
  requestTimeoutMs: within(100, 600_000, 'ms'),
  tls: nested<TlsKeys>({ key: needed(words), cert: needed(words) }),
};

/**
 * Serves `/metrics`, `/healthz` (the process runs), `/readyz` (every endpoint is attached, and the service takes calls)
 * and the REST API.
 */
export class HttpServer implements AsyncDisposable {
  readonly #listener: HttpListener;

  private constructor(listener: HttpListener) {
    this.#listener = listener;
  }

  /** @throws ERR_INVALID_ARG, also for an invalid key or certificate; ERR_PORT. */
  static async open(service: Service, metrics: FeedMetrics, options: HttpServerOptions): Promise<HttpServer> {
    checkArgument('service', service, having('drain', 'reload'));
    checkArgument('metrics', metrics, having('text'));
    checkOptions(options, RULES);
    const { api, ...listening } = options;
    return new HttpServer(
      await HttpListener.open({ ...listening, webSockets: true }, async (request, response, path, head) => {
        if (path.startsWith(`${API_PATH}/`) && api) return await api.answer(request, response, path, head);
        const { status, text, type } = await pageAt(path, request, api)(service, metrics);
        response.writeHead(status, { 'content-type': type ?? 'text/plain; charset=utf-8' }).end(text);
      }),
    );
  }

  get port(): number {
    return this.#listener.port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#listener[Symbol.asyncDispose]();
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

/** The page of a path. @throws HttpRefusal 404, 405 */
function pageAt(
  path: string,
  { method }: IncomingMessage,
  api: RestApi | undefined,
): (service: Service, metrics: FeedMetrics) => Page | Promise<Page> {
  const page = entryOf<(service: Service, metrics: FeedMetrics) => Page | Promise<Page>>(PAGES, path);
  if (!page) {
    const pages = [...Object.keys(PAGES), ...(api ? [`${API_PATH}/...`] : [])].join(', ');
    throw new HttpRefusal(404, 'ERR_UNSUPPORTED', 'This path does not exist.', `one of ${pages}`);
  }
  if (method === 'GET' || method === 'HEAD') return page;
  const allow = 'GET, HEAD';
  throw new HttpRefusal(405, 'ERR_UNSUPPORTED', `This path does not support ${method}.`, allow, { allow });
}
