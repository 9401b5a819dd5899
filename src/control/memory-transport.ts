import { JackfieldError } from '../errors.js';
import type { Link, Transport, TransportHandlers } from './transport.js';

/** The endpoint's side of an in-process link; `Endpoint` of the exchange is one. */
export interface MemoryEndpoint {
  /** Opens a session. `deliver` gets each line meant for the client, `closed` is called when the endpoint ends it. */
  connect(client: { deliver(line: string): void; closed(): void }): MemorySession;
}

/** One client's session at a {@link MemoryEndpoint}. */
export interface MemorySession {
  receive(line: string): void;
  disconnect(): void;
}

/** Attaches to an endpoint in the same process. Lines are handed over in a microtask, in order. */
export class MemoryTransport implements Transport {
  readonly name = 'memory';
  readonly #endpoint: MemoryEndpoint;

  constructor(endpoint: MemoryEndpoint) {
    this.#endpoint = endpoint;
  }

  async open(handlers: TransportHandlers): Promise<Link> {
    let open = true;
    const end = () => {
      if (!open) return;
      open = false;
      handlers.closed();
    };
    const session = this.#endpoint.connect({
      deliver: (line) => queueMicrotask(() => open && handlers.line(line)),
      closed: () => queueMicrotask(end),
    });
    return {
      async send(line) {
        if (!open) throw new JackfieldError('ERR_CLOSED', 'The endpoint has closed this link: attach again.');
        session.receive(line);
        return undefined;
      },
      async close() {
        if (!open) return;
        session.disconnect();
        end();
      },
    };
  }
}
