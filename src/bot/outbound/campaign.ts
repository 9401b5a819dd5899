import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  either,
  listOf,
  object,
  type Rules,
  rule,
  whole,
  within,
  words,
} from '../../base/check.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/clock.js';
import { type ErrorCode, invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { checkHoursIn, type Hours, nextWithinHours } from '../../base/hours.js';
import { machineTimeZone } from '../../base/local-time.js';
import { BOT, type Bot } from '../bot.js';
import type { BotHost } from '../bot-host.js';
import type { BotResult } from '../bot-result.js';
import type { CampaignTarget } from './call-list.js';
import type { CampaignLine, CampaignResult, CampaignStore } from './campaign-call.js';

export interface CampaignOptions {
  /** Calls at once: 1 to 1000. Default 1. */
  readonly concurrency?: number;
  /** Calls placed in a minute, at most: more than 0, up to 6000. Default 30. */
  readonly callsPerMinute?: number;
  /** Calls to one target, the first included: 1 to 20. Default 3. */
  readonly attempts?: number;
  /** Before a target is called again, in milliseconds. Default 10 minutes. */
  readonly retryAfterMs?: number;
  /** After which outcomes a target is called again. Default: those in which nobody was talked to. */
  readonly retryWhen?: (result: BotResult) => boolean;
  /** Calls are placed within these hours only. Default: at any time. */
  readonly hours?: Hours;
  /** The zone of `hours`, such as `Europe/Berlin`. Default: the machine's. */
  readonly timezone?: string;
  /** Longest ringing, in milliseconds. Default 30,000. */
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

const RULES: Rules<CampaignOptions> = {
  concurrency: whole(1, 1000),
  callsPerMinute: rule(
    'more than 0, up to 6000',
    (value) => typeof value === 'number' && value > 0 && value <= 6000,
  ),
  attempts: whole(1, 20),
  retryAfterMs: within(0, Infinity, 'ms'),
  retryWhen: callback,
  hours: object,
  timezone: words,
  ringMs: within(1, Infinity, 'ms'),
  store: object,
  clock: CLOCK,
  signal: abortSignal,
};
const HOST = object;
const BOTS = either(callback, BOT);
const TARGETS = listOf(
  either(
    words,
    rule(
      'an object with target',
      (value) => object.accepts(value) && typeof Reflect.get(value as object, 'target') === 'string',
    ),
  ),
);

interface Entry {
  readonly target: string;
  readonly fields: CampaignTarget['fields'];
  readonly attempt: number;
  /** On the campaign's clock. */
  readonly notBefore: number;
}

/** Codes of the errors with which an endpoint refuses a target. */
const REFUSALS: readonly ErrorCode[] = ['ERR_API', 'ERR_INVALID_ARG', 'ERR_SYNTAX', 'ERR_LINE_BREAK'];

/**
 * Calls everybody on a list with a bot: so many at once, so many in a minute, again after a while where nobody
 * answered. Yields each call's result as it ends; to stop reading stops the campaign. With a store, a campaign that
 * was stopped or killed goes on where it was, and no call is placed twice.
 *
 * @param bot the bot, or what makes the one for each call.
 * @throws ERR_INVALID_ARG, for a target that stands twice as well; what the store throws.
 */
export function runCampaign(
  host: BotHost,
  bot: Bot | ((line: CampaignLine) => Bot),
  targets: readonly (string | CampaignTarget)[],
  options: CampaignOptions = {},
): AsyncGenerator<CampaignResult, void, void> {
  checkArgument('host', host, HOST);
  checkArgument('bot', bot, BOTS);
  checkArgument('targets', targets, TARGETS);
  checkOptions(options, RULES);
  const stop = new AbortController();
  const signals = options.signal ? [stop.signal, options.signal] : [stop.signal];
  const botFor = typeof bot === 'function' ? bot : () => bot;
  const list = targetsOf(targets);
  return stopping(new CampaignRun(host, botFor, list, resolved(options), AbortSignal.any(signals)), stop);
}

/** @throws ERR_INVALID_ARG for one that stands twice. */
function targetsOf(targets: readonly (string | CampaignTarget)[]): readonly CampaignTarget[] {
  const seen = new Set<string>();
  return targets.map((each) => {
    const entry = typeof each === 'string' ? { target: each, fields: {} } : each;
    const name = entry.target.toLowerCase();
    if (seen.has(name)) throw invalidArgument('targets', 'a list on which each stands once', entry.target);
    seen.add(name);
    return entry;
  });
}

/** The results; when nobody reads them any more, no more calls are placed, and those under way are waited for. */
async function* stopping(
  run: CampaignRun,
  stop: AbortController,
): AsyncGenerator<CampaignResult, void, void> {
  try {
    yield* run.results();
  } finally {
    stop.abort();
    await run.settled();
  }
}

/** Targets that wait to be called, and calls under way. */
class CampaignRun {
  readonly #host: BotHost;
  readonly #botFor: (line: CampaignLine) => Bot;
  readonly #targets: readonly CampaignTarget[];
  readonly #options: ReturnType<typeof resolved>;
  readonly #stop: AbortSignal;
  readonly #waiting: Entry[] = [];
  readonly #calling = new Set<Promise<void>>();
  /** Results that were not read yet. */
  readonly #done: CampaignResult[] = [];
  #failure: { readonly error: unknown } | undefined;
  #nextAt: number;

  constructor(
    host: BotHost,
    botFor: (line: CampaignLine) => Bot,
    targets: readonly CampaignTarget[],
    options: ReturnType<typeof resolved>,
    stop: AbortSignal,
  ) {
    this.#host = host;
    this.#botFor = botFor;
    this.#targets = targets;
    this.#options = options;
    this.#stop = stop;
    this.#nextAt = options.clock.now();
  }

  async *results(): AsyncGenerator<CampaignResult, void, void> {
    await this.#begin();
    for (;;) {
      yield* this.#done.splice(0);
      if (this.#failure) throw this.#failure.error;
      const next = this.#stop.aborted ? undefined : this.#next();
      if (!next && this.#calling.size === 0) return;
      const turns = [...this.#calling];
      const waited = new AbortController();
      if (next && this.#calling.size < this.#options.concurrency) turns.push(this.#until(next, waited));
      await Promise.race(turns);
      waited.abort();
    }
  }

  /** Resolves when no call is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#calling);
  }

  /** Puts everybody on the list who is still to be called. */
  async #begin(): Promise<void> {
    const { clock, store, attempts, retryAfterMs } = this.#options;
    const last = new Map((await store?.resume())?.map((call) => [call.target.toLowerCase(), call]));
    for (const { target, fields } of this.#targets) {
      const before = last.get(target.toLowerCase());
      if (!before) this.#waiting.push({ target, fields, attempt: 1, notBefore: 0 });
      // That call was none: it is placed now.
      else if (before.outcome === 'unsaid') {
        this.#waiting.push({ target, fields, attempt: before.attempt, notBefore: 0 });
      } else if (before.retry && before.attempt < attempts) {
        const agoMs = clock.unixMs() - (before.placedAtMs + before.durationMs);
        const notBefore = clock.now() + retryAfterMs - agoMs;
        this.#waiting.push({ target, fields, attempt: before.attempt + 1, notBefore });
      }
    }
  }

  /** The one to be called next: the first whose time comes first. */
  #next(): Entry | undefined {
    return this.#waiting.reduce<Entry | undefined>(
      (best, entry) => (best === undefined || entry.notBefore < best.notBefore ? entry : best),
      undefined,
    );
  }

  /** Waits for an entry's time and calls, unless something else comes first. */
  async #until(entry: Entry, waited: AbortController): Promise<void> {
    const { clock, callsPerMinute } = this.#options;
    const begins = () => this.#allowedFrom(Math.max(entry.notBefore, this.#nextAt));
    const either = AbortSignal.any([waited.signal, this.#stop]);
    try {
      // Looked at again after each wait: the machine's clock may have been set meanwhile.
      for (let at = begins(); at > clock.now(); at = begins()) {
        await sleep(clock, at - clock.now(), { signal: either });
      }
    } catch {
      return;
    }
    if (either.aborted) return;
    this.#nextAt = Math.max(this.#nextAt, clock.now()) + 60_000 / callsPerMinute;
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    const calling = this.#call(entry)
      .then(
        (result) => void this.#done.push(result),
        (error: unknown) => {
          this.#failure = { error };
        },
      )
      .finally(() => this.#calling.delete(calling));
    this.#calling.add(calling);
  }

  /** The first moment from `at` on that is within the hours, on the campaign's clock. */
  #allowedFrom(at: number): number {
    const { clock, hours, timezone } = this.#options;
    const from = Math.max(at, clock.now());
    if (!hours) return from;
    const unixMs = clock.unixMs() + from - clock.now();
    return from + nextWithinHours(hours, unixMs, timezone) - unixMs;
  }

  async #call({ target, fields, attempt }: Entry): Promise<CampaignResult> {
    const { clock, attempts, retryAfterMs, retryWhen, ringMs, store } = this.#options;
    const line = { target, attempt, variables: new Map(Object.entries(fields)) };
    const bot = this.#botFor(line);
    // What it cannot say ends the campaign, and not the call to one target after the other.
    await this.#host.prepare(bot);
    const placedAtMs = clock.unixMs();
    const begun = clock.now();
    await store?.begin({ target, attempt, placedAtMs });
    let ending: Pick<CampaignResult, 'outcome' | 'status' | 'error'>;
    let again = false;
    let failure: { readonly error: JackfieldError } | undefined;
    try {
      const result = await this.#host.call(bot, target, { timeoutMs: ringMs });
      again = retryWhen(result);
      const { outcome, status, error, unsaid } = result;
      if (unsaid) {
        // Nobody was told what the campaign is for, nor would anybody after this one be.
        failure = { error: asUnsaid(target, unsaid) };
        ending = { outcome: 'unsaid', status, error: unsaid.message };
      } else ending = error ? { outcome, status, error: error.message } : { outcome, status };
    } catch (error) {
      if (!(error instanceof JackfieldError)) throw error;
      ending = { outcome: 'error', status: '', error: messageOf(error) };
      // A target that the endpoint refuses now it refuses later; where the endpoint is gone, the target can wait.
      again = !REFUSALS.includes(error.code);
      if (again) failure = { error };
    }
    const retry = ending.outcome === 'unsaid' || (again && attempt < attempts);
    if (retry && !failure) {
      const notBefore = clock.now() + retryAfterMs;
      this.#waiting.push({ target, fields, attempt: attempt + 1, notBefore });
    }
    const durationMs = clock.now() - begun;
    const variables = Object.fromEntries(line.variables);
    const result = { target, attempt, placedAtMs, durationMs, ...ending, retry, variables };
    await store?.finish(result);
    if (failure) throw failure.error;
    return result;
  }
}

function asUnsaid(target: string, cause: Error): JackfieldError {
  const code = cause instanceof JackfieldError ? cause.code : 'ERR_INVALID_ARG';
  const text = `The campaign has ended: to ${target} it could not say what it has to. ${cause.message}`;
  return new JackfieldError(code, text, { cause });
}

function resolved(options: CampaignOptions) {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const limits = { ...CAMPAIGN_DEFAULTS, ...Object.fromEntries(given) };
  const { concurrency, callsPerMinute, attempts, retryAfterMs, ringMs } = limits;
  const { hours, timezone = machineTimeZone() } = options;
  const { retryWhen = ({ outcome }) => outcome === 'unanswered', clock = systemClock, store } = options;
  checkHoursIn(hours, timezone);
  return {
    concurrency,
    callsPerMinute,
    attempts,
    retryAfterMs,
    ringMs,
    retryWhen,
    clock,
    store,
    hours,
    timezone,
  };
}
