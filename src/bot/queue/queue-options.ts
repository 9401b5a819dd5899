import {
  callback,
  checkArgument,
  checkOptions,
  either,
  having,
  line,
  listOf,
  nested,
  object,
  path,
  type Rules,
  signal,
  whole,
  within,
} from '../../base/check.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import type { BotCall } from '../bot-call.js';
import type { BotHost } from '../bot-host.js';
import { KEYS } from '../conversation/keys.js';
import { SPEAKABLE, type Speakable } from '../prompt/speakable.js';
import { checkAgent, type QueueAgent, SKILLS } from './queue-agents.js';
import { type QueuePlace, sayPlace } from './queue-place.js';

/** Announcement of position and wait to waiting callers. */
export interface QueueAnnouncement {
  /**
   * Time between two announcements, in milliseconds: 1000 or more. Default 30,000. The first comes at once when no
   * agent is free.
   */
  readonly everyMs?: number | undefined;
  /** Makes the announcement; undefined for none. Default: {@link sayPlace}. */
  readonly say?: (place: QueuePlace) => Speakable | undefined;
}

/** Call-backs for callers that do not want to hold the line. They hang up and keep their place. */
export interface QueueCallBack {
  /** Key with which the caller asks for a call-back. Default `1`. */
  readonly key?: string | undefined;
  /** Said when the call-back is promised, after it was saved to disk. Default: nothing. */
  readonly promise?: Speakable | undefined;
  /**
   * Asks the caller for the number; the place is kept meanwhile. Resolves to undefined when the caller prefers to wait.
   * Default: the handle of the call.
   */
  readonly number?: (call: BotCall) => Promise<string | undefined>;
  /** Said to a caller that is called back, while the agent is called. Default: nothing. */
  readonly greeting?: Speakable | undefined;
  /** Most call-backs to one caller: 1 to 20. Default 3. */
  readonly attempts?: number | undefined;
  /** Time between two call-backs, in milliseconds. Default 5 minutes. */
  readonly retryAfterMs?: number | undefined;
  /** Least time from the caller's hang-up to the first call-back, in milliseconds. Default 5000. */
  readonly afterMs?: number | undefined;
  /** Longest ringing, in milliseconds. Default 30,000. */
  readonly ringMs?: number | undefined;
}

export interface QueueOptions {
  /** Shown in events and results. Default `queue`. */
  readonly name?: string | undefined;
  /** Agents that take callers. More can be added later. Default: none. */
  readonly agents?: readonly QueueAgent[] | undefined;
  /** Folder for this queue only. Keeps its state over a restart, in `queue.json`. Default: the state is not kept. */
  readonly folder?: string | undefined;
  /** Repeated to waiting callers. Default: silence. */
  readonly music?: Speakable | undefined;
  readonly announce?: QueueAnnouncement | undefined;
  /** Default: callers are not called back. */
  readonly callBack?: QueueCallBack | undefined;
  /** Keys with which a caller leaves the queue: `enter` resolves to `key`. Default: none. */
  readonly exitKeys?: string | undefined;
  /** Most callers that may wait at once; more are turned away. 1 to 100,000. Default 1000. */
  readonly maxWaiting?: number | undefined;
  /** Longest wait, in milliseconds. An agent that is ringing then may still answer. Default: no limit. */
  readonly maxWaitMs?: number | undefined;
  /** Longest ringing at an agent, in milliseconds. Default 20,000. */
  readonly ringMs?: number | undefined;
  /**
   * Rest of an agent that has not taken a caller, in milliseconds. Callers are offered to others meanwhile. Default
   * 10,000.
   */
  readonly restMs?: number | undefined;
  /** Rest of an agent after a talk, in milliseconds. Default 0. */
  readonly wrapUpMs?: number | undefined;
  /** Said to the agent before the two talk. Default: nothing. */
  readonly agentGreeting?: Speakable | ((place: QueuePlace) => Speakable | undefined) | undefined;
  /**
   * Key with which the agent accepts, within `ringMs` after the greeting. Default: none; the agent need not press a
   * key.
   */
  readonly acceptKey?: string | undefined;
  /** Time that the place of a caller is kept after a restart has cut it off, in milliseconds. Default 10 minutes. */
  readonly keepPlaceMs?: number | undefined;
  /** Longest wait that counts as in time, in milliseconds. Default 20,000. */
  readonly serviceLevelMs?: number | undefined;
  /**
   * Host that places the call-backs. Default: the host of the last caller; without a caller yet, no call-back is
   * placed.
   */
  readonly host?: BotHost | undefined;
  /** Clock of the host. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** Options of a caller. */
export interface EnterOptions {
  /** Priority; the higher comes first. -1000 to 1000. Default 0. */
  readonly priority?: number | undefined;
  /** Skills that the agent has to have. Default: any agent will do. */
  readonly skills?: readonly string[] | undefined;
  /** Longest wait, in milliseconds. Default: that of the queue. */
  readonly maxWaitMs?: number | undefined;
  /** Called with the agent's name when an agent has the caller. */
  readonly onAgent?: ((agent: string) => void) | undefined;
  /** Removes the caller from the queue, unless an agent has the call. */
  readonly signal?: AbortSignal | undefined;
}

const TIME = within(0, Infinity, 'ms');
const ANNOUNCE_RULES: Rules<QueueAnnouncement> = { everyMs: within(1000, Infinity, 'ms'), say: callback };
const CALL_BACK_RULES: Rules<QueueCallBack> = {
  key: KEYS,
  promise: SPEAKABLE,
  number: callback,
  greeting: SPEAKABLE,
  attempts: whole(1, 20),
  retryAfterMs: TIME,
  afterMs: TIME,
  ringMs: TIME,
};
const RULES: Rules<QueueOptions> = {
  name: line(1, 100),
  agents: listOf(object),
  folder: path,
  music: SPEAKABLE,
  announce: nested(ANNOUNCE_RULES),
  callBack: nested(CALL_BACK_RULES),
  exitKeys: KEYS,
  maxWaiting: whole(1, 100_000, 'callers'),
  maxWaitMs: TIME,
  ringMs: TIME,
  restMs: TIME,
  wrapUpMs: TIME,
  agentGreeting: either(SPEAKABLE, callback),
  acceptKey: KEYS,
  keepPlaceMs: TIME,
  serviceLevelMs: TIME,
  host: having('call', 'run'),
  clock: CLOCK,
};
const ENTER_RULES: Rules<EnterOptions> = {
  priority: within(-1000, 1000),
  skills: SKILLS,
  maxWaitMs: TIME,
  onAgent: callback,
  signal,
};

/** @throws ERR_INVALID_ARG */
export function checkEnter(options: EnterOptions): void {
  checkOptions(options, ENTER_RULES);
}

/** Resolves the options with their defaults. @throws ERR_INVALID_ARG */
export function resolveQueue(options: QueueOptions) {
  checkOptions(options, RULES);
  for (const agent of options.agents ?? []) checkAgent(agent);
  const { announce, callBack, acceptKey, ...rest } = given(options);
  for (const [name, key] of [
    ['acceptKey', acceptKey],
    ['callBack.key', callBack?.key],
  ] as const) {
    if (key !== undefined) checkArgument(name, key, line(1, 1));
  }
  return {
    ...{ name: 'queue', agents: [], exitKeys: '', maxWaiting: 1000, maxWaitMs: Infinity, ringMs: 20_000 },
    ...{ restMs: 10_000, wrapUpMs: 0, keepPlaceMs: 600_000, serviceLevelMs: 20_000, clock: systemClock },
    ...rest,
    acceptKey,
    announce: announce && { everyMs: announce.everyMs ?? 30_000, say: announce.say ?? sayPlace },
    callBack: callBack && {
      ...{ key: '1', attempts: 3, retryAfterMs: 300_000, afterMs: 5000, ringMs: 30_000 },
      ...given(callBack),
    },
  };
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Returns the options that are given. */
function given<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}

export type ResolvedQueue = ReturnType<typeof resolveQueue>;
