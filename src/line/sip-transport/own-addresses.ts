import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Clock } from '../../base/time/clock.js';

/** Time for which the addresses are cached, in milliseconds. */
const KEPT_MS = 10_000;

interface OwnAddress {
  readonly address: string;
  readonly isV6: boolean;
  readonly network: BlockList;
}

/** Addresses of this machine by which peers can reach it. They are read from the system and cached. */
export class OwnAddresses {
  readonly #clock: Clock;
  readonly #ask: typeof networkInterfaces;
  #known: readonly OwnAddress[] = [];
  #until = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, ask: typeof networkInterfaces = networkInterfaces) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Returns the address in the network of the peer; without one, the first that is not a loopback address. */
  towards(peer: string): string {
    if (peer.startsWith('127.') || peer === '::1') return peer;
    const isV6 = isIPv6(peer);
    const family = this.#addresses.filter((each) => each.isV6 === isV6);
    const near = family.find(({ network }) => network.check(peer, isV6 ? 'ipv6' : 'ipv4'));
    return (near ?? family[0])?.address ?? (isV6 ? '::1' : '127.0.0.1');
  }

  get #addresses(): readonly OwnAddress[] {
    const now = this.#clock.now();
    if (now < this.#until) return this.#known;
    this.#until = now + KEPT_MS;
    const all = Object.values(this.#ask()).flatMap((each) => each ?? []);
    this.#known = all
      .filter(({ internal }) => !internal)
      .map(({ address, cidr }) => {
        const isV6 = isIPv6(address);
        const network = new BlockList();
        const bits = Number(cidr?.split('/')[1] ?? Number.NaN);
        if (bits >= 0) network.addSubnet(address, bits, isV6 ? 'ipv6' : 'ipv4');
        return { address, isV6, network };
      });
    return this.#known;
  }
}
