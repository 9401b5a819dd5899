import { contextOf } from '../rtp-receive/packet-gate.js';
import type { RtpConnection } from './rtp-options.js';
import { packRtp, type RtpPacket } from './rtp-packet.js';
import { isSameAddress, type RtpAddress, type RtpTransport } from './rtp-transport.js';
import type { SrtpContext } from './srtp.js';

/** Way of the packets to the peer: the address that it has named or that its packets come from, and the key. */
export class RtpPath {
  readonly #transport: RtpTransport;
  #srtp: SrtpContext | undefined;
  #remote: (RtpAddress & { readonly rtcpPort: number }) | undefined;
  /** Address that the peer has named. */
  #named: RtpAddress | undefined;

  constructor(transport: RtpTransport) {
    this.#transport = transport;
  }

  get remote(): RtpAddress | undefined {
    return this.#remote;
  }

  /** Applies an agreement. An address that was found stays until the peer names another one. */
  agree({ remote, srtp }: RtpConnection): void {
    this.#srtp = contextOf(srtp?.local, this.#srtp);
    const rtcpPort = remote.rtcpPort ?? remote.port + 1;
    if (!isSameAddress(this.#named, remote)) this.#remote = { ...remote, rtcpPort };
    this.#named = remote;
  }

  /** Sends to the address that the peer's packets come from. */
  latch(from: RtpAddress): void {
    const remote = this.#remote;
    if (!remote || isSameAddress(from, remote)) return;
    const rtcpPort = from.port + remote.rtcpPort - remote.port;
    this.#remote = { ...from, rtcpPort };
  }

  /** Sends a packet. Before an agreement it is dropped. */
  sendRtp(packet: RtpPacket): void {
    if (!this.#remote) return;
    const bytes = packRtp(packet, this.#srtp?.tagBytes);
    this.#srtp?.protectInPlace(bytes);
    this.#transport.send(bytes, this.#remote, false);
  }

  /** Sends a compound packet of RTCP. Before an agreement it is dropped. */
  sendRtcp(packet: Buffer): void {
    const { address, port, rtcpPort } = this.#remote ?? {};
    if (address === undefined || port === undefined || rtcpPort === undefined) return;
    const bytes = this.#srtp?.protectRtcp(packet) ?? packet;
    this.#transport.send(bytes, { address, port: rtcpPort }, rtcpPort !== port);
  }
}
