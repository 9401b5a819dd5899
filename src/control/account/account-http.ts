import { JackfieldError, messageOf } from '../../base/errors.js';
import { backOffMs } from '../../base/time/back-off.js';
import { type Clock, sleep } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import { ACCOUNT_SERVICES, type AccountServiceName } from '../../protocol/account/account-services.js';
import { AccountError } from './account-error.js';

/** One request to a service. */
export interface AccountRequest {
  readonly service: AccountServiceName;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path below the base address of the service, encoded; or a whole address, such as a link in a page. */
  readonly path: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Longest wait for the answer, in milliseconds. Default: that of the client. */
  readonly timeoutMs?: number;
}

/** An answer: its JSON, or undefined without JSON. */
export interface AccountAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** Settings of an {@link AccountHttp}. */
export interface AccountHttpSettings {
  readonly address: string;
  readonly addresses: Readonly<Partial<Record<AccountServiceName, string>>>;
  readonly token: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly clock: Clock;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;
/** Longest answer, in bytes. */
const MAX_ANSWER = 16_777_216;

/** Sends requests to account services at their base addresses, with the token. Repeats them when a service is busy. */
export class AccountHttp {
  readonly settings: AccountHttpSettings;
  #messagingAddress: string | undefined;

  constructor(settings: AccountHttpSettings) {
    this.settings = settings;
  }

  /** Changes the address of the messaging service to the one that the service gave. */
  set messagingAddress(address: string) {
    this.#messagingAddress = address;
  }

  /** Base address of a service, without a slash at its end. */
  addressOf(service: AccountServiceName): string {
    const { address, addresses } = this.settings;
    const moved = service === 'messaging' ? this.#messagingAddress : undefined;
    const [root = ''] = ACCOUNT_SERVICES[service].roots;
    return (moved ?? addresses[service] ?? `${address.replace(/\/$/, '')}${root}`).replace(/\/$/, '');
  }

  /**
   * Sends a request. Repeats it when the service answers 429 or 503. After another failure of the service or the
   * network it repeats any request but POST.
   *
   * @throws AccountError; ERR_PEER, ERR_TIMEOUT, ERR_ABORTED.
   */
  async ask(request: AccountRequest): Promise<AccountAnswer> {
    const { clock, retries } = this.settings;
    for (let failures = 1; ; failures++) {
      try {
        return await this.#once(request);
      } catch (error) {
        if (failures > retries || !isWorthAnother(error, request)) throw error;
        const pauseMs = backOffMs(failures, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS });
        await sleep(clock, pauseMs, request.signal ? { signal: request.signal } : {});
      }
    }
  }

  async #once({
    service,
    method,
    path,
    json,
    form,
    headers,
    signal,
    timeoutMs,
  }: AccountRequest): Promise<AccountAnswer> {
    const url = /^https?:/.test(path) ? path : `${this.addressOf(service)}${path}`;
    const what = `${method} ${new URL(url).pathname}`;
    const { clock, token } = this.settings;
    const limits = { timeoutMs: timeoutMs ?? this.settings.timeoutMs, signal };
    const timedOut = () => new JackfieldError('ERR_TIMEOUT', `${what} was not answered in time.`);
    using limit = new TimeLimit(clock, limits, timedOut);
    try {
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        signal: limit.signal,
        headers: {
          accept: 'application/json',
          // A link in a page may lead to another host, which must not get the token.
          ...(this.#isOwn(url) && { 'x-skypetoken': token }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
        ...(form && { body: new URLSearchParams(form) }),
      });
      const body = parsed(await readText(response, what));
      if (!response.ok) throw new AccountError(what, response.status, body);
      return { status: response.status, headers: response.headers, json: body };
    } catch (error) {
      throw toldAs(error, what, limit, signal);
    }
  }

  #isOwn(url: string): boolean {
    const origins = Object.keys(ACCOUNT_SERVICES).map(
      (name) => new URL(this.addressOf(name as AccountServiceName)).origin,
    );
    return origins.includes(new URL(url).origin);
  }
}

function isWorthAnother(error: unknown, { method }: AccountRequest): boolean {
  if (error instanceof AccountError) {
    return error.status === 429 || error.status === 503 || (error.status >= 500 && method !== 'POST');
  }
  return error instanceof JackfieldError && error.code === 'ERR_PEER' && method !== 'POST';
}

function toldAs(error: unknown, what: string, limit: TimeLimit, signal: AbortSignal | undefined): unknown {
  if (error instanceof JackfieldError) return error;
  if (signal?.aborted) {
    return new JackfieldError('ERR_ABORTED', `${what} was cancelled.`, { cause: signal.reason });
  }
  if (limit.passed) return limit.signal.reason;
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return new JackfieldError('ERR_PEER', `${what} failed: ${messageOf(cause)}`, { cause: error });
}

async function readText(response: Response, what: string): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    const bytes = part as Uint8Array;
    length += bytes.length;
    if (length > MAX_ANSWER) throw new JackfieldError('ERR_LIMIT', `The answer to ${what} is too long.`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Parses the JSON of an answer; undefined for other text. */
function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
