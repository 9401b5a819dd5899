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

/** One call of a campaign, whole: what the bot made of it, and whose it was. */
export type CampaignEnding = BotResult &
  Pick<CampaignResult, 'target' | 'attempt' | 'placedAtMs' | 'durationMs' | 'variables'>;

export interface CampaignOptions {
  /** Calls at once: 1 to 1000. Default 1. */
  readonly concurrency?: number;
  /** Calls placed in a minute, at most: more than 0, up to 6000. Default 30; with `callsPerSecond` as many as that gives. */
  readonly callsPerMinute?: number;
  /** Calls placed in a second, at most, evenly: more than 0, up to 100. Default: that of `callsPerMinute`. */
  readonly callsPerSecond?: number;
  /** Calls to one target, the first included: 1 to 20. Default 3. */
  readonly attempts?: number;
  /** Before a target is called again, in milliseconds: 0 to 2,592,000,000, which is 30 days. Default 10 minutes. */
  readonly retryAfterMs?: number;
  /**
   * Decides by a whole call whether its target is called again: true for after `retryAfterMs`, a number for after so many
   * milliseconds, false for not. Where it throws or rejects, its target is not called again, and that is a warning of
   * the process (ERR_LISTENER). Default: true where the bot talked to nobody.
   */
  readonly retryWhen?: (ending: CampaignEnding) => boolean | number | Promise<boolean | number>;
  /** Calls are placed within these hours only, by the clock at the place of the target. Default: at any time. */
  readonly hours?: Hours;
  /** The zone of targets without another one, such as `Europe/Berlin`. Default: the machine's. */
  readonly timezone?: string;
  /** Zones by the beginning of a number, `{ '+44': 'Europe/London' }`: the longest counts. Default: none. */
  readonly zones?: Readonly<Record<string, string>>;
  /** Column of the list that holds the zone of a target; an empty field names no zone. Default `timezone`. */
  readonly zoneField?: string;
  /** Days without calls, by the date at the place of the target: `2027-12-25`. Default: none. */
  readonly holidays?: Holidays;
  /** Keeps calls to the agents who can take them. Default: as many as `concurrency`. */
  readonly pacing?: CampaignPacing;
  /** Looked at before each call: a target on it is not called, and found as `do-not-call`. Default: none. */
  readonly doNotCall?: DoNotCall;
  /** Key with which a person who is called is put on `doNotCall`, at any moment of the call. Default: none. */
  readonly doNotCallKey?: string;
  /**
   * Chooses the host that calls, and so the number or name that is shown. Where it throws or rejects, its target is not
   * called: the outcome is `error`. Default: that of the campaign.
   */
  readonly hostFor?: (target: CampaignTarget) => BotHost | undefined | Promise<BotHost | undefined>;
  /** Longest ringing, in milliseconds: 1 to 3,600,000. Default 30,000. */
  readonly ringMs?: number;
  /** Keeps its calls, so that a second run continues where the first one stopped. Default: nothing keeps them. */
  readonly store?: CampaignStore;
  /** Default: the machine's; that of the host in tests. */
  readonly clock?: Clock;
  /** Places no more calls; those under way go on to their end. */
  readonly signal?: AbortSignal;
}

/** Limits of a campaign that is given none. */
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

/** The options with their defaults. @throws ERR_INVALID_ARG for hours, zones or holidays that are not valid. */
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
    /** Between two calls. */
    spacingMs: Math.max(60_000 / callsPerMinute, 1000 / (callsPerSecond ?? Infinity)),
    times: new CallingTimes({ hours, timezone, zones, zoneField, holidays }, targets),
  };
}
