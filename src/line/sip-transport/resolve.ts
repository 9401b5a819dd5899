import { promises as dns } from 'node:dns';
import { isIP } from 'node:net';
import { bareHost } from '../../base/system/host-address.js';
import type { SipUri } from '../sip-message/address.js';
import type { HostPort, TransportKind } from './sip-transport.js';

/** Address to try, and the name that its certificate has to have. */
export interface SipTarget extends HostPort {
  readonly kind: TransportKind;
  readonly name: string;
}

export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  /** `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`. */
  readonly service: string;
  readonly replacement: string;
}

export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly name: string;
}

/** DNS lookups. Each gives an empty list when there is nothing. */
export interface SipResolver {
  naptr(name: string): Promise<readonly NaptrRecord[]>;
  srv(name: string): Promise<readonly SrvRecord[]>;
  addresses(name: string): Promise<readonly string[]>;
}

const nothing = () => [];

/** DNS lookups of the system. */
export const systemResolver: SipResolver = {
  naptr: (name) => dns.resolveNaptr(name).catch(nothing),
  srv: (name) => dns.resolveSrv(name).catch(nothing),
  addresses: async (name) => {
    const found = await dns.lookup(name, { all: true }).catch(nothing);
    return found.map(({ address }) => address);
  },
};

const SERVICES: readonly (readonly [kind: TransportKind, naptr: string, srv: string])[] = [
  ['TLS', 'SIPS+D2T', '_sips._tcp.'],
  ['UDP', 'SIP+D2U', '_sip._udp.'],
  ['TCP', 'SIP+D2T', '_sip._tcp.'],
];
/** Most addresses to try for one request. */
const MAX_TARGETS = 16;

/**
 * Finds the addresses of a URI, in the order in which to try them (RFC 3263). An IP address or a port is used directly,
 * otherwise NAPTR, SRV, then A and AAAA.
 *
 * @param kinds Available transports, the preferred one first.
 * @param random Returns a random number from 0 to 1, for weights.
 */
export async function resolveTargets(
  uri: SipUri,
  kinds: readonly TransportKind[],
  resolver: SipResolver,
  random: () => number = Math.random,
): Promise<SipTarget[]> {
  const asked = uri.params.get('transport')?.toUpperCase();
  const host = bareHost(uri.params.get('maddr') ?? uri.host);
  const isSecure = uri.scheme === 'sips' || asked === 'TLS';
  const usable = kinds.filter((kind) => (isSecure ? kind === 'TLS' : asked === undefined || kind === asked));
  const [preferred] = usable.filter((kind) => isSecure || asked !== undefined || kind !== 'TLS');
  const kind = preferred ?? usable[0];
  if (!kind) return [];
  if (isIP(host)) return [{ kind, host, port: uri.port ?? defaultPort(kind), name: host }];
  if (uri.port !== undefined) return byAddress(resolver, kind, host, uri.port, host);
  const found = await byService(host, usable, resolver, random);
  if (found.length > 0) return found.slice(0, MAX_TARGETS);
  return byAddress(resolver, kind, host, defaultPort(kind), host);
}

export function defaultPort(kind: TransportKind): number {
  return kind === 'TLS' ? 5061 : 5060;
}

async function byService(
  host: string,
  usable: readonly TransportKind[],
  resolver: SipResolver,
  random: () => number,
): Promise<SipTarget[]> {
  const pointers = [...(await resolver.naptr(host))].sort(
    (a, b) => a.order - b.order || a.preference - b.preference,
  );
  const named = pointers.flatMap(({ service, replacement }) => {
    const [kind] =
      SERVICES.find(([each, naptr]) => naptr === service.toUpperCase() && usable.includes(each)) ?? [];
    return kind ? [{ kind, name: replacement }] : [];
  });
  // Without NAPTR records the SRV records of each transport are looked up, in the order of preference.
  const services =
    named.length > 0
      ? named
      : usable.map((kind) => ({
          kind,
          name: `${SERVICES.find(([each]) => each === kind)?.[2] ?? ''}${host}`,
        }));
  const targets: SipTarget[] = [];
  for (const { kind, name } of services) {
    for (const record of byWeight(await resolver.srv(name), random)) {
      if (targets.length >= MAX_TARGETS) return targets;
      targets.push(...(await byAddress(resolver, kind, record.name, record.port, host)));
    }
  }
  return targets;
}

async function byAddress(
  resolver: SipResolver,
  kind: TransportKind,
  host: string,
  port: number,
  name: string,
): Promise<SipTarget[]> {
  const addresses = isIP(host) ? [host] : await resolver.addresses(host);
  return addresses.map((address) => ({ kind, host: address, port, name }));
}

/** Orders records by priority. Records of equal priority are in a random order by weight (RFC 2782). */
function byWeight(records: readonly SrvRecord[], random: () => number): SrvRecord[] {
  const left = [...records]
    .filter(({ name }) => name !== '' && name !== '.')
    .sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const ordered: SrvRecord[] = [];
  while (left.length > 0) {
    const priority = left[0]?.priority;
    const equals = left.filter((record) => record.priority === priority);
    let drawn = random() * equals.reduce((sum, { weight }) => sum + weight, 0);
    const chosen =
      equals.find(({ weight }) => {
        drawn -= weight;
        return drawn <= 0;
      }) ?? equals[0];
    if (!chosen) break;
    ordered.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return ordered;
}
