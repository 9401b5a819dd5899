import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  secret as aSecret,
  checkArgument,
  checkOptions,
  needed,
  type Rules,
  rule,
  text,
  whole,
  within,
  words,
} from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { systemClock } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import type { Deliver } from './outbox.js';

export interface WebhookOptions {
  /** `http:` or `https:`. */
  readonly url: string;
  /** Key of the signature, at least 16 characters. */
  readonly secret: string;
  /** Longest wait for the response, in ms: 100 to 600000. Default 10000. */
  readonly timeoutMs?: number;
}

/** The rules of {@link WebhookOptions}. */
export const WEBHOOK_RULES: Rules<WebhookOptions> = {
  url: needed(
    rule(
      'an http: or https: address',
      (value) => typeof value === 'string' && /^https?:/i.test(value) && URL.canParse(value),
    ),
  ),
  secret: needed(aSecret(text(16, 100_000))),
  timeoutMs: within(100, 600_000, 'ms'),
};
export interface VerifyWebhookOptions {
  readonly toleranceSeconds?: number;
  readonly unixSeconds?: number;
}
const KEY = aSecret(words);
const SECONDS = whole(0, Number.MAX_SAFE_INTEGER, 's');
const VERIFY_RULES: Rules<VerifyWebhookOptions> = {
  toleranceSeconds: within(0, Infinity, 's'),
  unixSeconds: SECONDS,
};

/**
 * POSTs events as JSON. The header `Jackfield-Signature: t=<unix seconds>,v1=<hex>` is HMAC-SHA256 over the time, a
 * full stop and the body; `Jackfield-Event` is the event's id. A response of 2xx acknowledges the event.
 *
 * @throws ERR_INVALID_ARG.
 */
export function webhook(options: WebhookOptions): Deliver {
  checkOptions(options, WEBHOOK_RULES, 'webhook.');
  const { secret, timeoutMs = 10_000 } = options;
  const url = new URL(options.url);
  return async (event, { signal }) => {
    const body = JSON.stringify(event);
    using limit = new TimeLimit(systemClock, { timeoutMs, signal });
    const response = await fetch(url, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: limit.signal,
      headers: {
        'content-type': 'application/json',
        'jackfield-event': event.id,
        'jackfield-signature': signWebhook(body, secret, Math.floor(Date.now() / 1000)),
      },
    });
    await response.body?.cancel();
    if (response.ok) return;
    throw new JackfieldError('ERR_PEER', `The webhook answered ${response.status}; expected 2xx.`);
  };
}

/** The value of `Jackfield-Signature` for a body. */
export function signWebhook(body: string, secret: string, unixSeconds: number): string {
  checkArgument('body', body, words);
  checkArgument('secret', secret, KEY);
  checkArgument('unixSeconds', unixSeconds, SECONDS);
  const signature = createHmac('sha256', secret).update(`${unixSeconds}.${body}`).digest('hex');
  return `t=${unixSeconds},v1=${signature}`;
}

/**
 * Checks, in a receiver, that a signature matches the body and is at most `toleranceSeconds` old (default 300). Returns
 * false for a malformed signature.
 */
export function verifyWebhook(
  body: string,
  signature: string,
  secret: string,
  options: VerifyWebhookOptions = {},
): boolean {
  checkArgument('body', body, words);
  checkArgument('secret', secret, KEY);
  checkOptions(options, VERIFY_RULES);
  const { toleranceSeconds = 300, unixSeconds = Math.floor(Date.now() / 1000) } = options;
  const at = Number(/^t=(\d{1,12}),v1=[0-9a-f]{64}$/.exec(signature)?.[1] ?? Number.NaN);
  if (!(Math.abs(unixSeconds - at) <= toleranceSeconds)) return false;
  const expected = Buffer.from(signWebhook(body, secret, at));
  const given = Buffer.from(signature);
  return given.length === expected.length && timingSafeEqual(expected, given);
}
