import { endpointGone, linkClosed } from './link-errors.js';
import type { TransportHandlers } from './transport.js';

/**
 * The part of a link that every transport has: open until one side ends it, and then closed once and for all. One that
 * is still being opened can be lost too, which is for {@link Transport.open} to tell, and not for the handlers.
 */
export class LinkLifetime {
  readonly #handlers: TransportHandlers;
  #state: 'opening' | 'open' | 'closed';
  #cause: unknown;

  constructor(handlers: TransportHandlers, state: 'opening' | 'open' = 'open') {
    this.#handlers = handlers;
    this.#state = state;
  }

  /** The link is complete. @throws ERR_CLOSED when it was lost meanwhile. */
  opened(): void {
    if (this.#state === 'closed') throw endpointGone(this.#cause);
    this.#state = 'open';
  }

  /** @throws ERR_CLOSED */
  check(): void {
    if (this.#state !== 'open') throw linkClosed(this.#cause);
  }

  /** Hands a message to the client, unless the link is closed. */
  line(line: string): void {
    if (this.#state === 'open') this.#handlers.line(line);
  }

  /** The client closes. Returns false when the link is closed already. */
  close(): boolean {
    if (this.#state === 'closed') return false;
    const told = this.#state === 'open';
    this.#state = 'closed';
    if (told) this.#handlers.closed();
    return true;
  }

  /** The endpoint, or what leads to it, is gone. */
  lose(why: unknown): void {
    if (this.#state === 'closed') return;
    const told = this.#state === 'open';
    this.#state = 'closed';
    this.#cause = why;
    if (told) this.#handlers.closed(endpointGone(why));
  }
}
