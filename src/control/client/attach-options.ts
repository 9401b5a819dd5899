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

/** Rules for attaching again to an endpoint that has gone. */
export interface ReattachOptions {
  /** Wait before the first try, in milliseconds; each further wait is twice as long. Default 250. */
  readonly firstDelayMs?: number;
  /** Longest wait between two tries, in milliseconds. Default 10000. */
  readonly maxDelayMs?: number;
  /** Time after which the client gives up and closes, in milliseconds; Infinity: never. Default 300000. */
  readonly giveUpAfterMs?: number;
}

/** Options of {@link attach}. */
export interface AttachOptions {
  /** Name of this program, which the endpoint shows when it asks its user for leave. Default `jackfield`. */
  readonly name?: string;
  /** Newest version of the protocol to ask for, 1 to 8. Default 8. */
  readonly protocol?: number;
  /** Longest wait for each answer, in milliseconds. Default 10000. */
  readonly timeoutMs?: number;
  /**
   * Longest wait for an attachment, in milliseconds; the endpoint's user may have to be asked. Default 60000.
   */
  readonly attachTimeoutMs?: number;
  /** Commands that may wait for their answer at once, 1 to 10000; one more is refused with ERR_LIMIT. Default 1000. */
  readonly maxPending?: number;
  /**
   * Time after which a silent endpoint is sent a PING, in milliseconds; no answer means that it is gone. 0: never.
   * Default 30000.
   */
  readonly pingIntervalMs?: number;
  /**
   * Time without news after which the endpoint is asked for a call's status, in milliseconds: this finds an end whose
   * notification was lost. 0: never. Default 30000.
   */
  readonly callCheckMs?: number;
  /** True, or rules, to attach again when the endpoint goes. Default true. */
  readonly reattach?: boolean | ReattachOptions;
  readonly signal?: AbortSignal;
  /** Dates states and times every wait. Default: the machine's clock. */
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

/** Options as a {@link Client} uses them. */
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
