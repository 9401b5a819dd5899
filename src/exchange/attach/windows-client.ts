import type { Session } from '../api/session.js';

/** Parts of the listener that a {@link WindowsClient} uses. */
export interface WindowsClientSide {
  /** Most bytes that may wait for it. */
  readonly unsentBytes: number;
  /** Sends a packet. Resolves to false where it was not taken in time. */
  deliver(packet: Uint8Array): Promise<boolean>;
  /** The client does not take messages, or as many wait for it as may. */
  lost(why: 'does not answer' | 'does not read'): void;
}

/**
 * One client on Windows: lines go to its window one after the other, since each may take the whole second that a client
 * has to take it.
 */
export class WindowsClient {
  readonly #side: WindowsClientSide;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #sending: Promise<void> | undefined;
  /** Set once it is connected. */
  session: Session | undefined;

  constructor(side: WindowsClientSide) {
    this.#side = side;
  }

  /** Sends a line behind those that wait, with the NUL that ends it. */
  deliver(line: string): void {
    const packet = Buffer.from(`${line}\0`);
    if (this.#bytes + packet.length > this.#side.unsentBytes) {
      this.drop();
      this.#side.lost('does not read');
      return;
    }
    this.#bytes += packet.length;
    this.#waiting.push(packet);
    this.#sending ??= this.#send();
  }

  /** Resolves when nothing waits for it any more. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  /** Forgets what waits. */
  drop(): void {
    this.#waiting.length = 0;
    this.#bytes = 0;
  }

  async #send(): Promise<void> {
    for (let packet = this.#waiting[0]; packet; packet = this.#waiting[0]) {
      const taken = await this.#side.deliver(packet).catch(() => false);
      // The client may have been dropped meanwhile.
      if (this.#waiting[0] !== packet) continue;
      this.#waiting.shift();
      this.#bytes -= packet.length;
      if (taken) continue;
      this.drop();
      this.#side.lost('does not answer');
    }
    this.#sending = undefined;
  }
}
