import {
  callback,
  checkArgument,
  checkOptions,
  line,
  nested,
  oneOf,
  type Rules,
  whole,
  words,
} from '../../base/check.js';
import { listenerError, warn } from '../../base/listener/fenced-emitter.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { WEB_SOCKET_DIALECTS } from '../dialect/dialect-names.js';
import { dialectNamed } from '../dialect/dialects.js';
import type { WireEncoding } from '../dialect/media-event.js';
import { type AgentPeer, serveAgent } from '../media/agent-peer.js';
import { ENCODING, formatFor, type MediaTls, TLS_RULE } from '../media/media-line-options.js';
import { ACCESS_RULES, type MediaAccess } from './access.js';

/** Options of {@link serveAgents}. */
export interface AgentServerOptions {
  /** Dialect of the providers. Default `raw`. */
  readonly dialect?: (typeof WEB_SOCKET_DIALECTS)[number];
  readonly variant?: string;
  /** Encoding of sessions whose start does not tell it. Default: that of the dialect. */
  readonly encoding?: WireEncoding;
  /** Sample rate of such sessions, in Hz. Default: that of the dialect. */
  readonly sampleRate?: number;
  /** Port to listen on; 0 for any free one. Default 0. */
  readonly port?: number;
  /** Address to listen on. Default 127.0.0.1. */
  readonly host?: string;
  /** Key and certificates for TLS. Default: no TLS. */
  readonly tls?: MediaTls;
  /** Credentials of the providers. Default: everybody who reaches the port may connect. */
  readonly access?: MediaAccess;
  /** Most simultaneous calls: 1 to 100,000. Default 1000. */
  readonly maxCalls?: number;
  readonly clock?: Clock;
}

/** Port on which an agent of this program takes calls. */
export interface AgentServer extends AsyncDisposable {
  readonly port: number;
}

const RULES: Rules<AgentServerOptions> = {
  dialect: oneOf(...WEB_SOCKET_DIALECTS),
  variant: words,
  encoding: ENCODING,
  sampleRate: SAMPLE_RATE,
  port: whole(0, 65_535),
  host: line(1, 255),
  tls: TLS_RULE,
  access: nested<MediaAccess>(ACCESS_RULES),
  maxCalls: whole(1, 100_000),
  clock: CLOCK,
};

/**
 * Lets an agent of this program take calls of any provider of the dialect. `agent` is called for each call. When it
 * fails, the call ends, and the process is warned (ERR_LISTENER).
 *
 * @throws ERR_INVALID_ARG; ERR_PORT when it cannot listen.
 */
export async function serveAgents(
  agent: (peer: AgentPeer) => void,
  options: AgentServerOptions = {},
): Promise<AgentServer> {
  checkArgument('agent', agent, callback);
  checkOptions(options, RULES);
  const { dialect: name = 'raw', variant, encoding, sampleRate, clock = systemClock } = options;
  const { port = 0, host = '127.0.0.1', tls, access = {}, maxCalls = 1000 } = options;
  const dialect = dialectNamed(name);
  const format = formatFor(dialect, { variant, encoding, sampleRate });
  const { WebSocketListener } = await import('./web-socket-listener.js');
  const { subprotocols } = dialect;
  return await WebSocketListener.open(
    { port, host, tls, access, subprotocols, maxConnections: maxCalls, clock },
    ({ connection }) => {
      try {
        serveAgent(connection, agent, { dialect, variant, format, clock });
      } catch (error) {
        connection.abort();
        warn(listenerError('agent', error));
      }
    },
  );
}
