import { endpointGone, linkClosed } from './link-errors.js';
import type { TransportHandlers } from './transport.js';

/** The part of a link that every transport has: open until one side ends it, and then closed once and for all. */
export class LinkLifetime {
  readonly #handlers: TransportHandlers;
  #open = true;
  #cause: unknown;

  constructor(handlers: TransportHandlers) {
    this.#handlers = handlers;
  }

  get open(): boolean {
    return this.#open;
  }

  /** @throws ERR_CLOSED */
  check(): void {
    if (!this.#open) throw linkClosed(this.#cause);
  }

  /** Hands a message to the client, unless the link is closed. */
  line(line: string): void {
    if (this.#open) this.#handlers.line(line);
  }

  /** The client closes. Returns false when the link is closed already. */
  close(): boolean {
    if (!this.#open) return false;
    this.#open = false;
    this.#handlers.closed();
    return true;
  }

  /** The endpoint, or what leads to it, is gone. */
  lose(why: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cause = why;
    this.#handlers.closed(endpointGone(why));
  }
}
