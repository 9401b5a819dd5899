import type { RtpConnection, RtpSessionOptions, SrtpKey } from './rtp-options.js';
import { type RtpPacket, readRtp } from './rtp-packet.js';
import type { RtpRejected } from './rtp-stats.js';
import { isSameAddress, type RtpAddress } from './rtp-transport.js';
import { SrtpContext, type SrtpRefusal } from './srtp.js';

/** The agreement, as far as it decides about packets. */
export interface Agreed {
  readonly connection: RtpConnection;
  /** Longest payload of each payload type that the peer may send, and the shortest. */
  readonly payloads: ReadonlyMap<number, { readonly least: number; readonly most: number }>;
}

/** Decides which datagrams are the peer's; the others are counted, and cost nothing more. */
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

  /** Lets in what is agreed on from now on. A peer that has named another address may come from anywhere again. */
  agree(agreed: Agreed): void {
    const before = this.#agreed?.connection.remote;
    const { remote, srtp } = agreed.connection;
    if (!isSameAddress(before, remote)) this.#peer = undefined;
    this.#agreed = agreed;
    this.#srtp = contextOf(srtp?.remote, this.#srtp);
  }

  /** The packet that a datagram is, where it is the peer's. */
  admit(bytes: Buffer, from: RtpAddress): RtpPacket | undefined {
    const agreed = this.#agreed;
    if (!agreed) return this.#refuse('early');
    if (!this.#mayBe(from, agreed)) return this.#refuse('strangers');
    const plain = this.#srtp ? this.#srtp.unprotect(bytes) : bytes;
    if (typeof plain === 'string') return this.#refuse(plain);
    const packet = readRtp(plain);
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

  /** The compound packet of RTCP that a datagram is, where it is the peer's: it may come from any port of its address. */
  admitRtcp(bytes: Buffer, from: RtpAddress): Buffer | undefined {
    const agreed = this.#agreed;
    if (!agreed) return this.#refuse('early');
    const { address } = this.#peer ?? agreed.connection.remote;
    if (from.address !== address) return this.#refuse('strangers');
    const plain = this.#srtp ? this.#srtp.unprotectRtcp(bytes) : bytes;
    return typeof plain === 'string' ? this.#refuse(plain) : plain;
  }

  /** A packet that got this far is of no source that the voice comes from. */
  refuseSource(): void {
    this.#rejected.source++;
  }

  #refuse(why: SrtpRefusal | 'malformed' | 'strangers' | 'payload' | 'early'): undefined {
    this.#rejected[why]++;
  }

  /** True for the peer's address, or, before it is known, for any that it may have. */
  #mayBe(from: RtpAddress, { connection }: Agreed): boolean {
    if (this.#peer) return isSameAddress(this.#peer, from);
    return this.#latch || isSameAddress(connection.remote, from);
  }
}

/** The context for a key: the one there is where the key is the same, else one that goes on counting. */
export function contextOf(
  key: SrtpKey | undefined,
  before: SrtpContext | undefined,
): SrtpContext | undefined {
  if (!key) return undefined;
  const isKnown = before?.key.key === key.key && before.key.suite === key.suite;
  return isKnown ? before : new SrtpContext(key, before);
}
