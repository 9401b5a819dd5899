import { JackfieldError } from '../../base/errors.js';
import type { Dialect } from '../dialect/dialect.js';
import { MediaLine, type MediaLineParts } from './media-line.js';
import { type CallFromMedia, formatFor, type MediaLineOptions, type MediaTls } from './media-line-options.js';

/** Address that a line listens on. */
export interface ListenAddress {
  readonly port: number;
  readonly host: string;
  readonly tls: MediaTls | undefined;
}

/**
 * Makes a line from checked options.
 *
 * @throws ERR_INVALID_ARG for a format or version that the dialect does not have.
 */
export function lineOf(
  dialect: Dialect,
  options: MediaLineOptions,
  listenAt: (address: ListenAddress, maxConnections: number) => MediaLineParts['listen'],
): MediaLine {
  const { name = dialect.name, variant, encoding, sampleRate, target, listen = {}, connect } = options;
  const { maxCalls = 1000, startTimeoutMs } = options;
  const { port = 0, host = '127.0.0.1', tls } = listen === false ? {} : listen;
  return new MediaLine({
    ...{ name, dialect, variant, startTimeoutMs, maxCalls, connect },
    format: formatFor(dialect, { variant, encoding, sampleRate }),
    target: typeof target === 'string' ? () => target : (target ?? namedByStart),
    // Connections that have not sent their start yet count as well.
    listen: listen === false ? undefined : listenAt({ port, host, tls }, 2 * maxCalls),
  });
}

/** Returns the target that the start of a call names. */
function namedByStart({ to, parameters, url }: CallFromMedia): string {
  const named = to ?? parameters['to'] ?? url.searchParams.get('to') ?? undefined;
  if (named !== undefined) return named;
  const text = 'A media server does not name the called user: give the line a target.';
  throw new JackfieldError('ERR_INVALID_ARG', text);
}
