import { randomUUID } from 'node:crypto';
import { readAddress, writeAddress } from '../sip-message/address.js';
import { type SipBody, sdpOf, withBody } from '../sip-message/body.js';
import { ALLOW, SUPPORTED } from '../sip-message/capabilities.js';
import type { Credentials } from '../sip-message/digest.js';
import { DigestClient } from '../sip-message/digest-client.js';
import { SipHeaders } from '../sip-message/headers.js';
import { cseqOf, type SipRequest, type SipResponse, tagOf } from '../sip-message/message.js';
import { newTag } from '../sip-transport/transaction-layer.js';
import type { SipFlow } from '../sip-transport/transport.js';
import { Dialog } from './dialog.js';
import type { SendingFailure } from './sending.js';
import type { SessionEvents } from './session-events.js';
import { type Cancellable, type SessionHost, type SessionMedia, SipRefusal } from './session-host.js';
import { type SessionTimes, timerWishes } from './session-timer.js';
import { SipSession } from './sip-session.js';

export interface OutgoingInviteOptions {
  /** URI of the one called. */
  readonly uri: string;
  /** URI of the caller, and its name. */
  readonly from: string;
  readonly fromName?: string;
  /** Proxy that the call goes through first. Default: none. */
  readonly proxy?: string;
  /** Connection to take first, such as the one that a phone has registered by. Default: none. */
  readonly flow?: SipFlow;
  /** User of this end's Contact. */
  readonly user?: string;
  readonly media: SessionMedia;
  /** True when the other end is to make the offer. Default false. */
  readonly isOfferLate?: boolean;
  readonly credentials?: Credentials;
  readonly headers?: Readonly<Record<string, string>>;
  readonly times?: Partial<SessionTimes>;
  /** Most addresses to which the call is sent on by 3xx. Default 5. */
  readonly maxRedirects?: number;
}

/** Outcome of a call that nobody took. */
export type InviteFailure =
  | { readonly kind: 'refused'; readonly response: SipResponse }
  | { readonly kind: SendingFailure }
  /** The other end answers with media that this one cannot do. */
  | { readonly kind: 'no-agreement'; readonly error: unknown };

export interface OutgoingInviteEvents extends SessionEvents {
  /** A response before the answer: 180, or 183 and others with `hasMedia` where the caller hears something. */
  progress?(status: number, hasMedia: boolean, response: SipResponse): void;
  answered(session: SipSession, response: SipResponse): void;
  /** Comes at most once, and not after `answered`. A call that was given up has failed with 487 or `cancelled`. */
  failed(failure: InviteFailure): void;
}

/** A call that goes out, with its challenges, redirections and forks. */
export class OutgoingInvite {
  readonly #host: SessionHost<SipSession>;
  readonly #options: OutgoingInviteOptions;
  readonly #events: OutgoingInviteEvents;
  readonly #digest: DigestClient;
  readonly #early = new Map<string, SipSession>();
  /** Numbers of the reliable responses, by the tag of who sent them. */
  readonly #reliable = new Map<string, number>();
  readonly #callId = randomUUID();
  readonly #tag = newTag();
  #sequence = Math.floor(Math.random() * 10_000) + 1;
  #sending: Cancellable | undefined;
  #offer: SipBody | undefined;
  #isAgreed = false;
  #isOver = false;
  #isCancelled = false;
  #targets: string[] = [];
  #redirects = 0;
  #leastSeconds = 0;

  /** @internal */
  constructor(host: SessionHost<SipSession>, options: OutgoingInviteOptions, events: OutgoingInviteEvents) {
    this.#host = host;
    this.#options = options;
    this.#events = events;
    this.#digest = new DigestClient(options.credentials);
  }

  get callId(): string {
    return this.#callId;
  }

  /** @internal */
  start(): void {
    void this.#begin();
  }

  /** Gives the call up. One that is answered all the same is hung up at once. */
  cancel(): void {
    if (this.#isOver || this.#isCancelled) return;
    this.#isCancelled = true;
    if (this.#sending) this.#sending.cancel();
    else this.#fail({ kind: 'cancelled' });
  }

  async #begin(): Promise<void> {
    try {
      if (!this.#options.isOfferLate) this.#offer = await this.#options.media.offer();
    } catch (error) {
      return this.#fail({ kind: 'no-agreement', error });
    }
    if (!this.#isOver) this.#send(this.#made(this.#options.uri));
  }

  #made(uri: string): SipRequest {
    const { from, fromName, proxy, headers, times } = this.#options;
    const fields = new SipHeaders([
      ['Max-Forwards', '70'],
      ['From', writeAddress(from, fromName, { tag: this.#tag })],
      ['To', `<${this.#options.uri}>`],
      ['Call-ID', this.#callId],
      ['CSeq', `${this.#sequence} INVITE`],
      ['Allow', ALLOW],
      ['Supported', SUPPORTED],
      ...Object.entries(timerWishes(times, this.#leastSeconds)),
    ]);
    if (proxy !== undefined) fields.add('Route', `<${proxy}${/;lr\b/.test(proxy) ? '' : ';lr'}>`);
    for (const [name, value] of Object.entries(headers ?? {})) fields.set(name, value);
    return withBody(
      { kind: 'request', method: 'INVITE', uri, headers: fields, body: Buffer.alloc(0) },
      this.#offer,
    );
  }

  #send(request: SipRequest): void {
    this.#sequence = cseqOf(request.headers).number;
    this.#sending = this.#host.send(
      request,
      {
        ...(this.#options.flow && { flow: this.#options.flow }),
        ...(this.#options.user !== undefined && { contactUser: this.#options.user }),
        hop: this.#options.proxy ?? request.uri,
      },
      {
        responded: (response, flow) => void this.#responded(request, response, flow),
        failed: (kind) => this.#fail({ kind }),
      },
    );
  }

  async #responded(request: SipRequest, response: SipResponse, flow: SipFlow): Promise<void> {
    try {
      const { status } = response;
      if (status === 100) return;
      if (status < 200) await this.#progressed(request, response, flow);
      else if (status < 300) await this.#answered(request, response, flow);
      else this.#refused(request, response);
    } catch (error) {
      this.#host.failed(error);
    }
  }

  async #progressed(request: SipRequest, response: SipResponse, flow: SipFlow): Promise<void> {
    if (this.#isOver) return;
    const { status, headers } = response;
    const tag = tagOf(headers, 'To');
    const sdp = sdpOf(response);
    if (tag === '') return this.#events.progress?.(status, false, response);
    const session = this.#sessionOf(request, response, flow);
    const number = Number(headers.get('RSeq'));
    const isReliable = headers.has('Require', '100rel') && Number.isInteger(number);
    if (isReliable) {
      const last = this.#reliable.get(tag);
      // One that came before, or one before which another is missing (RFC 3262, section 4).
      if (last !== undefined && number !== last + 1) return;
      this.#reliable.set(tag, number);
    }
    const answer = sdp && (await this.#agree(sdp, response, isReliable));
    if (isReliable) {
      const rack = `${number} ${cseqOf(headers).number} INVITE`;
      void session.request('PRACK', { RAck: rack }, answer);
    }
    this.#events.progress?.(status, sdp !== undefined, response);
  }

  async #answered(request: SipRequest, response: SipResponse, flow: SipFlow): Promise<void> {
    const session = this.#sessionOf(request, response, flow);
    if (session.state !== 'early') return session.answeredAgain(response);
    if (this.#isOver || this.#isCancelled) {
      // It was given up, or another one was faster: this one is hung up.
      session.confirm(response);
      session.acknowledge(response);
      this.#fail({ kind: 'cancelled' });
      await session.end();
      return;
    }
    this.#isOver = true;
    const { media } = this.#options;
    session.media = media;
    session.events = this.#events;
    session.dialog.refresh(response.headers);
    session.confirm(response);
    const sdp = sdpOf(response);
    try {
      if (!this.#offer && !this.#isAgreed) {
        if (!sdp) throw new SipRefusal(488, 'Answer without an offer');
        session.acknowledge(response, await media.answer(sdp, response));
      } else {
        session.acknowledge(response);
        if (sdp) await media.take(sdp, response);
        else if (!this.#isAgreed) throw new SipRefusal(488, 'Answer without media');
      }
    } catch (error) {
      this.#events.failed({ kind: 'no-agreement', error });
      session.events = { ended: () => undefined };
      if (!this.#offer) session.acknowledge(response);
      await session.end();
      return;
    }
    this.#dropOthers(session);
    this.#events.answered(session, response);
  }

  /** Takes media of a response before the answer. @returns the answer to what is an offer. */
  async #agree(sdp: SipBody, response: SipResponse, isReliable: boolean): Promise<SipBody | undefined> {
    const { media } = this.#options;
    if (this.#offer) {
      await media.take(sdp, response);
      // Without a reliable response, the answer in the 200 is the one that counts.
      this.#isAgreed ||= isReliable;
      return undefined;
    }
    if (!isReliable || this.#isAgreed) return undefined;
    this.#isAgreed = true;
    return await media.answer(sdp, response);
  }

  #refused(request: SipRequest, response: SipResponse): void {
    if (this.#isOver) return;
    const again = this.#isCancelled ? undefined : this.#next(request, response);
    if (again) this.#send(again);
    else this.#fail({ kind: 'refused', response });
  }

  /** Makes the request with which the call goes on after a refusal, if it does. */
  #next(request: SipRequest, response: SipResponse): SipRequest | undefined {
    const { status, headers } = response;
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
    return this.#made(uri);
  }

  #sessionOf(request: SipRequest, response: SipResponse, flow: SipFlow): SipSession {
    const tag = tagOf(response.headers, 'To');
    const known = this.#early.get(tag);
    if (known) return known;
    const { user, credentials, times } = this.#options;
    const session = new SipSession(this.#host, 'caller', Dialog.ofClient(request, response, flow), {
      ...(user !== undefined && { user }),
      ...(credentials && { credentials }),
      ...(times && { times }),
    });
    session.media = this.#options.media;
    this.#early.set(tag, session);
    return session;
  }

  #dropOthers(kept?: SipSession): void {
    for (const session of this.#early.values()) if (session !== kept) session.drop();
  }

  #fail(failure: InviteFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#dropOthers();
    this.#events.failed(failure);
  }
}
