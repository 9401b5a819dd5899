import { endpointGone, linkClosed } from './link-errors.js';
import type { TransportHandlers } from './transport.js';

/**
 * The state of a link, common to all transports: open until one side ends it, then closed for good. A link that is lost
 * while it is being opened is reported by {@link Transport.open}, not by the handlers.
 */
export class LinkLifetime {
  readonly #handlers: TransportHandlers;
  #state: 'opening' | 'open' | 'closed';
  #cause: unknown;

  constructor(handlers: TransportHandlers, state: 'opening' | 'open' = 'open') {
    this.#handlers = handlers;
    this.#state = state;
  }

  /** Marks the link as open. @throws ERR_CLOSED when it was lost meanwhile. */
  opened(): void {
    if (this.#state === 'closed') throw endpointGone(this.#cause);
    this.#state = 'open';
  }

  /** @throws ERR_CLOSED */
  check(): void {
    if (this.#state !== 'open') throw linkClosed(this.#cause);
  }

  /** Passes a message to the client, unless the link is closed. */
  line(line: string): void {
    if (this.#state === 'open') this.#handlers.line(line);
  }

  /** Closes the link for the client. Returns false when it is closed already. */
  close(): boolean {
    if (this.#state === 'closed') return false;
    const told = this.#state === 'open';
    this.#state = 'closed';
    if (told) this.#handlers.closed();
    return true;
  }

  /** Closes the link because the endpoint, or the connection to it, is gone. */
  lose(why: unknown): void {
    if (this.#state === 'closed') return;
    const told = this.#state === 'open';
    this.#state = 'closed';
    this.#cause = why;
    if (told) this.#handlers.closed(endpointGone(why));
  }
}
