import { formatOutputGap } from '../../protocol/output-gap.js';
import type { MadeUp } from '../../switch/party.js';
import type { ObjectOwner } from '../object/api-object.js';

/**
 * Reports stretches of a call's output that its line filled in for missing sound. Only clients that asked for it are
 * notified.
 */
export class OutputGaps {
  readonly #callId: number;
  readonly #clients = new Set<ObjectOwner>();

  constructor(callId: number) {
    this.#callId = callId;
  }

  /** Adds a client, which is notified of each stretch from now on. */
  add(client: ObjectOwner): void {
    this.#clients.add(client);
  }

  /** Notifies the clients. @param position Position of the newest frame in the output to `port`. */
  tell(port: number, position: number, stretches: readonly MadeUp[]): void {
    for (const { from, samples, reason } of stretches) {
      const begin = Math.max(0, position + from);
      const length = position + from + samples - begin;
      if (length <= 0) continue;
      const value = formatOutputGap({ port, from: begin, samples: length, reason });
      for (const client of this.#clients) {
        client.notify({ kind: 'property', object: 'CALL', id: this.#callId, property: 'OUTPUT_GAP', value });
      }
    }
  }
}
