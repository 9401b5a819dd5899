import { BlockList, isIP, isIPv6 } from 'node:net';
import { invalidArgument } from '../base/errors.js';
import { isLoopback } from '../base/system/peer-limits.js';
import { SocketTable } from '../base/system/socket-table.js';
import type { RefusedPeer } from './lease.js';
import type { Peer } from './lease-state.js';
import type { Accepted } from './read/accepted.js';

export interface GateOptions {
  /** Addresses and subnets (`10.0.0.0/8`) that may connect. */
  readonly allow: readonly string[];
  /** User ids that a local peer may have. `any`: the user is not checked. */
  readonly users: 'any' | readonly number[];
  /** Connections that may be open at once, including those that are still being checked. */
  readonly maxConnections: number;
}

/** Decides which connections may claim a lease, before a byte is read or written. */
export class Gate {
  readonly #allowed: BlockList;
  readonly #users: GateOptions['users'];
  readonly #maxConnections: number;
  readonly #table: SocketTable | undefined;
  #connections = 0;

  /** @throws ERR_INVALID_ARG when an entry of `allow` is no address or subnet. */
  constructor(options: GateOptions) {
    this.#allowed = allowList(options.allow);
    this.#users = options.users;
    this.#maxConnections = options.maxConnections;
    this.#table = options.users === 'any' ? undefined : SocketTable.open();
  }

  get connections(): number {
    return this.#connections;
  }

  /** Counts a connection; returns its peer. */
  enter({ remote: { address, port } }: Accepted): Peer {
    this.#connections++;
    return { address, port };
  }

  /** Notes that a counted connection is closed. */
  leave(): void {
    this.#connections--;
  }

  /**
   * Checks a `peer` that connected to `local`. Resolves to the peer, with its user where that is known, and to the
   * reason if it is refused.
   */
  async check({ local }: Accepted, peer: Peer): Promise<{ peer: Peer; refused?: RefusedPeer['why'] }> {
    if (this.#connections > this.#maxConnections) return { peer, refused: 'limit' };
    if (!this.#allowed.check(peer.address, isIPv6(peer.address) ? 'ipv6' : 'ipv4')) {
      return { peer, refused: 'not-allowed' };
    }
    if (this.#users === 'any' || !this.#table || !isLocal(peer, local)) return { peer };
    const uid = await this.#table.ownerOf(peer, local);
    if (uid === undefined) return { peer, refused: 'unknown-user' };
    const known = { uid, ...peer };
    return this.#users.includes(uid) ? { peer: known } : { peer: known, refused: 'wrong-user' };
  }

  close(): void {
    this.#table?.close();
  }
}

/** True for a peer on this machine: its socket is in this machine's table. */
function isLocal({ address }: Peer, local: Accepted['local']): boolean {
  return isLoopback(address) || address === local.address;
}

function allowList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix, ...rest] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const bits = prefix === undefined ? undefined : Number(prefix);
    const known = isIP(address) !== 0 && rest.length === 0 && prefix !== '';
    if (
      !known ||
      (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= (family === 'ipv6' ? 128 : 32)))
    ) {
      throw invalidArgument('allow', 'IP addresses, or subnets such as 10.0.0.0/8', entry);
    }
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, bits, family);
  }
  return list;
}
