import type { Lease, LeaseOptions } from './lease.js';

/** Source of leases: a server, or places that were reserved at one. */
export interface LeaseSource {
  /** The server's option `readIntervalMs`: time between two reads of a `batched` connection, in ms. */
  readonly readIntervalMs: number | undefined;
  lease(options: LeaseOptions): Promise<Lease>;
}

/**
 * Leases reserved at a server. An object with several streams gets all of its leases, or is refused before anything
 * begins.
 */
export class LeaseReservation implements LeaseSource, Disposable {
  readonly #server: LeaseSource;
  readonly #release: (count: number) => void;
  #left: number;

  /** @param release Gives places back to the server. */
  constructor(server: LeaseSource, count: number, release: (count: number) => void) {
    this.#server = server;
    this.#left = count;
    this.#release = release;
  }

  get readIntervalMs(): number | undefined {
    return this.#server.readIntervalMs;
  }

  /** Opens a lease at the server. It uses a reserved place while one is left. */
  lease(options: LeaseOptions): Promise<Lease> {
    this.#free(Math.min(1, this.#left));
    return this.#server.lease(options);
  }

  /** Returns the unused places to the server. */
  [Symbol.dispose](): void {
    this.#free(this.#left);
  }

  #free(count: number): void {
    this.#left -= count;
    this.#release(count);
  }
}
