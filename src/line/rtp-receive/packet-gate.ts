import type { RtpConnection, RtpSessionOptions, SrtpKey } from '../rtp/rtp-options.js';
import { type RtpPacket, unpackRtp } from '../rtp/rtp-packet.js';
import type { RtpRejected } from '../rtp/rtp-stats.js';
import { isSameAddress, type RtpAddress } from '../rtp/rtp-transport.js';
import { SrtpContext, type SrtpRefusal } from '../rtp/srtp.js';

/** The part of an agreement that decides which packets are accepted. */
export interface Agreed {
  readonly connection: RtpConnection;
  /** Shortest and longest payload, in bytes, of each payload type that the peer may send. */
  readonly payloads: ReadonlyMap<number, { readonly least: number; readonly most: number }>;
}

/** Decides which datagrams come from the peer. The others are counted and dropped. */
export class PacketGate {
  readonly #latch: boolean;
  readonly #onLatched: (from: RtpAddress) => void;
  readonly #rejected = {
    ...{ malformed: 0, strangers: 0, payload: 0, source: 0 },
    ...{ unauthentic: 0, replayed: 0, early: 0 },
  };
  #agreed: Agreed | undefined;
  #peer: RtpAddress | undefined;
  #srtp: SrtpContext | undefined;

  constructor({ latch = true }: RtpSessionOptions, onLatched: (from: RtpAddress) => void) {
    this.#latch = latch;
    this.#onLatched = onLatched;
  }

  get rejected(): RtpRejected {
    return { ...this.#rejected };
  }

  /**
   * Applies an agreement from now on. After the peer has named another address, packets may come from any address
   * again.
   */
  agree(agreed: Agreed): void {
    const before = this.#agreed?.connection.remote;
    const { remote, srtp } = agreed.connection;
    if (!isSameAddress(before, remote)) this.#peer = undefined;
    this.#agreed = agreed;
    this.#srtp = contextOf(srtp?.remote, this.#srtp);
  }

  /**
   * Reads the RTP packet in a datagram, which is a part of `bytes`; undefined when it does not come from the peer.
   */
  admit(bytes: Buffer, from: RtpAddress, start = 0, end = bytes.length): RtpPacket | undefined {
    const agreed = this.#agreed;
    if (!agreed) return this.#refuse('early');
    if (!this.#mayBe(from, agreed)) return this.#refuse('strangers');
    const plain = this.#srtp?.unprotect(bytes.subarray(start, end));
    if (typeof plain === 'string') return this.#refuse(plain);
    const packet = plain ? unpackRtp(plain, 0, plain.length) : unpackRtp(bytes, start, end);
    if (!packet) return this.#refuse('malformed');
    const payload = agreed.payloads.get(packet.payloadType);
    const { length } = packet.payload;
    if (!payload || length < payload.least || length > payload.most) return this.#refuse('payload');
    if (!this.#peer) {
      this.#peer = { address: from.address, port: from.port };
      this.#onLatched(this.#peer);
    }
    return packet;
  }

  /**
   * Returns the compound RTCP packet in a datagram; undefined when it does not come from the peer. It may come from any
   * port of the peer's address.
   */
  admitRtcp(bytes: Buffer, from: RtpAddress): Buffer | undefined {
    const agreed = this.#agreed;
    if (!agreed) return this.#refuse('early');
    const { address } = this.#peer ?? agreed.connection.remote;
    if (from.address !== address) return this.#refuse('strangers');
    const plain = this.#srtp ? this.#srtp.unprotectRtcp(bytes) : bytes;
    return typeof plain === 'string' ? this.#refuse(plain) : plain;
  }

  /** Counts an admitted packet whose source is not the one that the voice comes from. */
  refuseSource(): void {
    this.#rejected.source++;
  }

  #refuse(why: SrtpRefusal | 'malformed' | 'strangers' | 'payload' | 'early'): undefined {
    this.#rejected[why]++;
  }

  /** True for the peer's address. Before that is known, true for any address that the peer may have. */
  #mayBe(from: RtpAddress, { connection }: Agreed): boolean {
    if (this.#peer) return isSameAddress(this.#peer, from);
    return this.#latch || isSameAddress(connection.remote, from);
  }
}

/** Returns the context for a key: `before` when its key is the same, else a new one that continues its counts. */
export function contextOf(
  key: SrtpKey | undefined,
  before: SrtpContext | undefined,
): SrtpContext | undefined {
  if (!key) return undefined;
  const isKnown = before?.key.key === key.key && before.key.suite === key.suite;
  return isKnown ? before : new SrtpContext(key, before);
}
