import type { Lease, LeaseStats } from './lease.js';

/** One live stream in a snapshot. */
export interface StreamSnapshot {
  readonly object: string;
  readonly stream: Lease['stream'];
  readonly port: number;
  readonly status: Lease['state']['status'];
  readonly stats: LeaseStats;
}

/** State of a server at one moment. */
export interface ServerSnapshot {
  /** Leases that are not closed. */
  readonly leases: number;
  /** Open connections, including those that are being checked or refused. */
  readonly connections: number;
  /** Bytes of audio that wait for sinks in memory. */
  readonly bufferedBytes: number;
  /** Delay of the read wheel's visits, in ms. With workers, the largest of all threads. */
  readonly wheelLatenessP50Ms: number;
  readonly wheelLatenessP99Ms: number;
  /** Sums over all leases since the start, including closed ones. The jitter is the largest of the live leases. */
  readonly totals: LeaseStats;
  readonly streams: readonly StreamSnapshot[];
}

/** Figures of one thread that do not belong to a lease. */
export interface ThreadHealth {
  readonly connections: number;
  readonly bufferedBytes: number;
  readonly latenessP50Ms: number;
  readonly latenessP99Ms: number;
}

/** Keeps the sums of leases that are closed, and adds up snapshots. */
export class ServerStatistics {
  readonly #past = { ...NOTHING };

  /** Adds the counters of a lease that has closed. */
  closed(lease: Lease): void {
    const { stats } = lease;
    for (const key of COUNTERS) this.#past[key] += stats[key];
  }

  snapshot(leases: Iterable<Lease>, threads: readonly ThreadHealth[]): ServerSnapshot {
    const totals = { ...this.#past };
    const streams = [...leases].map(({ object, stream, port, state, stats }) => ({
      object,
      stream,
      port,
      status: state.status,
      stats,
    }));
    for (const { stats } of streams) add(totals, stats);
    return {
      leases: streams.length,
      connections: threads.reduce((count, thread) => count + thread.connections, 0),
      bufferedBytes: threads.reduce((bytes, thread) => bytes + thread.bufferedBytes, 0),
      wheelLatenessP50Ms: Math.max(...threads.map((thread) => thread.latenessP50Ms)),
      wheelLatenessP99Ms: Math.max(...threads.map((thread) => thread.latenessP99Ms)),
      totals,
      streams,
    };
  }
}

const NOTHING: LeaseStats = Object.freeze({
  bytesReceived: 0,
  samplesReceived: 0,
  framesReceived: 0,
  trailingBytes: 0,
  unheard: 0,
  delivered: 0,
  dropped: 0,
  spilled: 0,
  bytesSent: 0,
  samplesSent: 0,
  framesSent: 0,
  silenceFilled: 0,
  bytesIgnored: 0,
  refused: 0,
  gaps: 0,
  gapMs: 0,
  jitterP50Ms: 0,
  jitterP99Ms: 0,
  bufferedMs: 0,
  holds: 0,
  heldMs: 0,
});

/** Names of all figures of a lease. */
export const LEASE_STAT_KEYS = Object.keys(NOTHING) as (keyof LeaseStats)[];

/** Figures whose total is the largest value, not the sum. */
const WORST = ['jitterP50Ms', 'jitterP99Ms'] as const satisfies readonly (keyof LeaseStats)[];

/** Figures of a closed lease that stay in the totals: those that only grow. */
const COUNTERS = LEASE_STAT_KEYS.filter((key) => key !== 'bufferedMs' && !isWorst(key));

function isWorst(key: keyof LeaseStats): boolean {
  return WORST.some((worst) => worst === key);
}

function add(totals: Record<keyof LeaseStats, number>, stats: LeaseStats): void {
  for (const key of COUNTERS) totals[key] += stats[key];
  totals.bufferedMs += stats.bufferedMs;
  for (const key of WORST) totals[key] = Math.max(totals[key], stats[key]);
}
