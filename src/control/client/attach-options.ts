import { type Clock, systemClock } from '../../clock.js';
import { invalidArgument } from '../../errors.js';

/** How to come back to an endpoint that has gone. */
export interface ReattachOptions {
  /** Wait before the first try, in milliseconds; each further wait is twice as long. Default 250. */
  readonly firstDelayMs?: number;
  /** Longest wait between two tries, in milliseconds. Default 10000. */
  readonly maxDelayMs?: number;
  /** How long to try before the client closes, in milliseconds; Infinity never gives up. Default 300000. */
  readonly giveUpAfterMs?: number;
}

/** Options of {@link attach}. */
export interface AttachOptions {
  /** What the endpoint shows its user when it asks whether this program may attach. Default `jackfield`. */
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
   * How often to PING an endpoint that is silent, in milliseconds; no answer means that it is gone. 0: never.
   * Default 30000.
   */
  readonly pingIntervalMs?: number;
  /**
   * How long a call may be silent before the endpoint is asked where it is, in milliseconds: an end whose notification
   * was lost is found by that. 0: never. Default 30000.
   */
  readonly callCheckMs?: number;
  /** Whether, and how, to attach again when the endpoint goes. Default true. */
  readonly reattach?: boolean | ReattachOptions;
  readonly signal?: AbortSignal;
  /** Dates states and times every wait. Default: the machine's clock. */
  readonly clock?: Clock;
}

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
  const settings = {
    name: options.name ?? 'jackfield',
    protocol: integer('protocol', options.protocol ?? 8, 1, 8),
    timeoutMs: positive('timeoutMs', options.timeoutMs ?? 10_000),
    attachTimeoutMs: positive('attachTimeoutMs', options.attachTimeoutMs ?? 60_000),
    maxPending: integer('maxPending', options.maxPending ?? 1000, 1, 10_000),
    pingIntervalMs: options.pingIntervalMs ?? 30_000,
    callCheckMs: options.callCheckMs ?? 30_000,
    clock: options.clock ?? systemClock,
    reattach: reattachSettings(options.reattach ?? true),
  };
  if (!(settings.pingIntervalMs >= 0)) {
    throw invalidArgument('pingIntervalMs', 'zero or more ms', settings.pingIntervalMs);
  }
  if (!(settings.callCheckMs >= 0)) {
    throw invalidArgument('callCheckMs', 'zero or more ms', settings.callCheckMs);
  }
  return settings;
}

function reattachSettings(option: boolean | ReattachOptions): Required<ReattachOptions> | undefined {
  if (option === false) return undefined;
  const settings = { ...DEFAULT_REATTACH, ...(option === true ? {} : option) };
  positive('reattach.firstDelayMs', settings.firstDelayMs);
  positive('reattach.maxDelayMs', settings.maxDelayMs);
  positive('reattach.giveUpAfterMs', settings.giveUpAfterMs);
  return settings;
}

function positive(name: string, value: number): number {
  if (!(value > 0)) throw invalidArgument(name, 'more than 0 ms', value);
  return value;
}

function integer(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalidArgument(name, `an integer from ${min} to ${max}`, value);
  }
  return value;
}
