import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { JackfieldError } from '../../base/errors.js';
import type { AccountListenOptions, Exchange } from '../../exchange.js';
import { readText, readToken } from '../../files/key-files.js';
import { portOption } from '../options.js';
import { printable, warnLine } from '../terminal-text.js';
import type { ExchangeView } from './exchange-view.js';

/** Options of a command that serves the account services. */
export interface AccountServicesOptions {
  readonly http?: number;
  readonly httpHost?: string;
  readonly httpTokens?: string;
  readonly httpTlsCert?: string;
  readonly httpTlsKey?: string;
  readonly httpMessaging?: string;
  readonly httpUrlHosts?: string[];
}

/** Adds the options of the account services. */
export function withAccountServices(command: Command): Command {
  return command
    .option(
      '--http <port>',
      'serve the account services on this loopback port; 0 lets the system choose',
      portOption,
    )
    .option(
      '--http-host <address>',
      'serve the account services on this address instead of loopback; use TLS as well',
    )
    .option(
      '--http-tokens <file>',
      'file with a line "handle token" for each user of the account services (default: tokens are generated and shown)',
    )
    .option('--http-tls-cert <file>', 'PEM certificate of the account services: HTTPS instead of HTTP')
    .option('--http-tls-key <file>', 'PEM private key for --http-tls-cert')
    .option(
      '--http-messaging <origin>',
      'address of the messaging service that clients are told, such as https://client-s.example.net',
    )
    .option(
      '--http-url-hosts <host...>',
      'hosts whose pages may be fetched for URL information (default: none)',
    );
}

/** Serves the account services if requested. @throws ERR_INVALID_ARG, ERR_FILE, ERR_SYNTAX, ERR_PORT */
export async function serveAccounts(
  exchange: Exchange,
  options: AccountServicesOptions,
  view: ExchangeView | undefined,
  urlInfo: AccountListenOptions['urlInfo'],
): Promise<void> {
  const { http, httpHost, httpTokens, httpMessaging, httpUrlHosts } = options;
  const tls = await tlsOf(options);
  if (http === undefined) {
    checkUnused(options);
    return;
  }
  const tokens = httpTokens === undefined ? madeTokens(exchange.handles) : await readTokens(httpTokens);
  const port = await exchange.listenHttp({
    port: http,
    tokens,
    ...(httpHost !== undefined && { host: httpHost }),
    ...(tls && { tls }),
    ...(httpMessaging !== undefined && { messagingOrigin: httpMessaging }),
    ...(httpUrlHosts && { urlHosts: httpUrlHosts }),
    ...(urlInfo && { urlInfo }),
  });
  const origin = `${tls ? 'https' : 'http'}://${hostInAddress(httpHost)}:${port}`;
  view?.note('listening', { http: port, origin }, `The account services are at ${origin}.`);
  if (httpHost !== undefined && !tls && !isLoopback(httpHost)) {
    warnLine(
      `Tokens and messages are sent to and from ${httpHost} unencrypted: use --http-tls-cert and --http-tls-key.`,
    );
  }
  if (httpTokens !== undefined) return;
  for (const [handle, token] of Object.entries(tokens)) {
    view?.note('token', { handle, token }, `Token of ${handle}: ${token}`);
  }
}

/** @throws ERR_INVALID_ARG for a certificate without key, or a key without certificate; ERR_FILE. */
async function tlsOf({
  httpTlsCert,
  httpTlsKey,
}: AccountServicesOptions): Promise<AccountListenOptions['tls']> {
  if (httpTlsCert === undefined && httpTlsKey === undefined) return undefined;
  if (httpTlsCert === undefined || httpTlsKey === undefined) {
    const text = 'HTTPS needs a certificate and its key: give both --http-tls-cert and --http-tls-key.';
    throw new JackfieldError('ERR_INVALID_ARG', text);
  }
  return { cert: await readText(httpTlsCert), key: await readText(httpTlsKey) };
}

/** @throws ERR_INVALID_ARG for an option without `--http`. */
function checkUnused({ http: _, ...options }: AccountServicesOptions): void {
  const names = ['httpHost', 'httpTokens', 'httpTlsCert', 'httpMessaging', 'httpUrlHosts'] as const;
  if (names.every((name) => options[name] === undefined)) return;
  throw new JackfieldError(
    'ERR_INVALID_ARG',
    'Options that begin with --http- need --http PORT, which serves the account services.',
  );
}

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
}

/** Formats a host for an address; `localhost` for a wildcard address. */
function hostInAddress(host = '127.0.0.1'): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function madeTokens(handles: readonly string[]): Record<string, string> {
  return Object.fromEntries(handles.map((handle) => [handle, randomBytes(24).toString('base64url')]));
}

/** Reads tokens from a file, one per line. @throws ERR_FILE; ERR_SYNTAX for an invalid line. */
async function readTokens(path: string): Promise<Record<string, string>> {
  const lines = (await readToken(path)).split(/\r?\n/).filter((line) => line.trim() !== '');
  return Object.fromEntries(
    lines.map((line, index) => {
      const [handle = '', token, more] = line.trim().split(/\s+/);
      if (token !== undefined && more === undefined) return [handle, token];
      throw new JackfieldError(
        'ERR_SYNTAX',
        `${printable(path)}, line ${index + 1}: must be a handle and a token.`,
      );
    }),
  );
}
