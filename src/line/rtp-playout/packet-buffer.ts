import type { SourcePacket } from '../rtp/rtp-source.js';

/** Packets that wait, in the order of their numbers. */
export class PacketBuffer {
  readonly #packets: SourcePacket[] = [];
  readonly #most: number;

  /** @param most Packets that may wait: of more, the oldest go. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#packets.length;
  }

  get first(): SourcePacket | undefined {
    return this.#packets[0];
  }

  /** Puts a packet in its place. Returns one that has no room any more. */
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
