import {
  callback,
  checkArgument,
  either,
  flag,
  listOf,
  object,
  rule,
  within,
  words,
} from '../../base/check.js';
import { type ErrorCode, invalidArgument, JackfieldError, messageOf } from '../../base/errors.js';
import { listenerError } from '../../base/listener/fenced-emitter.js';
import { ask } from '../../base/listener/observe.js';
import { sleep } from '../../base/time/clock.js';
import { BOT, type Bot } from '../bot.js';
import type { BotHost } from '../bot-host.js';
import type { BotResult } from '../bot-result.js';
import type { CampaignTarget } from './call-list.js';
import type { CampaignLine, CampaignResult } from './campaign-call.js';
import { type CampaignOptions, checkCampaign, resolveCampaign } from './campaign-options.js';
import { PACING_LOOK_MS, type PacedCall, Pacer } from './campaign-pacing.js';

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

interface Entry extends CampaignTarget {
  readonly attempt: number;
  /** Earliest known time at which it may be called, on the campaign's clock. */
  dueAt: number;
}

const AGAIN = either(flag, within(0, Infinity));

/** Codes of errors that concern one target only, such as a refusal by the endpoint. */
const REFUSALS: readonly ErrorCode[] = [
  'ERR_API',
  'ERR_INVALID_ARG',
  'ERR_SYNTAX',
  'ERR_LINE_BREAK',
  // An error of `hostFor`, which is called for this target only.
  'ERR_LISTENER',
];

/**
 * Calls every target of a list with a bot. Limits the calls at once and in a minute, and calls again after a while when
 * nobody answered. Yields the result of each call as it ends. Leaving the loop stops the campaign. With a store, a
 * campaign that was stopped or killed continues, and no call is placed twice.
 *
 * @param bot The bot, or a function that makes one for each call.
 * @throws ERR_INVALID_ARG, also for a target that is listed twice; errors of the store.
 */
export function runCampaign(
  host: BotHost,
  bot: Bot | ((line: CampaignLine) => Bot),
  targets: readonly (string | CampaignTarget)[],
  options: CampaignOptions = {},
): AsyncGenerator<CampaignResult, void, void> {
  checkArgument('host', host, HOST);
  checkPlan(bot, targets, options);
  const stop = new AbortController();
  const signals = options.signal ? [stop.signal, options.signal] : [stop.signal];
  const botFor = typeof bot === 'function' ? bot : () => bot;
  const list = targetsOf(targets);
  return stopping(
    new CampaignRun(host, botFor, list, resolveCampaign(options, list), AbortSignal.any(signals)),
    stop,
  );
}

/** Checks the arguments of a campaign. @throws ERR_INVALID_ARG. */
export function checkPlan(bot: unknown, targets: unknown, options: CampaignOptions): void {
  checkArgument('bot', bot, BOTS);
  checkArgument('targets', targets, TARGETS);
  checkCampaign(options);
}

/** Makes targets of the list. @throws ERR_INVALID_ARG for a target that is listed twice. */
function targetsOf(targets: readonly (string | CampaignTarget)[]): readonly CampaignTarget[] {
  const seen = new Set<string>();
  return targets.map((each) => {
    const entry = typeof each === 'string' ? { target: each, fields: {} } : each;
    const name = entry.target.toLowerCase();
    if (seen.has(name)) throw invalidArgument('targets', 'a list without duplicates', entry.target);
    seen.add(name);
    return entry;
  });
}

/** Yields the results. When the reader stops, places no more calls and waits for those in progress. */
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

/** Runs a campaign: keeps the waiting targets and the calls in progress. */
class CampaignRun {
  readonly #host: BotHost;
  readonly #botFor: (line: CampaignLine) => Bot;
  readonly #targets: readonly CampaignTarget[];
  readonly #options: ReturnType<typeof resolveCampaign>;
  readonly #stop: AbortSignal;
  readonly #waiting: Entry[] = [];
  readonly #calling = new Set<Promise<void>>();
  /** Results that were not yielded yet. */
  readonly #done: CampaignResult[] = [];
  #failure: { readonly error: unknown } | undefined;
  readonly #pacer: Pacer;
  #nextAt: number;

  constructor(
    host: BotHost,
    botFor: (line: CampaignLine) => Bot,
    targets: readonly CampaignTarget[],
    options: ReturnType<typeof resolveCampaign>,
    stop: AbortSignal,
  ) {
    this.#host = host;
    this.#botFor = botFor;
    this.#targets = targets;
    this.#options = options;
    this.#stop = stop;
    this.#pacer = new Pacer(options.pacing);
    this.#nextAt = options.clock.now();
  }

  async *results(): AsyncGenerator<CampaignResult, void, void> {
    await this.#begin();
    for (;;) {
      yield* this.#done.splice(0);
      // A call may have ended while its reader was busy.
      if (this.#done.length > 0) continue;
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

  /** Resolves when no call is in progress. */
  async settled(): Promise<void> {
    await Promise.all(this.#calling);
  }

  /** Fills the list with the targets that are still to be called. */
  async #begin(): Promise<void> {
    const { clock, store, attempts, retryAfterMs } = this.#options;
    const last = new Map((await store?.resume())?.map((call) => [call.target.toLowerCase(), call]));
    for (const { target, fields } of this.#targets) {
      const before = last.get(target.toLowerCase());
      if (!before) this.#waiting.push({ target, fields, attempt: 1, dueAt: 0 });
      // An `unsaid` call does not count as an attempt: it is placed again.
      else if (before.outcome === 'unsaid') {
        this.#waiting.push({ target, fields, attempt: before.attempt, dueAt: 0 });
      } else if (before.retry && before.attempt < attempts) {
        const agoMs = clock.unixMs() - (before.placedAtMs + before.durationMs);
        const dueAt = clock.now() + (before.retryAfterMs ?? retryAfterMs) - agoMs;
        this.#waiting.push({ target, fields, attempt: before.attempt + 1, dueAt });
      }
    }
  }

  /** Returns the target to be called next: the one with the earliest time. */
  #next(): Entry | undefined {
    return this.#waiting.reduce<Entry | undefined>(
      (best, entry) => (best === undefined || entry.dueAt < best.dueAt ? entry : best),
      undefined,
    );
  }

  /**
   * Waits until an entry may be called, then calls it. Returns without a call when a signal fires first, or the entry
   * has to wait longer.
   */
  async #until(entry: Entry, waited: AbortController): Promise<void> {
    const { clock, spacingMs, doNotCall } = this.#options;
    const either = AbortSignal.any([waited.signal, this.#stop]);
    const pause = (ms: number) => sleep(clock, ms, { signal: either });
    try {
      for (;;) {
        const at = Math.max(entry.dueAt, this.#nextAt, clock.now());
        // Checked after each wait, since the machine's clock may have been set meanwhile.
        const allowedFrom = this.#allowedFrom(entry, at);
        if (allowedFrom > at) {
          entry.dueAt = allowedFrom;
          return;
        }
        if (at > clock.now()) await pause(at - clock.now());
        else if (this.#pacer.mayCall()) break;
        else await pause(PACING_LOOK_MS);
      }
    } catch {
      return;
    }
    const isForbidden = await doNotCall?.has(entry.target);
    if (either.aborted) return;
    if (!isForbidden) this.#nextAt = Math.max(this.#nextAt, clock.now()) + spacingMs;
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    const calling = (isForbidden ? this.#skip(entry) : this.#call(entry))
      .then(
        (result) => void this.#done.push(result),
        (error: unknown) => {
          this.#failure = { error };
        },
      )
      .finally(() => this.#calling.delete(calling));
    this.#calling.add(calling);
  }

  /** Returns the first time from `at` on at which the target may be called, on the campaign's clock. */
  #allowedFrom(entry: Entry, at: number): number {
    const { clock, times } = this.#options;
    const unixMs = clock.unixMs() + at - clock.now();
    // Subtracts first: adding fractions of a millisecond to times since 1970 would lose precision.
    return at + (times.next(entry, unixMs) - unixMs);
  }

  /** Records a target that must not be called. */
  async #skip({ target, fields, attempt }: Entry): Promise<CampaignResult> {
    const { clock, store } = this.#options;
    const call = { target, attempt, placedAtMs: clock.unixMs() };
    await store?.begin(call);
    const ending = { durationMs: 0, outcome: 'do-not-call', status: '', retry: false } as const;
    const result = { ...call, ...ending, variables: { ...fields } };
    await store?.finish(result);
    return result;
  }

  async #call(entry: Entry): Promise<CampaignResult> {
    const { clock, store } = this.#options;
    const { target, attempt } = entry;
    const paced = this.#pacer.place();
    const line = this.#lineOf(entry, paced);
    try {
      const host = await this.#hostFor(entry);
      const wishes: Promise<void>[] = [];
      const bot = this.#listening(this.#botFor(line), line, wishes);
      // A prompt that cannot be said ends the campaign here, instead of failing call after call.
      if (!(host instanceof JackfieldError)) await host.prepare(bot);
      const placedAtMs = clock.unixMs();
      const begun = clock.now();
      await store?.begin({ target, attempt, placedAtMs });
      const placed = host instanceof JackfieldError ? { error: host } : await this.#place(host, bot, target);
      this.#pacer.end(paced, 'result' in placed && placed.result.outcome !== 'unanswered');
      const durationMs = clock.now() - begun;
      const variables = Object.fromEntries(line.variables);
      const result = await this.#finish(entry, placed, {
        target,
        attempt,
        placedAtMs,
        durationMs,
        variables,
      });
      // A do-not-call list that cannot be written ends the campaign, so that no request is lost.
      await Promise.all(wishes);
      return result;
    } finally {
      paced.settle();
    }
  }

  /** Returns the host of this call, or the error of `hostFor`. */
  async #hostFor(entry: Entry): Promise<BotHost | JackfieldError> {
    try {
      const host = (await this.#options.hostFor?.(entry)) ?? this.#host;
      checkArgument('the result of hostFor', host, HOST);
      return host;
    } catch (error) {
      return listenerError('hostFor', error);
    }
  }

  async #place(host: BotHost, bot: Bot, target: string): Promise<Placed> {
    try {
      return { result: await host.call(bot, target, { timeoutMs: this.#options.ringMs }) };
    } catch (error) {
      if (!(error instanceof JackfieldError)) throw error;
      return { error };
    }
  }

  /** Decides about another call, and stores this one. @throws the error that ends the campaign. */
  async #finish(
    { target, fields, attempt }: Entry,
    placed: Placed,
    call: Pick<CampaignResult, 'target' | 'attempt' | 'placedAtMs' | 'durationMs' | 'variables'>,
  ): Promise<CampaignResult> {
    const { clock, attempts, retryAfterMs, store } = this.#options;
    const ending = endingOf(placed);
    const failure = failureOf(placed, target);
    const again = failure ? ending.outcome !== 'unsaid' : await this.#again(placed, call);
    const retry = ending.outcome === 'unsaid' || (again !== false && attempt < attempts);
    const afterMs = typeof again === 'number' ? again : undefined;
    if (retry && !failure) {
      const dueAt = clock.now() + (afterMs ?? retryAfterMs);
      this.#waiting.push({ target, fields, attempt: attempt + 1, dueAt });
    }
    const after = retry && afterMs !== undefined ? { retryAfterMs: afterMs } : {};
    const result = { ...call, ...ending, retry, ...after };
    await store?.finish(result);
    if (failure) throw failure;
    return result;
  }

  /** Asks `retryWhen`. A value of another type is handled as an error: the target is not called again. */
  async #again(
    placed: Placed,
    call: Pick<CampaignResult, 'target' | 'attempt' | 'placedAtMs' | 'durationMs' | 'variables'>,
  ): Promise<boolean | number> {
    if (!('result' in placed)) return false;
    const { result } = placed;
    const answer = await ask('retryWhen', async () => {
      const again = await this.#options.retryWhen({ ...result, ...call });
      checkArgument('the result of retryWhen', again, AGAIN);
      return again;
    });
    return answer ?? false;
  }

  #lineOf({ target, fields, attempt }: Entry, paced: PacedCall): CampaignLine {
    const { doNotCall } = this.#options;
    return {
      ...{ target, attempt, variables: new Map(Object.entries(fields)) },
      taken: () => paced.take(),
      needsNobody: () => paced.settle(),
      doNotCall: async () => {
        if (doNotCall) return await doNotCall.add(target);
        const text = `${target} cannot be added to a do-not-call list: give the campaign one as doNotCall.`;
        throw new JackfieldError('ERR_INVALID_STATE', text);
      },
    };
  }

  /** Wraps the bot so that `doNotCallKey` adds the target to the list at any time in the call. */
  #listening(bot: Bot, line: CampaignLine, wishes: Promise<void>[]): Bot {
    const { doNotCallKey } = this.#options;
    if (doNotCallKey === undefined) return bot;
    return {
      ...bot,
      script: (call) => {
        call.onKey((key) => {
          if (key !== doNotCallKey || wishes.length > 0) return;
          const wish = line.doNotCall();
          // The error is thrown when the call has ended.
          wish.catch(() => undefined);
          wishes.push(wish);
        });
        return bot.script(call);
      },
    };
  }
}

/** Result of a placed call, or the error that prevented it. */
type Placed = { readonly result: BotResult } | { readonly error: JackfieldError };

function endingOf(placed: Placed): Pick<CampaignResult, 'outcome' | 'status' | 'error'> {
  if (!('result' in placed)) return { outcome: 'error', status: '', error: messageOf(placed.error) };
  const { outcome, status, error, unsaid } = placed.result;
  if (unsaid) return { outcome: 'unsaid', status, error: unsaid.message };
  return error ? { outcome, status, error: error.message } : { outcome, status };
}

/** Returns the error that ends the campaign, if any. */
function failureOf(placed: Placed, target: string): JackfieldError | undefined {
  if ('result' in placed) {
    const { unsaid } = placed.result;
    // A prompt that the bot cannot say fails for all further targets too.
    return unsaid && asUnsaid(target, unsaid);
  }
  // A refusal concerns this target only. Any other error, such as a lost endpoint, ends the campaign.
  return REFUSALS.includes(placed.error.code) ? undefined : placed.error;
}

function asUnsaid(target: string, cause: Error): JackfieldError {
  const code = cause instanceof JackfieldError ? cause.code : 'ERR_INVALID_ARG';
  const text = `The campaign has ended: the announcement to ${target} could not be played. ${cause.message}`;
  return new JackfieldError(code, text, { cause });
}
