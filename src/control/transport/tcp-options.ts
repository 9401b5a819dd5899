import { isIP } from 'node:net';
import { checkOptions, needed, object, type Rules, rule, text, whole } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';

/** The encryption of {@link TcpTransport}; the endpoint's certificate is always checked. PEM texts. */
export interface TcpTls {
  /** Certificates to trust. Default: those that Node trusts. */
  readonly ca?: string;
  /** This client's certificate, and its private key. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the endpoint's certificate must carry. Default: `host`. */
  readonly serverName?: string;
}

/** Options of {@link TcpTransport}. */
export interface TcpTransportOptions {
  /** 1 to 65535. */
  readonly port: number;
  /** Default `127.0.0.1`. Any other machine needs `tls`, and a client certificate or a token. */
  readonly host?: string;
  /** Default: a plain connection, on loopback only. */
  readonly tls?: TcpTls;
  /** A secret shared with the endpoint, said first as `AUTH <token>` and answered by OK: 16 to 512 printable ASCII characters. */
  readonly token?: string;
}

/** Options as {@link TcpTransport} uses them. */
export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: TcpTls | undefined;
  readonly token: string | undefined;
}

const PEM = text(1, 1 << 20);
const TLS_RULES: Rules<TcpTls> = { ca: PEM, cert: PEM, key: PEM, serverName: text(1, 255) };
const RULES: Rules<TcpTransportOptions> = {
  port: needed(whole(1, 65_535)),
  host: rule(
    'a host name or address',
    (value) => typeof value === 'string' && /^[^\s\0]{1,255}$/.test(value),
  ),
  tls: object,
  token: text(0, Infinity),
};

/** @throws ERR_INVALID_ARG, naming the field; also for another machine without encryption or proof of identity. */
export function tcpTarget(options: TcpTransportOptions): TcpTarget {
  checkOptions(options, RULES);
  const { port, host = '127.0.0.1', tls, token } = options;
  if (tls) checkOptions(tls, TLS_RULES, 'tls.');
  if (token !== undefined && !/^[\x21-\x7e]{16,512}$/.test(token)) {
    throw invalidArgument(
      'token',
      '16 to 512 printable ASCII characters without blanks',
      `${token.length} characters`,
    );
  }
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    throw invalidArgument('tls', 'given a certificate and its key, or neither', tls);
  }
  if (!isLoopback(host)) {
    if (!tls)
      throw invalidArgument(
        'tls',
        `set for ${host}, since commands must not cross a network in plain text`,
        tls,
      );
    if (tls.cert === undefined && token === undefined) {
      throw invalidArgument('token', `set for ${host}, or tls given a client certificate`, token);
    }
  }
  return { host, port, tls, token };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
