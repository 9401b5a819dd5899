import {
  signal as abortSignal,
  callback,
  checkOptions,
  having,
  line,
  nested,
  object,
  type Rules,
  rule,
  whole,
  within,
  words,
} from '../../base/check.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { checkHoursIn, type Hours } from '../../base/time/hours.js';
import { machineTimeZone } from '../../base/time/local-time.js';
import type { BotHost } from '../bot-host.js';
import type { BotResult } from '../bot-result.js';
import { KEYS } from '../conversation/keys.js';
import type { CampaignTarget } from './call-list.js';
import { CallingTimes, HOLIDAYS, type Holidays } from './calling-times.js';
import type { CampaignResult, CampaignStore, DoNotCall } from './campaign-call.js';
import { type CampaignPacing, PACING_RULES } from './campaign-pacing.js';

/** One whole call of a campaign: the result of the bot, and its target. */
export type CampaignEnding = BotResult &
  Pick<CampaignResult, 'target' | 'attempt' | 'placedAtMs' | 'durationMs' | 'variables'>;

export interface CampaignOptions {
  /** Most calls at once: 1 to 1000. Default 1. */
  readonly concurrency?: number;
  /** Most calls placed in a minute: more than 0, up to 6000. Default 30, or 60 times `callsPerSecond`. */
  readonly callsPerMinute?: number;
  /** Most calls placed in a second, evenly spaced: more than 0, up to 100. Default: as `callsPerMinute` allows. */
  readonly callsPerSecond?: number;
  /** Most calls to one target, the first included: 1 to 20. Default 3. */
  readonly attempts?: number;
  /** Time before a target is called again, in milliseconds: 0 to 2,592,000,000 (30 days). Default 10 minutes. */
  readonly retryAfterMs?: number;
  /**
   * Decides after a call about calling its target again: true for after `retryAfterMs`, a number for after that many
   * milliseconds, false for never. When it throws or rejects, the target is not called again, and the process emits a
   * warning (ERR_LISTENER). Default: true when nobody answered.
   */
  readonly retryWhen?: (ending: CampaignEnding) => boolean | number | Promise<boolean | number>;
  /** Hours in which calls are placed, by the target's local time. Default: any time. */
  readonly hours?: Hours;
  /** Time zone of targets that have no other, such as `Europe/Berlin`. Default: that of the machine. */
  readonly timezone?: string;
  /** Time zones by number prefix, `{ '+44': 'Europe/London' }`. The longest prefix counts. Default: none. */
  readonly zones?: Readonly<Record<string, string>>;
  /** Column of the list with the time zone of a target. An empty field names no zone. Default `timezone`. */
  readonly zoneField?: string;
  /** Days without calls, by the target's local date: `2027-12-25`. Default: none. */
  readonly holidays?: Holidays;
  /** Limits calls by the agents that are free. Default: limited by `concurrency` only. */
  readonly pacing?: CampaignPacing;
  /**
   * Targets that must not be called. It is checked before each call; such a target has the outcome `do-not-call`.
   * Default: none.
   */
  readonly doNotCall?: DoNotCall;
  /** Key with which the called person is added to `doNotCall`, at any time in the call. Default: none. */
  readonly doNotCallKey?: string;
  /**
   * Chooses the host that places the call, and so the caller's number or name. When it throws or rejects, the target is
   * not called and the outcome is `error`. Default: the host of the campaign.
   */
  readonly hostFor?: (target: CampaignTarget) => BotHost | undefined | Promise<BotHost | undefined>;
  /** Longest ringing, in milliseconds: 1 to 3,600,000. Default 30,000. */
  readonly ringMs?: number;
  /** Keeps the calls, so that a second run continues where the first one stopped. Default: calls are not kept. */
  readonly store?: CampaignStore;
  /** Clock of the campaign. Use that of the host in tests. Default: the system clock. */
  readonly clock?: Clock;
  /** Stops placing calls when it fires. Calls in progress go on to their end. */
  readonly signal?: AbortSignal;
}

/** Default limits of a campaign. */
export const CAMPAIGN_DEFAULTS = {
  concurrency: 1,
  callsPerMinute: 30,
  attempts: 3,
  retryAfterMs: 600_000,
  ringMs: 30_000,
} as const;

const pace = (most: number) =>
  rule(`more than 0, up to ${most}`, (value) => typeof value === 'number' && value > 0 && value <= most);

/** The rules of {@link CampaignOptions}. */
export const CAMPAIGN_RULES: Rules<CampaignOptions> = {
  concurrency: whole(1, 1000),
  callsPerMinute: pace(6000),
  callsPerSecond: pace(100),
  attempts: whole(1, 20),
  retryAfterMs: within(0, 2_592_000_000, 'ms'),
  retryWhen: callback,
  hours: object,
  timezone: words,
  zones: object,
  zoneField: line(1, 100),
  holidays: HOLIDAYS,
  pacing: nested(PACING_RULES),
  doNotCall: having('has', 'add'),
  doNotCallKey: KEYS,
  hostFor: callback,
  ringMs: within(1, 3_600_000, 'ms'),
  store: object,
  clock: CLOCK,
  signal: abortSignal,
};

/** Checks the options of a campaign. @throws ERR_INVALID_ARG */
export function checkCampaign(options: CampaignOptions): void {
  checkOptions(options, CAMPAIGN_RULES);
}

/**
 * Resolves the options with their defaults.
 *
 * @throws ERR_INVALID_ARG for hours, zones or holidays that are not valid.
 */
export function resolveCampaign(options: CampaignOptions, targets: readonly CampaignTarget[]) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const limits = { ...CAMPAIGN_DEFAULTS, ...Object.fromEntries(given) };
  const { concurrency, attempts, retryAfterMs, ringMs } = limits;
  const { callsPerSecond } = options;
  const ofSeconds = callsPerSecond === undefined ? CAMPAIGN_DEFAULTS.callsPerMinute : callsPerSecond * 60;
  const { callsPerMinute = ofSeconds } = options;
  const { hours, timezone = machineTimeZone(), zones = {}, zoneField = 'timezone', holidays = [] } = options;
  const { retryWhen = ({ outcome }: BotResult) => outcome === 'unanswered', clock = systemClock } = options;
  checkHoursIn(hours, timezone);
  return {
    ...options,
    ...{ concurrency, attempts, retryAfterMs, ringMs, retryWhen, clock },
    /** Time between two calls. */
    spacingMs: Math.max(60_000 / callsPerMinute, 1000 / (callsPerSecond ?? Infinity)),
    times: new CallingTimes({ hours, timezone, zones, zoneField, holidays }, targets),
  };
}
