import { isIP } from 'node:net';
import { checkOptions, needed, object, type Rules, rule, secret, text, whole } from '../../base/check.js';
import { invalidArgument } from '../../base/errors.js';
import {
  DEFAULT_KEEP_ALIVE_MS,
  IDLE,
  idleLimit,
  idleLimitOf,
  isLoopback,
  KEEP_ALIVE,
  TOKEN,
} from '../../base/system/peer-limits.js';

/** Encryption of {@link TcpTransport}, as PEM texts. The endpoint's certificate is always checked. */
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
  /**
   * A secret shared with the endpoint: 16 to 512 printable ASCII characters. Sent first, as `AUTH <token>`; the answer
   * is OK.
   */
  readonly token?: string;
  /**
   * Silence of the endpoint after which the system probes the connection, in ms: 1000 to 7,200,000; 0 for never. The
   * link is lost when ten probes in ten seconds get no answer. Default 5000.
   */
  readonly keepAliveMs?: number;
  /**
   * Ends the link when the endpoint is silent for this long after something was sent to it, in ms: 1000 to 86,400,000;
   * 0 for never. The PING that a client sends after `pingIntervalMs` of silence counts. Default 600,000 for another
   * machine, 0 for this one.
   */
  readonly idleMs?: number;
}

/** Options as {@link TcpTransport} uses them. */
export interface TcpTarget {
  readonly host: string;
  readonly port: number;
  readonly tls: TcpTls | undefined;
  readonly token: string | undefined;
  readonly keepAliveMs: number;
  readonly idleMs: number;
}

const PEM = text(1, 1 << 20);
const TLS_RULES: Rules<TcpTls> = { ca: PEM, cert: PEM, key: secret(PEM), serverName: text(1, 255) };
const RULES: Rules<TcpTransportOptions> = {
  port: needed(whole(1, 65_535)),
  host: rule(
    'a host name or address',
    (value) => typeof value === 'string' && /^[^\s\0]{1,255}$/.test(value),
  ),
  tls: object,
  token: TOKEN,
  keepAliveMs: KEEP_ALIVE,
  idleMs: IDLE,
};

/** @throws ERR_INVALID_ARG, naming the field; also for another machine without encryption or proof of identity. */
export function tcpTarget(options: TcpTransportOptions): TcpTarget {
  checkOptions(options, RULES);
  const { port, host = '127.0.0.1', tls, token, keepAliveMs = DEFAULT_KEEP_ALIVE_MS } = options;
  if (tls) checkOptions(tls, TLS_RULES, 'tls.');
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    throw invalidArgument('tls', 'given both a certificate and its key, or neither', tls);
  }
  if (!staysHere(host)) {
    if (!tls)
      throw invalidArgument(
        'tls',
        `set for ${host}, because commands must not cross a network unencrypted`,
        tls,
      );
    if (tls.cert === undefined && token === undefined) {
      throw invalidArgument('token', `set for ${host}, unless tls has a client certificate`, token);
    }
  }
  const idleMs = idleLimitOf(staysHere(host) ? '::1' : host, idleLimit(options.idleMs));
  return { host, port, tls, token, keepAliveMs, idleMs };
}

function staysHere(host: string): boolean {
  return host === 'localhost' || (isIP(host) !== 0 && isLoopback(host));
}
