import { readdirSync, readFileSync } from 'node:fs';

/** Descriptors that a process needs besides its leases. */
const RESERVED = 64;

/** Descriptors that a lease can take: its port, its connection, and a file. */
const PER_LEASE = 3;

/** File descriptors that this process may have open; undefined where the system does not tell (all but Linux). */
export function descriptorLimit(): number | undefined {
  let text: string;
  try {
    text = readFileSync('/proc/self/limits', 'latin1');
  } catch {
    return undefined;
  }
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(text)?.[1];
  return soft === undefined || soft === 'unlimited' ? undefined : Number(soft);
}

/** Descriptors that this process may still open; undefined where the system does not tell. */
export function spareDescriptors(): number | undefined {
  try {
    const open = readdirSync('/proc/self/fd').length;
    const limit = descriptorLimit();
    return limit === undefined ? undefined : limit - open;
  } catch (error) {
    // Without a spare descriptor, not even the limit can be read.
    const none = error instanceof Error && 'code' in error && error.code === 'EMFILE';
    return none ? 0 : undefined;
  }
}

/** Leases that fit under `limit`, at least one. */
export function leasesThatFit(limit: number | undefined): number {
  if (limit === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.floor((limit - RESERVED) / PER_LEASE));
}

/** Advice on making `leases` fit under `limit`; undefined when they fit. */
export function descriptorAdvice(leases: number, limit: number | undefined): string | undefined {
  const fit = leasesThatFit(limit);
  if (leases <= fit) return undefined;
  const needed = leases * PER_LEASE + RESERVED;
  return (
    `${leases} leases that are recorded need ${needed} file descriptors; this process may have ${limit}, ` +
    `which is enough for ${fit}. Start it under "ulimit -n ${needed}" (systemd: LimitNOFILE=${needed}), or set maxLeases to ${fit}.`
  );
}
