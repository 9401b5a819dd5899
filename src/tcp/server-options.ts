import { isIP } from 'node:net';
import { type Clock, systemClock } from '../clock.js';
import { invalidArgument } from '../errors.js';
import { within } from './lease-options.js';
import type { PortRange } from './port-listener.js';

export interface PcmServerOptions {
  /** Paces senders, times arrivals and expires leases. Default {@link systemClock}. */
  clock?: Clock;
  /** Address that leases listen on. Default `127.0.0.1`; `::1` for IPv6. Any other needs `allow`. */
  host?: string;
  /** Addresses and subnets (`10.0.0.0/8`) that may connect. Default: this machine's loopback addresses. */
  allow?: readonly string[];
  /** Ports that leases are given, first free one first. Default: the system's choice. */
  ports?: PortRange;
  /**
   * Which users of this machine may claim a lease, by the owner of the peer's socket: the `same` as this process's,
   * `any`, or these user ids. Checked on Linux only. Default `same`.
   */
  peerUsers?: 'same' | 'any' | readonly number[];
  /** Leases that may be open at once: 1 to 30,000. Default 10,000. */
  maxLeases?: number;
  /** Connections that may be open at once, those that are turned away included: 1 to 60,000. Default 20,000. */
  maxConnections?: number;
  /** Bytes of audio that may wait for sinks in memory, all in all; then each sink's policy applies. Default 256 MiB. */
  maxBufferedBytes?: number;
  /** How often a `batched` connection is read, in ms: 20 to 1000. Default 250. */
  readIntervalMs?: number;
  /** Whether descriptors may be read directly where the system allows it, which halves the cost of `batched`. Default true. */
  directReads?: boolean;
  /** Worker threads that leases are spread over: 0 to 64. Default 0: all live in this thread. */
  workers?: number;
}

/** {@link PcmServerOptions}, checked and complete. But for `clock`, they can be sent to a worker. */
export interface ResolvedServerOptions {
  readonly clock: Clock;
  readonly host: string;
  readonly allow: readonly string[];
  readonly ports: PortRange | undefined;
  readonly users: 'any' | readonly number[];
  readonly maxLeases: number;
  readonly maxConnections: number;
  readonly maxBufferedBytes: number;
  readonly readIntervalMs: number;
  readonly directReads: boolean;
  readonly workers: number;
}

const LOOPBACK = ['127.0.0.0/8', '::1'];

/** @throws ERR_INVALID_ARG with the name of the option. */
export function resolveServerOptions(options: PcmServerOptions): ResolvedServerOptions {
  const { clock = systemClock, host = '127.0.0.1', allow, ports, workers = 0 } = options;
  if (workers > 0 && clock !== systemClock) {
    throw invalidArgument('clock', 'left out where there are workers, which have their own', clock);
  }
  return Object.freeze({
    clock,
    host: checkHost(host, allow),
    allow: Object.freeze([...(allow ?? LOOPBACK)]),
    ports: ports && checkPorts(ports),
    users: checkUsers(options.peerUsers ?? 'same'),
    maxLeases: within('maxLeases', options.maxLeases ?? 10_000, 1, 30_000),
    maxConnections: within('maxConnections', options.maxConnections ?? 20_000, 1, 60_000),
    maxBufferedBytes: within('maxBufferedBytes', options.maxBufferedBytes ?? 2 ** 28, 2 ** 16, 2 ** 40),
    readIntervalMs: within('readIntervalMs', options.readIntervalMs ?? 250, 20, 1000),
    directReads: options.directReads ?? true,
    workers: within('workers', workers, 0, 64),
  });
}

function checkHost(host: string, allow: readonly string[] | undefined): string {
  if (typeof host !== 'string' || isIP(host) === 0) throw invalidArgument('host', 'an IP address', host);
  if (allow === undefined && host !== '::1' && !host.startsWith('127.')) {
    throw invalidArgument('allow', `given, since ${host} can be reached from other machines`, allow);
  }
  return host;
}

function checkUsers(users: 'same' | 'any' | readonly number[]): 'any' | readonly number[] {
  if (users === 'any') return users;
  if (users === 'same') return process.getuid ? [process.getuid()] : 'any';
  if (!Array.isArray(users)) throw invalidArgument('peerUsers', "'same', 'any' or user ids", users);
  return users.map((uid) => within('peerUsers', uid, 0, 2 ** 32 - 1));
}

function checkPorts(ports: PortRange): PortRange {
  const from = within('ports.from', ports.from, 1, 65_535);
  const to = within('ports.to', ports.to, 1, 65_535);
  if (to < from) throw invalidArgument('ports.to', `${from} or more`, to);
  return { from, to };
}
