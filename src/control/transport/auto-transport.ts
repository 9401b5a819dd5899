import { checkArgument, listOf, object } from '../../base/check.js';
import { abortedError, asError, JackfieldError, messageOf } from '../../base/errors.js';
import { DbusTransport } from './dbus-transport.js';
import { MacTransport } from './mac-transport.js';
import { TcpTransport } from './tcp-transport.js';
import {
  checkOpening,
  type Link,
  TRANSPORT,
  type Transport,
  type TransportHandlers,
  type TransportWait,
} from './transport.js';
import { WindowsTransport } from './windows-transport.js';
import { X11Transport } from './x11-transport.js';

/** The loopback port of `jackfield exchange`. */
export const DEFAULT_PORT = 4100;

/** A transport that was tried, with the reason of its failure. */
export interface AttachAttempt {
  readonly transport: string;
  readonly error: Error;
}

const ATTEMPTS = listOf(object);
const CANDIDATES = listOf(TRANSPORT);

/** No transport of this machine reaches an endpoint. */
export class NoEndpointError extends JackfieldError {
  /** The transports that were tried, in order. */
  readonly attempts: readonly AttachAttempt[];

  constructor(attempts: readonly AttachAttempt[]) {
    checkArgument('attempts', attempts, ATTEMPTS);
    const refused = attempts.some(
      ({ error }) => error instanceof JackfieldError && error.code === 'ERR_ATTACH_REFUSED',
    );
    const list = attempts.map(({ error }) => `\n  - ${messageOf(error)}`).join('');
    super(
      refused ? 'ERR_ATTACH_REFUSED' : 'ERR_ATTACH_UNAVAILABLE',
      `No endpoint could be reached. Tried:${list}`,
      {
        cause: new AggregateError(attempts.map(({ error }) => error)),
      },
    );
    this.attempts = attempts;
  }
}

/** Tries the transports of this machine, one after the other, until an endpoint answers. */
export class AutoTransport implements Transport {
  readonly name = 'auto';
  readonly #candidates: readonly Transport[];

  /** @param candidates Transports in order. Default: {@link transportsOf} this platform. */
  constructor(candidates: readonly Transport[] = transportsOf(process.platform)) {
    checkArgument('candidates', candidates, CANDIDATES);
    this.#candidates = candidates;
  }

  /**
   * @throws a {@link NoEndpointError} with the transports that were tried and the reason of each failure; ERR_ABORTED.
   */
  async open(handlers: TransportHandlers, options: TransportWait = {}): Promise<Link> {
    checkOpening(handlers, options);
    const attempts: AttachAttempt[] = [];
    for (const candidate of this.#candidates) {
      if (options.signal?.aborted) throw abortedError('an endpoint', options.signal);
      try {
        return await candidate.open(handlers, options);
      } catch (error) {
        attempts.push({
          transport: candidate.name,
          error: asError(error),
        });
      }
    }
    if (options.signal?.aborted) throw abortedError('an endpoint', options.signal);
    throw new NoEndpointError(attempts);
  }
}

/** Lists the transports that a platform supports, the desktop's own first. */
export function transportsOf(platform: NodeJS.Platform): Transport[] {
  const tcp = new TcpTransport({ port: DEFAULT_PORT });
  if (platform === 'win32') return [new WindowsTransport(), tcp];
  if (platform === 'darwin') return [new MacTransport(), tcp];
  return [new DbusTransport(), new DbusTransport({ bus: 'system' }), new X11Transport(), tcp];
}
