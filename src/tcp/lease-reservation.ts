import type { Lease, LeaseOptions } from './lease.js';

/** Gives leases: a server, or what was set aside at one. */
export interface LeaseSource {
  /** The server's option `readIntervalMs`: time between two reads of a `batched` connection, in ms. */
  readonly readIntervalMs: number | undefined;
  lease(options: LeaseOptions): Promise<Lease>;
}

/** Leases set aside at a server: an object of several streams gets all of them, or is refused before anything is begun. */
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

  /** As that of the server, in one of the places while there is one left. */
  lease(options: LeaseOptions): Promise<Lease> {
    this.#free(Math.min(1, this.#left));
    return this.#server.lease(options);
  }

  /** Gives back the places that were not used. */
  [Symbol.dispose](): void {
    this.#free(this.#left);
  }

  #free(count: number): void {
    this.#left -= count;
    this.#release(count);
  }
}
