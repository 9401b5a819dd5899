import type { Socket } from 'node:net';
import { expect } from 'vitest';
import type { Lease } from '../../src/tcp/lease.js';
import type { PcmServer } from '../../src/tcp/pcm-server.js';
import { expectSame } from '../same-samples.js';
import { until } from '../turns.js';
import { bytes, CollectingSink, dial, ramp } from './peers.js';

/** A stream that is in order, next to one that is not: it gets each of its samples, whatever happens there. */
export class Witness {
  readonly sink = new CollectingSink();
  readonly #lease: Lease;
  readonly #peer: Socket;
  #sent = 0;

  private constructor(lease: Lease, peer: Socket) {
    this.#lease = lease;
    this.#peer = peer;
  }

  static async on(server: PcmServer): Promise<Witness> {
    const lease = await server.lease({
      object: 'CALL 99',
      stream: 'output',
      direction: 'receive',
      readClass: 'immediate',
    });
    const witness = new Witness(lease, await dial(lease.port));
    lease.addSink(witness.sink);
    await witness.speak();
    return witness;
  }

  /** Sends so many samples, and waits until they were heard. */
  async speak(samples = 16_000): Promise<void> {
    this.#peer.write(bytes(ramp(samples, this.#sent)));
    this.#sent += samples;
    await until(() => this.#lease.stats.delivered >= this.#sent);
  }

  /** Speaks as long as it takes `what` to be over. */
  async speakUntil<T>(what: Promise<T>): Promise<T> {
    let over = false;
    const settled = what.finally(() => {
      over = true;
    });
    while (!over) {
      await this.speak(160);
    }
    return settled;
  }

  async end(): Promise<void> {
    this.#peer.end();
    expect(await this.#lease.closed).toEqual({ kind: 'peer-ended' });
    expectSame(this.sink.samples, ramp(this.#sent));
  }
}

/** Samples received = delivered + dropped + waiting, for a lease with one sink. */
export function expectBalance(lease: Lease): void {
  const { bytesReceived, samplesReceived, trailingBytes, unheard, delivered, dropped, bufferedMs } =
    lease.stats;
  expect(samplesReceived * 2 + trailingBytes).toBe(bytesReceived);
  expect(unheard + delivered + dropped + bufferedMs * 16).toBe(samplesReceived);
}
