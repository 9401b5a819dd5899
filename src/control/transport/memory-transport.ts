import { checkArgument, having } from '../../base/check.js';
import { abortedError } from '../../base/errors.js';
import { LinkLifetime } from './link-lifetime.js';
import {
  checkOpening,
  type Link,
  type Transport,
  type TransportHandlers,
  type TransportWait,
} from './transport.js';

/** The endpoint's side of an in-process link; `Endpoint` of the exchange implements it. */
export interface MemoryEndpoint {
  /**
   * Opens a session. `deliver` gets each line for the client. `closed` is called when the endpoint ends the session.
   * @throws ERR_ATTACH_UNAVAILABLE when it accepts no sessions now.
   */
  connect(client: {
    /** Set by a client that accepts CR and LF in the texts of messages. */
    readonly multiline?: boolean;
    deliver(line: string): void;
    closed(): void;
  }): MemorySession;
}

/** One client's session at a {@link MemoryEndpoint}. */
export interface MemorySession {
  receive(line: string): void;
  disconnect(): void;
}

const ENDPOINT = having('connect');

/** Attaches to an endpoint in the same process. Messages are delivered in a microtask, in order. */
export class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly #endpoint: MemoryEndpoint;

  constructor(endpoint: MemoryEndpoint) {
    checkArgument('endpoint', endpoint, ENDPOINT);
    this.#endpoint = endpoint;
  }

  async open(handlers: TransportHandlers, options: TransportWait = {}): Promise<Link> {
    checkOpening(handlers, options);
    const { signal } = options;
    if (signal?.aborted) throw abortedError('an endpoint in this process', signal);
    const lifetime = new LinkLifetime(handlers);
    const session = this.#endpoint.connect({
      multiline: true,
      deliver: (line) => queueMicrotask(() => lifetime.line(line)),
      closed: () => queueMicrotask(() => lifetime.lose('it ended the session')),
    });
    return {
      multiline: true,
      async send(line) {
        lifetime.check();
        session.receive(line);
        return undefined;
      },
      async close() {
        if (lifetime.close()) session.disconnect();
      },
    };
  }
}
