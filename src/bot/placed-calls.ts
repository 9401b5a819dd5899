import { waitFor } from '../base/wait.js';
import type { Call } from '../control/call/call.js';
import type { Client } from '../control/client/client.js';
import { hangUp } from './call-limit.js';

/** Places calls for a host, and remembers them. */
export class PlacedCalls {
  readonly #client: Client;
  readonly #placed = new WeakSet<Call>();
  readonly #placing = new Set<Promise<unknown>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /** Resolves to true for a call of this host. Waits for calls that are being placed. */
  async has(call: Call): Promise<boolean> {
    await Promise.allSettled(this.#placing);
    return this.#placed.has(call);
  }

  /** Places a call. When the wait is aborted, hangs the call up as soon as it is placed. */
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
