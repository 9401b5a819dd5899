import { BlockList, isIP } from 'node:net';

/** Addresses and networks from which calls are taken. */
export class TrustedPeers {
  readonly #list = new BlockList();
  #isEmpty = true;

  /** Adds an address, or a network such as `192.0.2.0/24`. */
  add(text: string): void {
    const [address = '', prefix] = text.split('/');
    const family = isIP(address);
    if (family === 0) return;
    const type = family === 6 ? 'ipv6' : 'ipv4';
    const length = prefix === undefined ? undefined : Math.min(Number(prefix), family === 6 ? 128 : 32);
    if (length === undefined) this.#list.addAddress(address, type);
    else this.#list.addSubnet(address, length, type);
    this.#isEmpty = false;
  }

  has(address: string): boolean {
    const family = isIP(address);
    return !this.#isEmpty && family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4');
  }
}
