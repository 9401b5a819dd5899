import { waitFor } from '../base/wait.js';
import type { Call } from '../control/call/call.js';
import type { Client } from '../control/client/client.js';
import { hangUp } from './call-limit.js';

/** The calls that a host has placed itself. */
export class PlacedCalls {
  readonly #client: Client;
  readonly #placed = new WeakSet<Call>();
  readonly #placing = new Set<Promise<unknown>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Resolves to true for one of them. Those that are being placed are waited for. */
  async has(call: Call): Promise<boolean> {
    await Promise.allSettled(this.#placing);
    return this.#placed.has(call);
  }

  /** Places a call. A call that comes too late for its wait does not go on ringing. */
  async place(target: string, signal: AbortSignal | undefined): Promise<Call> {
    const placing = this.#client.call(target).then((call) => {
      this.#placed.add(call);
      return call;
    });
    this.#placing.add(placing);
    const placed = () => this.#placing.delete(placing);
    placing.then(placed, placed);
    try {
      return await waitFor<Call>({
        what: `a call to ${target}`,
        signal,
        begin: (resolve, reject) => void placing.then(resolve, reject),
      });
    } catch (error) {
      placing.then(hangUp, () => undefined);
      throw error;
    }
  }
}
