import type { Session } from '../api/session.js';

/** Parts of the listener that a {@link WindowsClient} uses. */
export interface WindowsClientSide {
  /** Most bytes that may wait for the client. */
  readonly unsentBytes: number;
  /** Sends a packet. Resolves to false when the client did not take it in time. */
  deliver(packet: Uint8Array): Promise<boolean>;
  /** Called when the client does not take messages, or the limit of waiting bytes is exceeded. */
  lost(why: 'does not answer' | 'does not read'): void;
}

/**
 * One client on Windows. Lines are sent to its window one after the other, since a client may need its whole second for
 * each.
 */
export class WindowsClient {
  readonly #side: WindowsClientSide;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #sending: Promise<void> | undefined;
  /** Its session, once it is connected. */
  session: Session | undefined;

  constructor(side: WindowsClientSide) {
    this.#side = side;
  }

  /** Queues a line, terminated by NUL. */
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

  /** Resolves when all lines have been sent. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  /** Discards the waiting lines. */
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
