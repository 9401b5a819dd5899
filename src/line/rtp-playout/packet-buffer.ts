import type { SourcePacket } from '../rtp-receive/rtp-source.js';

/** Waiting packets, in the order of their sequence numbers. */
export class PacketBuffer {
  readonly #packets: SourcePacket[] = [];
  readonly #most: number;

  /** @param most Most packets that wait. The oldest is removed beyond it. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#packets.length;
  }

  get first(): SourcePacket | undefined {
    return this.#packets[0];
  }

  /** Adds a packet in order. Returns the packet that was removed for lack of room. */
  add(packet: SourcePacket): SourcePacket | undefined {
    const packets = this.#packets;
    let place = packets.length;
    while (place > 0 && (packets[place - 1]?.sequence ?? 0) > packet.sequence) place--;
    if (place === packets.length) packets.push(packet);
    else packets.splice(place, 0, packet);
    return packets.length > this.#most ? packets.shift() : undefined;
  }

  take(): SourcePacket | undefined {
    return this.#packets.shift();
  }

  clear(): void {
    this.#packets.length = 0;
  }

  [Symbol.iterator](): Iterator<SourcePacket> {
    return this.#packets[Symbol.iterator]();
  }
}
