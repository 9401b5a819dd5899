import { randomUUID } from 'node:crypto';
import { type BackOff, backOffMs } from '../../base/time/back-off.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { SipWay } from '../sip-call/dialog.js';
import type { RequestOutcome } from '../sip-call/session-host.js';
import { readAddress, readUri, writeAddress } from '../sip-message/address.js';
import type { Credentials } from '../sip-message/digest.js';
import { SipHeaders } from '../sip-message/headers.js';
import type { SipRequest, SipResponse } from '../sip-message/sip-message.js';
import type { HostPort, SipFlow } from '../sip-transport/sip-transport.js';
import { newTag } from '../sip-transport/transaction-layer.js';

export interface RegistrationOptions {
  /** URI of the registrar: `sip:example.com`. */
  readonly registrar: string;
  /** Address of record: `sip:100@example.com`. */
  readonly address: string;
  readonly credentials: Credentials | undefined;
  /** User of the Contact. It distinguishes calls for this registration from those of strangers. */
  readonly contactUser: string;
  readonly proxy?: string;
  /** Lifetime of the registration, in seconds. The registrar may choose another one. Default 600. */
  readonly expiresSeconds?: number;
}

/** State of a registration. */
export type RegistrationState =
  | { readonly kind: 'registering' }
  | { readonly kind: 'registered'; readonly expiresSeconds: number }
  /** The next try is in `retrySeconds`. */
  | { readonly kind: 'failed'; readonly why: string; readonly retrySeconds: number };

/** The part of an endpoint that a registration uses. */
export interface RegistrationHost {
  readonly clock: Clock;
  request(request: SipRequest, way: SipWay, credentials?: Credentials): Promise<RequestOutcome>;
  contactFor(flow: SipFlow, user?: string): string;
  /** A Contact for a peer that has not been reached yet. */
  firstContact(user: string): string;
}

/** Delays before the next try after a failure. */
const RETRY: BackOff = { firstMs: 10_000, longestMs: 300_000 };
/** Fraction of the lifetime after which the registration is renewed. */
const RENEWED_AT = 0.85;

/** Registration that is renewed until it is closed (RFC 3261, section 10). */
export class Registration {
  /** Address from which the registrar answers. */
  registrarAddress: HostPort | undefined;
  readonly #host: RegistrationHost;
  readonly #options: RegistrationOptions;
  readonly #changed: (state: RegistrationState) => void;
  readonly #callId = randomUUID();
  readonly #tag = newTag();
  #sequence = 0;
  #seconds: number;
  /** Failed tries since the last one that succeeded. */
  #failures = 0;
  #contact: string;
  #cancel: CancelTimer = () => undefined;
  #isClosed = false;
  #isRegistered = false;

  constructor(
    host: RegistrationHost,
    options: RegistrationOptions,
    changed: (state: RegistrationState) => void,
  ) {
    this.#host = host;
    this.#options = options;
    this.#changed = changed;
    this.#seconds = options.expiresSeconds ?? 600;
    this.#contact = host.firstContact(options.contactUser);
  }

  /** Registers, and renews the registration from then on. Resolves when the first try is over. */
  async start(): Promise<void> {
    this.#changed({ kind: 'registering' });
    await this.#register();
  }

  /** Removes the registration. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    if (this.#isRegistered) await this.#send(0);
  }

  async #register(isAgain = false): Promise<void> {
    const outcome = await this.#send(this.#seconds);
    if (this.#isClosed) return;
    if ('failure' in outcome) return this.#failed(outcome.failure);
    const { response, flow } = outcome;
    const { status, headers } = response;
    this.registrarAddress = flow.remote;
    if (status === 423 && !isAgain) {
      const least = Number.parseInt(headers.get('Min-Expires') ?? '', 10);
      if (least > this.#seconds && least <= 86_400) {
        this.#seconds = least;
        return await this.#register(true);
      }
    }
    if (status >= 300) return this.#failed(`${status} ${response.reason}`, headers.get('Retry-After'));
    const seen = this.#host.contactFor(flow, this.#options.contactUser);
    if (seen !== this.#contact && !isAgain) {
      // The registrar has seen another address. Behind a NAT, calls arrive at that one.
      this.#contact = seen;
      return await this.#register(true);
    }
    this.#isRegistered = true;
    this.#failures = 0;
    const seconds = this.#granted(response);
    this.#changed({ kind: 'registered', expiresSeconds: seconds });
    this.#again(Math.max(5, seconds * RENEWED_AT));
  }

  #failed(why: string, retryAfter?: string): void {
    this.#isRegistered = false;
    const asked = Number.parseInt(retryAfter ?? '', 10);
    this.#failures++;
    const retrySeconds = asked > 0 ? Math.min(asked, 3600) : backOffMs(this.#failures, RETRY) / 1000;
    this.#changed({ kind: 'failed', why, retrySeconds });
    this.#again(retrySeconds);
  }

  #again(seconds: number): void {
    const { clock } = this.#host;
    this.#cancel = clock.timerAt(clock.now() + seconds * 1000, () => void this.#register());
  }

  #send(seconds: number): Promise<RequestOutcome> {
    const { registrar, address, proxy, credentials } = this.#options;
    // An answered challenge takes a number as well.
    this.#sequence += 5;
    const headers = new SipHeaders([
      ['Max-Forwards', '70'],
      ['From', writeAddress(address, '', { tag: this.#tag })],
      ['To', `<${address}>`],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#sequence} REGISTER`],
      ['Contact', `<${this.#contact}>`],
      ['Expires', String(seconds)],
    ]);
    if (proxy !== undefined) headers.add('Route', `<${proxy};lr>`);
    const request = {
      kind: 'request',
      method: 'REGISTER',
      uri: registrar,
      headers,
      body: Buffer.alloc(0),
    } as const;
    return this.#host.request(request, { hop: proxy ?? registrar }, credentials);
  }

  /** Lifetime that the registrar has granted to this contact, in seconds. */
  #granted({ headers }: SipResponse): number {
    const own = headers
      .list('Contact')
      .map(readAddress)
      .find((each) => each && readUri(each.uri)?.user === this.#options.contactUser);
    const seconds = Number.parseInt(own?.params.get('expires') ?? headers.get('Expires') ?? '', 10);
    return seconds > 0 ? seconds : this.#seconds;
  }
}
