import { JackfieldError } from '../../base/errors.js';
import type { Dialect } from '../dialect/dialect.js';
import type { MediaAccess } from '../websocket/access.js';
import { MediaLine, type MediaLineParts } from './media-line.js';
import {
  type CallFromMedia,
  formatFor,
  type MediaLineOptions,
  type MediaListenOptions,
} from './media-line-options.js';
import { openListener } from './open-listener.js';

/**
 * Makes a line from checked options.
 *
 * @param access Credentials of the clients of WebSockets.
 * @throws ERR_INVALID_ARG for a format or version that the dialect does not have.
 */
export function lineOf(dialect: Dialect, options: MediaLineOptions, access: MediaAccess = {}): MediaLine {
  const { name = dialect.name, variant, encoding, sampleRate, target, listen = {}, connect } = options;
  const { maxCalls = 1000, startTimeoutMs } = options;
  return new MediaLine({
    ...{ name, dialect, variant, startTimeoutMs, maxCalls, connect },
    format: formatFor(dialect, { variant, encoding, sampleRate }),
    target: typeof target === 'string' ? () => target : (target ?? namedByStart),
    listen: listen === false ? undefined : listenWith(dialect, maxCalls, access, listen),
  });
}

function listenWith(
  { transport, subprotocols }: Dialect,
  maxCalls: number,
  access: MediaAccess,
  { port = 0, host = '127.0.0.1', tls, thread = false }: MediaListenOptions,
): MediaLineParts['listen'] {
  // Connections that have not sent their start yet count as well.
  const maxConnections = 2 * maxCalls;
  const spec = { transport, subprotocols, access, port, host, tls, maxConnections };
  return async (clock, connection, failed) => {
    if (!thread) return await openListener(spec, clock, connection);
    const { ThreadListener } = await import('../media-thread/thread-listener.js');
    return await ThreadListener.open(spec, clock, { connection, failed });
  };
}

/** Returns the target that the start of a call names. */
function namedByStart({ to, parameters, url }: CallFromMedia): string {
  const named = to ?? parameters['to'] ?? url.searchParams.get('to') ?? undefined;
  if (named !== undefined) return named;
  const text = 'A media server does not name the called user: give the line a target.';
  throw new JackfieldError('ERR_INVALID_ARG', text);
}
