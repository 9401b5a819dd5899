import { type IdleLimit, silenceLimit } from '../base/system/peer-limits.js';
import type { Clock } from '../base/time/clock.js';
import { TimingWheel } from '../base/time/timing-wheel.js';
import { BufferBudget } from '../stream/receive/buffer-budget.js';
import { AnswerWatch } from './answer-watch.js';
import { Gate } from './gate.js';
import type { PortRange } from './port-listener.js';
import { ReadPlan } from './read/peer-connection.js';
import type { ResolvedServerOptions } from './server-options.js';
import type { ThreadHealth } from './server-stats.js';

/** Shared by the leases of one thread. */
export interface LeaseContext {
  readonly clock: Clock;
  readonly hosts: readonly string[];
  readonly ports: PortRange | undefined;
  readonly gate: Gate;
  /** Time between two reads of a batched connection whose lease has none of its own, if the server has the option. */
  readonly readIntervalMs: number | undefined;
  readonly readPlan: ReadPlan;
  /** Silence after which the system probes a peer, in ms; 0 for never. */
  readonly keepAliveMs: number;
  readonly idleMs: IdleLimit;
  /** Finds peers that do not answer what is sent; where there is a keep-alive. */
  readonly answerWatch: AnswerWatch | undefined;
  /** Turns on `clock`, and wakes the senders that it paces. */
  readonly paceWheel: TimingWheel;
  readonly budget: BufferBudget;
}

/** A sender is woken this often, in ms. */
const PACE_INTERVAL_MS = 20;
const PACE_SLOTS = 4;

/** Makes what leases in this thread share. */
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
    answerWatch: keepAliveMs > 0 ? new AnswerWatch(silenceLimit(keepAliveMs)) : undefined,
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
