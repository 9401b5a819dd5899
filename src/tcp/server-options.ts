import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import {
  checkOptions,
  either,
  flag,
  listOf,
  needed,
  object,
  oneOf,
  type Rules,
  whole,
  words,
} from '../base/check.js';
import { invalidArgument, JackfieldError } from '../base/errors.js';
import {
  DEFAULT_KEEP_ALIVE_MS,
  IDLE,
  type IdleLimit,
  idleLimit,
  isLoopback,
  KEEP_ALIVE,
} from '../base/system/peer-limits.js';
import { CLOCK, type Clock, systemClock } from '../base/time/clock.js';
import { descriptorAdvice, descriptorLimit, leasesThatFit } from './descriptor-limit.js';
import { READ_INTERVAL } from './lease-options.js';
import type { PortRange } from './port-listener.js';

export interface PcmServerOptions {
  /** Paces senders, times arrivals and expires leases. Default {@link systemClock}. */
  clock?: Clock;
  /**
   * Address that leases listen on, or several addresses. Several share one port number, and the first connection to any
   * of them claims the lease. An address other than loopback needs `allow`. Default: `127.0.0.1`, and `::1` where this
   * machine has it.
   */
  host?: string | readonly string[];
  /** Addresses and subnets (`10.0.0.0/8`) that may connect. Default: this machine's loopback addresses. */
  allow?: readonly string[];
  /** Range of ports for leases; the first free one is taken. Default: the system's choice. */
  ports?: PortRange;
  /**
   * Users of this machine that may claim a lease, by the owner of the peer's socket. `same`: the user of this process.
   * `any`: every user. A list: these user ids. Checked on Linux only. Default `same`.
   */
  peerUsers?: 'same' | 'any' | readonly number[];
  /**
   * Leases that may be open at once: 1 to 30,000. Default 10,000, or as many as this process's file descriptors allow
   * ("ulimit -n"; three for each).
   */
  maxLeases?: number;
  /** Connections that may be open at once, including those that are being refused: 1 to 60,000. Default 20,000. */
  maxConnections?: number;
  /**
   * Bytes of audio that may wait in memory for all sinks together. Above that, each sink's policy applies. Default 256
   * MiB.
   */
  maxBufferedBytes?: number;
  /**
   * Time between two reads of a `batched` connection, in ms: 20 to 1000; a lease can have its own. Samples that were
   * not read yet are lost when this process is killed. Default: 1000 for streams whose sinks are all files
   * (`FileSinkSpec`), else 250.
   */
  readIntervalMs?: number;
  /**
   * Silence after which the system probes a peer, in ms: 1000 to 7,200,000; 0 for never. A peer that leaves ten probes
   * in ten seconds without an answer, such as one that lost its power or its network, ends its lease with `peer-reset`.
   * The probes cost nothing while voice comes in. A peer on another machine that does not acknowledge what is sent to
   * it is found equally soon on Linux. On other systems it is found by `idleMs`, or when the system gives up. Default
   * 5000.
   */
  keepAliveMs?: number;
  /**
   * Ends a lease with `peer-idle` when nothing has passed on a connection from another machine for this long, in ms:
   * 1000 to 86,400,000; 0 is never. It finds peers whose system still answers while their program hangs. Peers on this
   * machine have a limit only if the option is given. Default 600,000.
   */
  idleMs?: number;
  /** Reads descriptors directly where the system allows it, which halves the cost of `batched`. Default true. */
  directReads?: boolean;
  /** Worker threads that leases are spread over: 0 to 64. Default 0: all leases live in this thread. */
  workers?: number;
}

/** {@link PcmServerOptions}, checked and complete. All but `clock` can be sent to a worker thread. */
export interface ResolvedServerOptions {
  readonly clock: Clock;
  readonly hosts: readonly string[];
  readonly allow: readonly string[];
  readonly ports: PortRange | undefined;
  readonly users: 'any' | readonly number[];
  readonly maxLeases: number;
  /** Advice for a process whose file descriptors allow fewer leases than usual. */
  readonly advice: string | undefined;
  readonly maxConnections: number;
  readonly maxBufferedBytes: number;
  /** Undefined: chosen for each stream by its sinks. */
  readonly readIntervalMs: number | undefined;
  readonly keepAliveMs: number;
  readonly idleMs: IdleLimit;
  readonly directReads: boolean;
  readonly workers: number;
}

const PORT = needed(whole(1, 65_535));
const RULES: Rules<PcmServerOptions> = {
  clock: CLOCK,
  host: either(words, listOf(words, 1, 8)),
  allow: listOf(words),
  ports: object,
  peerUsers: either(oneOf('same', 'any'), listOf(whole(0, 2 ** 32 - 1))),
  maxLeases: whole(1, 30_000),
  maxConnections: whole(1, 60_000),
  maxBufferedBytes: whole(2 ** 16, 2 ** 40, 'bytes'),
  readIntervalMs: READ_INTERVAL,
  keepAliveMs: KEEP_ALIVE,
  idleMs: IDLE,
  directReads: flag,
  workers: whole(0, 64),
};
const PORT_RULES: Rules<PortRange> = { from: PORT, to: PORT };

const LOOPBACK = ['127.0.0.0/8', '::1'];
const LOOPBACK_HOSTS = ['127.0.0.1', '::1'];
const DEFAULT_MAX_LEASES = 10_000;

/**
 * @throws ERR_INVALID_ARG with the name of the option, ERR_LIMIT when this process may not open as many files as
 * `maxLeases` need.
 */
export function resolveServerOptions(options: PcmServerOptions): ResolvedServerOptions {
  checkOptions(options, RULES);
  const { clock = systemClock, allow, ports, workers = 0 } = options;
  if (workers > 0 && clock !== systemClock) {
    throw invalidArgument('clock', 'left out when there are workers, because each worker has its own', clock);
  }
  return Object.freeze({
    clock,
    hosts: Object.freeze(options.host === undefined ? loopbackHosts() : checkHosts(options.host, allow)),
    allow: Object.freeze([...(allow ?? LOOPBACK)]),
    ports: ports && checkPorts(ports),
    users: checkUsers(options.peerUsers ?? 'same'),
    ...leaseLimit(options.maxLeases),
    maxConnections: options.maxConnections ?? 20_000,
    maxBufferedBytes: options.maxBufferedBytes ?? 2 ** 28,
    readIntervalMs: options.readIntervalMs,
    keepAliveMs: options.keepAliveMs ?? DEFAULT_KEEP_ALIVE_MS,
    idleMs: idleLimit(options.idleMs),
    directReads: options.directReads ?? true,
    workers,
  });
}

/** Loopback addresses of this machine. IPv6 may be turned off. */
function loopbackHosts(): string[] {
  const own = ownAddresses();
  const hosts = LOOPBACK_HOSTS.filter((host) => own.includes(host));
  return hosts.length > 0 ? hosts : LOOPBACK_HOSTS.slice(0, 1);
}

/** Addresses of this machine; none where the system does not tell them, as in a sandbox without netlink sockets. */
function ownAddresses(): string[] {
  try {
    return Object.values(networkInterfaces()).flatMap((of) => (of ?? []).map(({ address }) => address));
  } catch {
    return [];
  }
}

function checkHosts(host: string | readonly string[], allow: readonly string[] | undefined): string[] {
  const hosts = typeof host === 'string' ? [host] : [...host];
  if (new Set(hosts).size < hosts.length) {
    throw invalidArgument('host', 'an IP address, or a list of different ones', host);
  }
  for (const address of hosts) {
    if (isIP(address) === 0) {
      throw invalidArgument('host', 'an IP address', address);
    }
    if (allow === undefined && !isLoopback(address)) {
      throw invalidArgument('allow', `given, because other machines can reach ${address}`, allow);
    }
  }
  return hosts;
}

function leaseLimit(wanted: number | undefined): Pick<ResolvedServerOptions, 'maxLeases' | 'advice'> {
  const limit = descriptorLimit();
  const maxLeases = wanted ?? DEFAULT_MAX_LEASES;
  const advice = descriptorAdvice(maxLeases, limit);
  if (wanted !== undefined && advice !== undefined) throw new JackfieldError('ERR_LIMIT', advice);
  return { maxLeases: Math.min(maxLeases, leasesThatFit(limit)), advice };
}

function checkUsers(users: 'same' | 'any' | readonly number[]): 'any' | readonly number[] {
  if (users === 'any') return users;
  if (users === 'same') return process.getuid ? [process.getuid()] : 'any';
  return users;
}

function checkPorts(ports: PortRange): PortRange {
  checkOptions(ports, PORT_RULES, 'ports.');
  const { from, to } = ports;
  if (to < from) throw invalidArgument('ports.to', `${from} or more`, to);
  return { from, to };
}
