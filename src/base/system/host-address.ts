import { lookup } from 'node:dns/promises';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { waitFor } from '../wait.js';

/** An address of a host. */
export interface HostAddress {
  readonly address: string;
  readonly family: number;
}

/** Networks that are not part of the public Internet: RFC 6890 and the like, and multicast. */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6');
}

/** Addresses of IPv6 that lead to one machine of the Internet: global unicast (RFC 4291). */
const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');

/** True for an address that is not one of the Internet. An IPv4 address inside an IPv6 one counts as IPv4. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** True for a public address: an IPv4 address that is not private, or IPv6 global unicast. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  return (family === 4 || (family === 6 && GLOBAL.check(address, 'ipv6'))) && !isPrivateAddress(address);
}

/** Removes the brackets around an IPv6 address in a host of a URL or of SIP. */
export function bareHost(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

/**
 * Resolves to the addresses of the host of a URL. An address is returned as it is. The system's look-up has no time
 * limit: `signal` limits it.
 *
 * @param resolve Finds the addresses of a name. Default: the system.
 */
export async function addressesOf(
  host: string,
  signal: AbortSignal,
  resolve: (name: string) => Promise<readonly string[]> = addressesByName,
): Promise<readonly HostAddress[]> {
  const name = bareHost(host);
  const found = isIP(name)
    ? [name]
    : await waitFor<readonly string[]>({
        what: `the address of ${name}`,
        signal,
        begin: (settle, reject) => void resolve(name).then(settle, reject),
      });
  return found.map((address) => ({ address, family: isIP(address) }));
}

async function addressesByName(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/**
 * Makes a look-up that returns the address that was checked, even if the host's name resolves to another one a moment
 * later.
 */
export function leadingTo({ address, family }: HostAddress): LookupFunction {
  return (_host, { all }, done) => (all ? done(null, [{ address, family }]) : done(null, address, family));
}
