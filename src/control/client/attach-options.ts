import {
  checkOptions,
  either,
  flag,
  line,
  object,
  type Rules,
  signal,
  wait,
  whole,
  within,
} from '../../base/check.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';

/** Rules for attaching again after an outage. */
export interface ReattachOptions {
  /** Wait before the first attempt, in milliseconds. Each further wait is twice as long. Default 250. */
  readonly firstDelayMs?: number;
  /** Longest wait between two attempts, in milliseconds. Default 10000. */
  readonly maxDelayMs?: number;
  /** Time after which the client gives up and closes, in milliseconds; Infinity for never. Default 300000. */
  readonly giveUpAfterMs?: number;
}

/** Options of {@link attach}. */
export interface AttachOptions {
  /** Name of this program. The endpoint shows it when it asks its user for permission. Default `jackfield`. */
  readonly name?: string;
  /** Newest version of the protocol to ask for, 1 to 8. Default 8. */
  readonly protocol?: number;
  /** Longest wait for each answer, in milliseconds. Default 10000. */
  readonly timeoutMs?: number;
  /**
   * Longest wait for an attachment, in milliseconds. The endpoint may have to ask its user. Default 60000.
   */
  readonly attachTimeoutMs?: number;
  /** Number of commands that may wait for an answer, 1 to 10000. One more is refused with ERR_LIMIT. Default 1000. */
  readonly maxPending?: number;
  /**
   * Silence of the endpoint, in milliseconds, after which it gets a PING. Without an answer it is gone. 0 for never.
   * Default 30000.
   */
  readonly pingIntervalMs?: number;
  /**
   * Time without news of a call, in milliseconds, after which the endpoint is asked for its status. This finds an end
   * whose notification was lost. 0 for never. Default 30000.
   */
  readonly callCheckMs?: number;
  /** True, or rules, to attach again when the endpoint goes. Default true. */
  readonly reattach?: boolean | ReattachOptions;
  readonly signal?: AbortSignal;
  /** Clock of states and waits. Default: the machine's clock. */
  readonly clock?: Clock;
}

const RULES: Rules<AttachOptions> = {
  name: line(1, 1000),
  protocol: whole(1, 8),
  timeoutMs: wait,
  attachTimeoutMs: wait,
  maxPending: whole(1, 10_000),
  pingIntervalMs: within(0, Infinity, 'ms'),
  callCheckMs: within(0, Infinity, 'ms'),
  reattach: either(flag, object),
  signal,
  clock: CLOCK,
};
const REATTACH_RULES: Rules<ReattachOptions> = {
  firstDelayMs: wait,
  maxDelayMs: wait,
  giveUpAfterMs: wait,
};

/** Resolved options of a {@link Client}. */
export interface ClientSettings extends Required<Omit<AttachOptions, 'signal' | 'reattach'>> {
  readonly reattach: Required<ReattachOptions> | undefined;
}

const DEFAULT_REATTACH: Required<ReattachOptions> = {
  firstDelayMs: 250,
  maxDelayMs: 10_000,
  giveUpAfterMs: 300_000,
};

/** @throws ERR_INVALID_ARG, naming the field. */
export function clientSettings(options: AttachOptions): ClientSettings {
  checkOptions(options, RULES);
  return {
    name: options.name ?? 'jackfield',
    protocol: options.protocol ?? 8,
    timeoutMs: options.timeoutMs ?? 10_000,
    attachTimeoutMs: options.attachTimeoutMs ?? 60_000,
    maxPending: options.maxPending ?? 1000,
    pingIntervalMs: options.pingIntervalMs ?? 30_000,
    callCheckMs: options.callCheckMs ?? 30_000,
    clock: options.clock ?? systemClock,
    reattach: reattachSettings(options.reattach ?? true),
  };
}

function reattachSettings(option: boolean | ReattachOptions): Required<ReattachOptions> | undefined {
  if (option === false) return undefined;
  if (option === true) return DEFAULT_REATTACH;
  checkOptions(option, REATTACH_RULES, 'reattach.');
  return { ...DEFAULT_REATTACH, ...option };
}
