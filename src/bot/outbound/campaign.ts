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
  /** Time at which it may be called, as far as is known, on the campaign's clock. */
  dueAt: number;
}

const AGAIN = either(flag, within(0, Infinity));

/** Codes of the errors that cost one target its call, such as those with which an endpoint refuses it. */
const REFUSALS: readonly ErrorCode[] = [
  'ERR_API',
  'ERR_INVALID_ARG',
  'ERR_SYNTAX',
  'ERR_LINE_BREAK',
  // Of `hostFor`, which is asked for this target alone.
  'ERR_LISTENER',
];

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

/** Checks what a campaign is made of. @throws ERR_INVALID_ARG. */
export function checkPlan(bot: unknown, targets: unknown, options: CampaignOptions): void {
  checkArgument('bot', bot, BOTS);
  checkArgument('targets', targets, TARGETS);
  checkCampaign(options);
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

/** The results; when their reader stops, no more calls are placed, and those under way are waited for. */
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
  readonly #options: ReturnType<typeof resolveCampaign>;
  readonly #stop: AbortSignal;
  readonly #waiting: Entry[] = [];
  readonly #calling = new Set<Promise<void>>();
  /** Results that were not read yet. */
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

  /** Resolves when no call is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#calling);
  }

  /** Puts all targets on the list that are still to be called. */
  async #begin(): Promise<void> {
    const { clock, store, attempts, retryAfterMs } = this.#options;
    const last = new Map((await store?.resume())?.map((call) => [call.target.toLowerCase(), call]));
    for (const { target, fields } of this.#targets) {
      const before = last.get(target.toLowerCase());
      if (!before) this.#waiting.push({ target, fields, attempt: 1, dueAt: 0 });
      // The call was never placed: it is placed now.
      else if (before.outcome === 'unsaid') {
        this.#waiting.push({ target, fields, attempt: before.attempt, dueAt: 0 });
      } else if (before.retry && before.attempt < attempts) {
        const agoMs = clock.unixMs() - (before.placedAtMs + before.durationMs);
        const dueAt = clock.now() + (before.retryAfterMs ?? retryAfterMs) - agoMs;
        this.#waiting.push({ target, fields, attempt: before.attempt + 1, dueAt });
      }
    }
  }

  /** The one to be called next: the first whose time comes first. */
  #next(): Entry | undefined {
    return this.#waiting.reduce<Entry | undefined>(
      (best, entry) => (best === undefined || entry.dueAt < best.dueAt ? entry : best),
      undefined,
    );
  }

  /** Waits for an entry's time and calls, unless something else comes first, or the entry has to wait longer. */
  async #until(entry: Entry, waited: AbortController): Promise<void> {
    const { clock, spacingMs, doNotCall } = this.#options;
    const either = AbortSignal.any([waited.signal, this.#stop]);
    const pause = (ms: number) => sleep(clock, ms, { signal: either });
    try {
      for (;;) {
        const at = Math.max(entry.dueAt, this.#nextAt, clock.now());
        // Looked at after each wait: the machine's clock may have been set meanwhile.
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

  /** The first moment from `at` on at which the target may be called, on the campaign's clock. */
  #allowedFrom(entry: Entry, at: number): number {
    const { clock, times } = this.#options;
    const unixMs = clock.unixMs() + at - clock.now();
    // The difference first: times since 1970 are too large for what is left of a millisecond to be added to them.
    return at + (times.next(entry, unixMs) - unixMs);
  }

  /** A target that must not be called. */
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
      // What it cannot say ends the campaign, and not the call to one target after the other.
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
      // A list that cannot be written ends the campaign: nobody's wish is to be lost.
      await Promise.all(wishes);
      return result;
    } finally {
      paced.settle();
    }
  }

  /** The host of this call, or the error that kept it from being made. */
  async #hostFor(entry: Entry): Promise<BotHost | JackfieldError> {
    try {
      const host = (await this.#options.hostFor?.(entry)) ?? this.#host;
      checkArgument('what hostFor gives', host, HOST);
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

  /** Decides about another call, and keeps this one. @throws what ends the campaign. */
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

  /** A decision that is neither true nor false is told like an error: the target is not called again for it. */
  async #again(
    placed: Placed,
    call: Pick<CampaignResult, 'target' | 'attempt' | 'placedAtMs' | 'durationMs' | 'variables'>,
  ): Promise<boolean | number> {
    if (!('result' in placed)) return false;
    const { result } = placed;
    const answer = await ask('retryWhen', async () => {
      const again = await this.#options.retryWhen({ ...result, ...call });
      checkArgument('what retryWhen gives', again, AGAIN);
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
        const text = `${target} cannot be put on a list: give the campaign one as doNotCall.`;
        throw new JackfieldError('ERR_INVALID_STATE', text);
      },
    };
  }

  /** The bot, which hears the key of those who want no more calls until the call has ended. */
  #listening(bot: Bot, line: CampaignLine, wishes: Promise<void>[]): Bot {
    const { doNotCallKey } = this.#options;
    if (doNotCallKey === undefined) return bot;
    return {
      ...bot,
      script: (call) => {
        call.onKey((key) => {
          if (key !== doNotCallKey || wishes.length > 0) return;
          const wish = line.doNotCall();
          // Told when the call has ended.
          wish.catch(() => undefined);
          wishes.push(wish);
        });
        return bot.script(call);
      },
    };
  }
}

/** A call that was placed, or the error for which it was not. */
type Placed = { readonly result: BotResult } | { readonly error: JackfieldError };

function endingOf(placed: Placed): Pick<CampaignResult, 'outcome' | 'status' | 'error'> {
  if (!('result' in placed)) return { outcome: 'error', status: '', error: messageOf(placed.error) };
  const { outcome, status, error, unsaid } = placed.result;
  if (unsaid) return { outcome: 'unsaid', status, error: unsaid.message };
  return error ? { outcome, status, error: error.message } : { outcome, status };
}

/** The error that ends a campaign. */
function failureOf(placed: Placed, target: string): JackfieldError | undefined {
  if ('result' in placed) {
    const { unsaid } = placed.result;
    // The bot cannot say what the campaign is for: not to this target, and not to those after it.
    return unsaid && asUnsaid(target, unsaid);
  }
  // A target that the endpoint refuses now it refuses later; where the endpoint is gone, the target can wait.
  return REFUSALS.includes(placed.error.code) ? undefined : placed.error;
}

function asUnsaid(target: string, cause: Error): JackfieldError {
  const code = cause instanceof JackfieldError ? cause.code : 'ERR_INVALID_ARG';
  const text = `The campaign has ended: to ${target} it could not say what it has to. ${cause.message}`;
  return new JackfieldError(code, text, { cause });
}
