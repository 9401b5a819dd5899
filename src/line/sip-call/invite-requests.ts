import { randomUUID } from 'node:crypto';
import { readAddress, writeAddress } from '../sip-message/address.js';
import { type SipBody, withBody } from '../sip-message/body.js';
import { ALLOW, SUPPORTED } from '../sip-message/capabilities.js';
import type { Credentials } from '../sip-message/digest.js';
import { DigestClient } from '../sip-message/digest-client.js';
import { SipHeaders } from '../sip-message/headers.js';
import { cseqOf, type SipRequest, type SipResponse } from '../sip-message/sip-message.js';
import { newTag } from '../sip-transport/transaction-layer.js';
import { type SessionTimes, timerWishes } from './session-timer.js';

export interface InviteRequestOptions {
  /** URI of the called party. */
  readonly uri: string;
  /** URI of the caller, and display name. */
  readonly from: string;
  readonly fromName?: string;
  /** First proxy of the call. Default: none. */
  readonly proxy?: string;
  readonly credentials?: Credentials;
  readonly headers?: Readonly<Record<string, string>>;
  readonly times?: Partial<SessionTimes>;
  /** Number of servers that the call may pass (Max-Forwards). Default 70. */
  readonly hops?: number;
  /** Most redirections (3xx) that are followed. Default 5. */
  readonly maxRedirects?: number;
}

/**
 * INVITEs of an outgoing call: the first, and those after a challenge, a redirection or a refused session timer (RFC
 * 3261, sections 8.1.3 and 22; RFC 4028).
 */
export class InviteRequests {
  readonly callId = randomUUID();
  readonly #options: InviteRequestOptions;
  readonly #digest: DigestClient;
  readonly #tag = newTag();
  #sequence = Math.floor(Math.random() * 10_000) + 1;
  #targets: string[] = [];
  #redirects = 0;
  #leastSeconds = 0;

  constructor(options: InviteRequestOptions) {
    this.#options = options;
    this.#digest = new DigestClient(options.credentials);
  }

  first(offer: SipBody | undefined): SipRequest {
    return this.#made(this.#options.uri, offer);
  }

  /** Makes the next request after a refusal; undefined when the call has failed. */
  next(request: SipRequest, response: SipResponse, offer: SipBody | undefined): SipRequest | undefined {
    const { status, headers } = response;
    this.#sequence = cseqOf(request.headers).number;
    if (status === 422) {
      const least = Number.parseInt(headers.get('Min-SE') ?? '', 10);
      if (!(least > this.#leastSeconds) || least > 86_400) return undefined;
      this.#leastSeconds = least;
    } else if (status >= 300 && status < 400) {
      this.#targets = headers.list('Contact').flatMap((each) => readAddress(each)?.uri ?? []);
      this.#redirects++;
      if (this.#redirects > (this.#options.maxRedirects ?? 5)) return undefined;
    } else if (status === 401 || status === 407) return this.#digest.answer(request, response);
    else if (this.#targets.length === 0) return undefined;
    const isRedirected = status !== 422;
    const uri = isRedirected ? this.#targets.shift() : request.uri;
    if (uri === undefined || !/^sips?:/i.test(uri)) return undefined;
    this.#sequence++;
    return this.#made(uri, offer);
  }

  #made(uri: string, offer: SipBody | undefined): SipRequest {
    const { from, fromName, proxy, headers, times, hops = 70 } = this.#options;
    const fields = new SipHeaders([
      ['Max-Forwards', String(hops)],
      ['From', writeAddress(from, fromName, { tag: this.#tag })],
      ['To', `<${this.#options.uri}>`],
      ['Call-ID', this.callId],
      ['CSeq', `${this.#sequence} INVITE`],
      ['Allow', ALLOW],
      ['Supported', SUPPORTED],
      ...Object.entries(timerWishes(times, this.#leastSeconds)),
    ]);
    if (proxy !== undefined) fields.add('Route', `<${proxy}${/;lr\b/.test(proxy) ? '' : ';lr'}>`);
    for (const [name, value] of Object.entries(headers ?? {})) fields.set(name, value);
    const request = {
      kind: 'request',
      method: 'INVITE',
      uri,
      headers: fields,
      body: Buffer.alloc(0),
    } as const;
    return withBody(request, offer);
  }
}
