import type { RtpAddress, RtpTransport } from '../../../src/line/rtp/rtp-transport.js';

/** Fate of each packet that a wire carries: the packets that arrive in its place, none where it is lost. */
export type Carry = (bytes: Buffer, isRtcp: boolean) => readonly Buffer[];

/** One end of a wire in memory: what is sent comes out of the other end at once. */
export class WireEnd implements RtpTransport {
  readonly port: number;
  readonly rtcpPort: number;
  onPacket: RtpTransport['onPacket'] = () => undefined;
  other: WireEnd | undefined;
  /** Packets that this end has sent. */
  readonly sent: Buffer[] = [];
  carry: Carry = (bytes) => [bytes];
  closed = false;

  constructor(port: number) {
    this.port = port;
    this.rtcpPort = port + 1;
  }

  get address(): RtpAddress {
    return { address: '192.0.2.1', port: this.port };
  }

  send(bytes: Buffer, _to: RtpAddress, isRtcp: boolean): void {
    if (!isRtcp) this.sent.push(bytes);
    for (const each of this.carry(bytes, isRtcp)) this.other?.receive(each, isRtcp, this);
  }

  receive(bytes: Buffer, isRtcp: boolean, from: WireEnd = this.other ?? this): void {
    const port = isRtcp ? from.rtcpPort : from.port;
    if (!this.closed) this.onPacket(Buffer.from(bytes), { address: from.address.address, port }, isRtcp);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** A wire between two sessions. */
export function wire(): readonly [WireEnd, WireEnd] {
  const [a, b] = [new WireEnd(4000), new WireEnd(5000)];
  a.other = b;
  b.other = a;
  return [a, b];
}
