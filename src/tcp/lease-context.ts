import { type Clock, systemClock } from '../clock.js';
import { ReadPlan } from './connection.js';
import { Gate } from './gate.js';
import type { PortRange } from './port-listener.js';
import { BufferBudget } from './receive/buffer-budget.js';
import type { ResolvedServerOptions } from './server-options.js';
import type { ThreadHealth } from './server-stats.js';
import { TimingWheel } from './timing-wheel.js';

/** What the leases of one thread share. */
export interface LeaseContext {
  readonly clock: Clock;
  readonly hosts: readonly string[];
  readonly ports: PortRange | undefined;
  readonly gate: Gate;
  readonly readPlan: ReadPlan;
  /** Turns on `clock`, and wakes the senders that it paces. */
  readonly paceWheel: TimingWheel;
  readonly budget: BufferBudget;
}

/** The work of a read wheel's turn is spread over this many ticks: few, since a long run of reads costs less a piece. */
const READ_SLOTS = 8;
/** A sender is woken this often, in ms. */
const PACE_INTERVAL_MS = 20;
const PACE_SLOTS = 4;

/**
 * Makes what leases in this thread share. The read wheel turns on the machine's clock whatever `clock` is: when bytes
 * are fetched from the kernel is a matter of cost, not of audio time.
 */
export function leaseContext(options: ResolvedServerOptions, onBudgetExhausted: () => void): LeaseContext {
  const { clock, hosts, ports, readIntervalMs, directReads } = options;
  const readWheel = new TimingWheel(systemClock, { intervalMs: readIntervalMs, slots: READ_SLOTS });
  return {
    clock,
    hosts,
    ports,
    gate: new Gate(options),
    readPlan: new ReadPlan(readWheel, directReads),
    paceWheel: new TimingWheel(clock, { intervalMs: PACE_INTERVAL_MS, slots: PACE_SLOTS }),
    budget: new BufferBudget(options.maxBufferedBytes, onBudgetExhausted),
  };
}

/** What a thread's leases share, in figures. */
export function threadHealth({ gate, budget, readPlan }: LeaseContext): ThreadHealth {
  const { lateness } = readPlan.wheel;
  return {
    connections: gate.connections,
    bufferedBytes: budget.used,
    latenessP50Ms: lateness.percentile(0.5),
    latenessP99Ms: lateness.percentile(0.99),
  };
}
