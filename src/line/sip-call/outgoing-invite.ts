import { type SipBody, sdpOf } from '../sip-message/body.js';
import { cseqOf, type SipRequest, type SipResponse, tagOf } from '../sip-message/sip-message.js';
import type { SipFlow } from '../sip-transport/sip-transport.js';
import { Dialog } from './dialog.js';
import { type InviteRequestOptions, InviteRequests } from './invite-requests.js';
import type { SendingFailure } from './outgoing-request.js';
import type { SessionEvents } from './session-events.js';
import { type Cancellable, type SessionHost, type SessionMedia, SipRefusal } from './session-host.js';
import { SipSession } from './sip-session.js';

export interface OutgoingInviteOptions extends InviteRequestOptions {
  /** Connection to use first, such as that of a phone's registration. Default: none. */
  readonly flow?: SipFlow;
  /** User of the Contact of this end. */
  readonly user?: string;
  readonly media: SessionMedia;
  /** True when the other end has to make the offer. Default false. */
  readonly isOfferLate?: boolean;
}

/** Reason why a call failed. */
export type InviteFailure =
  | { readonly kind: 'refused'; readonly response: SipResponse }
  | { readonly kind: SendingFailure }
  /** The other end answers with media that this end does not support. */
  | { readonly kind: 'no-agreement'; readonly error: unknown };

export interface OutgoingInviteEvents extends SessionEvents {
  /** Provisional response, such as 180 or 183. `hasMedia` is true when there is early media. */
  progress?(status: number, hasMedia: boolean, response: SipResponse): void;
  answered(session: SipSession, response: SipResponse): void;
  /** Called at most once, and not after `answered`. A cancelled call fails with 487 or `cancelled`. */
  failed(failure: InviteFailure): void;
}

/** Outgoing call, with challenges, redirections and forks. */
export class OutgoingInvite {
  readonly #host: SessionHost<SipSession>;
  readonly #options: OutgoingInviteOptions;
  readonly #events: OutgoingInviteEvents;
  readonly #requests: InviteRequests;
  readonly #early = new Map<string, SipSession>();
  /** Numbers of the reliable responses, by the tag of their sender. */
  readonly #reliable = new Map<string, number>();
  #sending: Cancellable | undefined;
  #offer: SipBody | undefined;
  #isAgreed = false;
  #isOver = false;
  #isCancelled = false;

  /** @internal */
  constructor(host: SessionHost<SipSession>, options: OutgoingInviteOptions, events: OutgoingInviteEvents) {
    this.#host = host;
    this.#options = options;
    this.#events = events;
    this.#requests = new InviteRequests(options);
  }

  get callId(): string {
    return this.#requests.callId;
  }

  /** @internal */
  start(): void {
    void this.#begin();
  }

  /** Cancels the call. If it is answered anyway, it is hung up at once. */
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
    if (!this.#isOver) this.#send(this.#requests.first(this.#offer));
  }

  #send(request: SipRequest): void {
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
      // A repeated response, or one after a missing response (RFC 3262, section 4).
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
      // The call was cancelled, or another fork answered first: this one is hung up.
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

  /** Takes the SDP of a provisional response. @returns the answer, if the SDP is an offer. */
  async #agree(sdp: SipBody, response: SipResponse, isReliable: boolean): Promise<SipBody | undefined> {
    const { media } = this.#options;
    if (this.#offer) {
      await media.take(sdp, response);
      // Without a reliable response only the answer in the 200 counts.
      this.#isAgreed ||= isReliable;
      return undefined;
    }
    if (!isReliable || this.#isAgreed) return undefined;
    this.#isAgreed = true;
    return await media.answer(sdp, response);
  }

  #refused(request: SipRequest, response: SipResponse): void {
    if (this.#isOver) return;
    const again = this.#isCancelled ? undefined : this.#requests.next(request, response, this.#offer);
    if (again) this.#send(again);
    else this.#fail({ kind: 'refused', response });
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
