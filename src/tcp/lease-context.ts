import { type IdleLimit, silenceLimit } from '../base/system/peer-limits.js';
import type { Clock } from '../base/time/clock.js';
import { TimingWheel } from '../base/time/timing-wheel.js';
import { BufferBudget } from '../stream/receive/buffer-budget.js';
import { Gate } from './gate.js';
import type { PortRange } from './port-listener.js';
import { ReadPlan } from './read/peer-connection.js';
import { RetransmissionWatch } from './retransmission-watch.js';
import type { ResolvedServerOptions } from './server-options.js';
import type { ThreadHealth } from './server-stats.js';

/** Parts that the leases of one thread share. */
export interface LeaseContext {
  readonly clock: Clock;
  readonly hosts: readonly string[];
  readonly ports: PortRange | undefined;
  readonly gate: Gate;
  /**
   * The server's option `readIntervalMs`, in ms: used by leases that do not set their own. Undefined when it is not
   * set.
   */
  readonly readIntervalMs: number | undefined;
  readonly readPlan: ReadPlan;
  /** Silence after which the system probes a peer, in ms; 0 is never. */
  readonly keepAliveMs: number;
  readonly idleMs: IdleLimit;
  /** Finds peers that do not acknowledge what is sent. Absent when the keep-alive is off. */
  readonly answerWatch: RetransmissionWatch | undefined;
  /** Wheel on `clock` that wakes the senders which the clock paces. */
  readonly paceWheel: TimingWheel;
  readonly budget: BufferBudget;
}

/** Time between two wake-ups of a sender, in ms. */
const PACE_INTERVAL_MS = 20;
const PACE_SLOTS = 4;

/** Makes the parts that the leases of this thread share. */
export function leaseContext(options: ResolvedServerOptions, onBudgetExhausted: () => void): LeaseContext {
  const { clock, hosts, ports, readIntervalMs, directReads, keepAliveMs, idleMs } = options;
  return {
    clock,
    hosts,
    ports,
    gate: new Gate(options),
    readIntervalMs,
    readPlan: new ReadPlan(directReads),
    keepAliveMs,
    idleMs,
    answerWatch: keepAliveMs > 0 ? new RetransmissionWatch(silenceLimit(keepAliveMs)) : undefined,
    paceWheel: new TimingWheel(clock, { intervalMs: PACE_INTERVAL_MS, slots: PACE_SLOTS }),
    budget: new BufferBudget(options.maxBufferedBytes, onBudgetExhausted),
  };
}

/** Figures of the parts that the leases of a thread share. */
export function threadHealth({ gate, budget, readPlan }: LeaseContext): ThreadHealth {
  const { lateness } = readPlan;
  return {
    connections: gate.connections,
    bufferedBytes: budget.used,
    latenessP50Ms: lateness.percentile(0.5),
    latenessP99Ms: lateness.percentile(0.99),
  };
}
