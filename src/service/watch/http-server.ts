import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkArgument, checkOptions, having, line, needed, type Rules, whole } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { Service } from '../service.js';
import type { FeedMetrics } from './feed-metrics.js';

/** Options of {@link WatchServer.open}. */
export interface WatchOptions {
  /** 0: one that is free. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
}

const RULES: Rules<WatchOptions> = { port: needed(whole(0, 65_535)), host: line(1, 1000) };

/** Serves `/metrics`, `/healthz` (the process answers) and `/readyz` (every endpoint is attached, and it takes calls). */
export class WatchServer implements AsyncDisposable {
  readonly #server: Server;

  private constructor(service: Service, metrics: FeedMetrics) {
    this.#server = createServer((request, response) => {
      const say = (status: number, text: string, type = 'text/plain; charset=utf-8') =>
        response.writeHead(status, { 'content-type': type }).end(text);
      if (request.method !== 'GET') return say(405, 'GET alone\n');
      const [path] = (request.url ?? '').split('?', 1);
      if (path === '/healthz') return say(200, 'ok\n');
      if (path === '/readyz') {
        const away = service.lines.filter(({ up }) => !up).map(({ name }) => `${name} is not attached\n`);
        if (service.draining) away.push('draining\n');
        return say(away.length > 0 ? 503 : 200, away.join('') || 'ok\n');
      }
      if (path !== '/metrics') return say(404, 'There is /metrics, /healthz and /readyz\n');
      metrics.text().then(
        ({ type, text }) => say(200, text, type),
        () => say(500, 'no metrics\n'),
      );
      return undefined;
    });
  }

  /** @throws ERR_INVALID_ARG, ERR_PORT. */
  static async open(service: Service, metrics: FeedMetrics, options: WatchOptions): Promise<WatchServer> {
    checkArgument('service', service, having('drain', 'reload'));
    checkArgument('metrics', metrics, having('text'));
    checkOptions(options, RULES);
    const { port, host = '127.0.0.1' } = options;
    const watch = new WatchServer(service, metrics);
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error) =>
        reject(
          new JackfieldError('ERR_PORT', `Cannot listen on ${host}:${port}: ${messageOf(cause)}`, { cause }),
        );
      watch.#server.once('error', failed);
      watch.#server.listen(port, host, resolve);
    });
    return watch;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
