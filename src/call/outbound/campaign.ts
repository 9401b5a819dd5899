import type { Clock } from '../../clock.js';
import { sleep, systemClock } from '../../clock.js';
import { invalidArgument, JackfieldError, messageOf } from '../../errors.js';
import type { Bot } from '../bot/bot.js';
import type { BotHost, BotResult } from '../bot/bot-host.js';

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
  /** How long it may ring, in milliseconds. Default 30,000. */
  readonly ringMs?: number;
  /** Where each result goes, as it comes: a file, a database. The next call of that line waits for it. */
  readonly store?: (result: CampaignResult) => void | Promise<void>;
  /** Default: the machine's; that of the host in tests. */
  readonly clock?: Clock;
  /** Places no more calls; those under way go on to their end. */
  readonly signal?: AbortSignal;
}

/** One call of a campaign. */
export interface CampaignResult {
  readonly target: string;
  /** 1 for the first call to the target. */
  readonly attempt: number;
  /** When it was placed, in milliseconds since the Unix epoch. */
  readonly placedAtMs: number;
  readonly durationMs: number;
  /** `error`: the call could not be placed. */
  readonly outcome: BotResult['outcome'] | 'error';
  /** The call's last status, as on the wire; empty when there was no call. */
  readonly status: string;
  readonly error?: string;
  /** Whether the target will be called again. */
  readonly retry: boolean;
}

interface Entry {
  readonly target: string;
  readonly attempt: number;
  readonly notBefore: number;
}

/**
 * Calls everybody on a list with a bot: so many at once, so many in a minute, again after a while where nobody
 * answered. Yields each call's result as it ends; to stop reading stops the campaign.
 *
 * @throws ERR_INVALID_ARG; what `store` throws.
 */
export function runCampaign(
  host: BotHost,
  bot: Bot,
  targets: readonly string[],
  options: CampaignOptions = {},
): AsyncGenerator<CampaignResult, void, void> {
  const stop = new AbortController();
  const signals = options.signal ? [stop.signal, options.signal] : [stop.signal];
  return stopping(new CampaignRun(host, bot, targets, resolved(options), AbortSignal.any(signals)), stop);
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

/** What waits to be called, and what is being called. */
class CampaignRun {
  readonly #host: BotHost;
  readonly #bot: Bot;
  readonly #options: ReturnType<typeof resolved>;
  readonly #stop: AbortSignal;
  readonly #waiting: Entry[];
  readonly #calling = new Set<Promise<void>>();
  /** Results that were not read yet. */
  readonly #done: CampaignResult[] = [];
  #failure: { readonly error: unknown } | undefined;
  #nextAt: number;

  constructor(
    host: BotHost,
    bot: Bot,
    targets: readonly string[],
    options: ReturnType<typeof resolved>,
    stop: AbortSignal,
  ) {
    this.#host = host;
    this.#bot = bot;
    this.#options = options;
    this.#stop = stop;
    this.#nextAt = options.clock.now();
    this.#waiting = targets.map((target) => ({ target, attempt: 1, notBefore: 0 }));
  }

  async *results(): AsyncGenerator<CampaignResult, void, void> {
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
    const at = Math.max(entry.notBefore, this.#nextAt);
    const either = AbortSignal.any([waited.signal, this.#stop]);
    try {
      if (at > clock.now()) await sleep(clock, at - clock.now(), { signal: either });
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

  async #call({ target, attempt }: Entry): Promise<CampaignResult> {
    const { clock, attempts, retryAfterMs, retryWhen, ringMs, store } = this.#options;
    const placedAtMs = clock.unixMs();
    const begun = clock.now();
    let ending: Pick<CampaignResult, 'outcome' | 'status' | 'error'>;
    let again = false;
    try {
      const result = await this.#host.call(this.#bot, target, { timeoutMs: ringMs });
      again = retryWhen(result);
      const { outcome, status, error } = result;
      ending = error ? { outcome, status, error: error.message } : { outcome, status };
    } catch (error) {
      // A target that cannot be called now cannot be called later.
      if (!(error instanceof JackfieldError)) throw error;
      ending = { outcome: 'error', status: '', error: messageOf(error) };
    }
    const retry = again && attempt < attempts;
    if (retry) this.#waiting.push({ target, attempt: attempt + 1, notBefore: clock.now() + retryAfterMs });
    const result = { target, attempt, placedAtMs, durationMs: clock.now() - begun, ...ending, retry };
    await store?.(result);
    return result;
  }
}

function resolved(options: CampaignOptions) {
  const {
    concurrency = 1,
    callsPerMinute = 30,
    attempts = 3,
    retryAfterMs = 600_000,
    ringMs = 30_000,
  } = options;
  const { retryWhen = ({ outcome }) => outcome === 'unanswered', clock = systemClock, store } = options;
  if (!(Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= 1000)) {
    throw invalidArgument('concurrency', 'an integer from 1 to 1000', concurrency);
  }
  if (!(callsPerMinute > 0 && callsPerMinute <= 6000)) {
    throw invalidArgument('callsPerMinute', 'more than 0, up to 6000', callsPerMinute);
  }
  if (!(Number.isInteger(attempts) && attempts >= 1 && attempts <= 20)) {
    throw invalidArgument('attempts', 'an integer from 1 to 20', attempts);
  }
  if (!(retryAfterMs >= 0)) throw invalidArgument('retryAfterMs', '0 ms or more', retryAfterMs);
  if (!(ringMs > 0)) throw invalidArgument('ringMs', 'more than 0 ms', ringMs);
  return { concurrency, callsPerMinute, attempts, retryAfterMs, ringMs, retryWhen, clock, store };
}
