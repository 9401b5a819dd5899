import { existsSync } from 'node:fs';
import {
  checkArgument,
  checkOptions,
  given,
  having,
  listOf,
  needed,
  nested,
  object,
  oneOf,
  path,
  type Rules,
  within,
  words,
} from '../../base/check.js';
import { invalidArgument, JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { Hours } from '../../base/time/hours.js';
import { machineTimeZone, WEEKDAYS, type Weekday } from '../../base/time/local-time.js';
import type { Prompts } from '../prompt/prompts.js';
import { type BotFiles, type ReadBot, readBot } from '../read-bot.js';
import { FLOW_HTTP } from '../steps/flow-http.js';
import { type CampaignTarget, readCallList } from './call-list.js';
import type { Holidays } from './calling-times.js';
import { type CampaignOptions, checkCampaign, resolveCampaign } from './campaign-options.js';
import { DoNotCallList } from './do-not-call-list.js';

/** A campaign as commands and configurations name it. */
export interface CampaignSource extends BotFiles {
  /** File with the list of targets: CSV with a column `target`, or JSON. */
  readonly list: string;
  /** Hours in which calls are placed. Default: any time of the weekdays. */
  readonly hours?: Pick<Hours, 'from' | 'to'> | undefined;
  /** Days on which calls are placed. Default: every day. */
  readonly weekdays?: readonly Weekday[] | undefined;
  /** Time zone of targets that have no other. Default: that of the flow; for a script, that of the machine. */
  readonly timezone?: string | undefined;
  /** Time zones by number prefix, `{ '+44': 'Europe/London' }`. Default: none. */
  readonly zones?: Readonly<Record<string, string>> | undefined;
  /** Days without calls, `2027-12-25`, by the target's local date. Default: none. */
  readonly holidays?: Holidays | undefined;
  /** File with the targets that must not be called, one per line. Default: none. */
  readonly doNotCall?: string | undefined;
  /** Key with which the called person is added to that file. Default: none. */
  readonly doNotCallKey?: string | undefined;
  readonly callsPerSecond?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly callsPerMinute?: number | undefined;
  readonly attempts?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly ringMs?: number | undefined;
}

/** A campaign that was read and checked: arguments of `runCampaign`. */
export interface ReadCampaign {
  readonly targets: readonly CampaignTarget[];
  /** Warnings as text, with their places. */
  readonly warnings: readonly string[];
  readonly options: CampaignOptions;
  readonly bot: ReadBot['make'];
}

const NUMBER = within(0, Number.MAX_SAFE_INTEGER);
const RULES: Rules<CampaignSource> = {
  ...{ list: needed(path), flow: path, hooks: path, http: nested(FLOW_HTTP), script: path, agent: object },
  ...{ hours: object, weekdays: listOf(oneOf(...WEEKDAYS), 1), timezone: words },
  ...{ zones: object, holidays: given, doNotCall: path, doNotCallKey: words, callsPerSecond: NUMBER },
  ...{ concurrency: NUMBER, callsPerMinute: NUMBER, attempts: NUMBER, retryAfterMs: NUMBER, ringMs: NUMBER },
};

/**
 * Reads the list and the bot of a campaign, and checks that the bot's prompts can be said. The command and the service
 * both use this function, so they refuse the same campaigns.
 *
 * @throws ERR_FILE, ERR_FLOW, ERR_INVALID_ARG with all faults of the list.
 */
export async function readCampaign(source: CampaignSource, prompts: Prompts): Promise<ReadCampaign> {
  checkOptions(source, RULES);
  checkArgument('prompts', prompts, having('samples', 'preload'));
  const { list, flow, hooks, http, script, agent, weekdays, timezone, hours } = source;
  const targets = await readCallList(list);
  const {
    make,
    warnings,
    timezone: ofBot,
  } = await readBot({ flow, hooks, http, script, agent }, { prompts, targets });
  const zone = timezone ?? ofBot ?? machineTimeZone();
  const options: CampaignOptions = {
    ...Object.fromEntries(
      LIMITS.flatMap((name) => (source[name] === undefined ? [] : [[name, source[name]]])),
    ),
    ...(await doNotCallOf(source)),
    timezone: zone,
  };
  const inForce =
    hours || weekdays
      ? { hours: { ...(hours ?? { from: '00:00', to: '24:00' }), ...(weekdays && { weekdays }) } }
      : {};
  const all = { ...options, ...inForce };
  checkCampaign(all);
  resolveCampaign(all, targets);
  return { targets, warnings, bot: make, options: all };
}

async function doNotCallOf({
  doNotCall,
  doNotCallKey,
}: CampaignSource): Promise<Pick<CampaignOptions, 'doNotCall' | 'doNotCallKey'>> {
  if (doNotCall === undefined) {
    if (doNotCallKey === undefined) return {};
    throw invalidArgument(
      'doNotCallKey',
      'given only with doNotCall, the list that it adds to',
      doNotCallKey,
    );
  }
  // Without a key nothing adds to the list: a missing file is then another name by mistake.
  if (doNotCallKey === undefined && !existsSync(doNotCall)) {
    const text = `There is no do-not-call list ${printable(doNotCall)}. Create an empty file if nobody is on it yet.`;
    throw new JackfieldError('ERR_FILE', text);
  }
  const list = await DoNotCallList.open(doNotCall);
  return { doNotCall: list, ...(doNotCallKey !== undefined && { doNotCallKey }) };
}

const LIMITS = [
  ...(['concurrency', 'callsPerMinute', 'callsPerSecond', 'attempts', 'retryAfterMs', 'ringMs'] as const),
  ...(['zones', 'holidays'] as const),
] as const;
