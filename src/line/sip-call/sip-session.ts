import type { CancelTimer } from '../../base/time/clock.js';
import { type SipBody, sdpOf, withBody } from '../sip-message/body.js';
import { ALLOW, SUPPORTED } from '../sip-message/capabilities.js';
import { DigestClient } from '../sip-message/digest-client.js';
import { cseqOf, type SipRequest, type SipResponse } from '../sip-message/sip-message.js';
import type { ServerTransaction } from '../sip-transport/server-transaction.js';
import { responseTo } from '../sip-transport/transaction-layer.js';
import type { Dialog, SipWay } from './dialog.js';
import { reasonIn, type SessionEnd, type SessionEvents, type SessionOptions } from './session-events.js';
import { type RequestOutcome, type SessionHost, type SessionMedia, SipRefusal } from './session-host.js';
import { SessionTimer } from './session-timer.js';
import { Unacknowledged } from './unacknowledged.js';

/** Ranges of the wait before an offer is repeated after a collision (RFC 3261, section 14.1), in milliseconds. */
const CROSSED_MS = { owner: [2100, 4000], other: [0, 2000] } as const;

/**
 * Session between two ends, from the first response with a tag until BYE (RFC 3261, sections 12 to 15).
 *
 * `early -> confirmed -> over`
 */
export class SipSession {
  readonly dialog: Dialog;
  readonly role: 'caller' | 'callee';
  readonly flow;
  /** @internal */
  readonly timer: SessionTimer;
  media: SessionMedia | undefined;
  events: SessionEvents = { ended: () => undefined };
  readonly #host: SessionHost<SipSession>;
  readonly #options: SessionOptions;
  #state: 'early' | 'confirmed' | 'over' = 'early';
  /** Side with an unanswered offer. */
  #offering: 'nobody' | 'local' | 'remote' = 'nobody';
  #isOfferWanted = false;
  #peerUpdates = false;
  #ack: SipRequest | undefined;
  readonly #unacknowledged: Unacknowledged;
  #cancelCrossed: CancelTimer = () => undefined;
  /** Answers a PRACK. @internal */
  onPrack: ((transaction: ServerTransaction) => void) | undefined;

  constructor(
    host: SessionHost<SipSession>,
    role: 'caller' | 'callee',
    dialog: Dialog,
    options: SessionOptions = {},
  ) {
    this.#host = host;
    this.role = role;
    this.dialog = dialog;
    this.flow = dialog.flow;
    this.#options = options;
    this.#unacknowledged = new Unacknowledged(host.clock, host.times);
    this.timer = new SessionTimer(host.clock, options.times, {
      refresh: () => void this.#refresh(),
      expired: () => void this.#hangUp({ by: 'lost' }),
    });
    host.addSession(this);
  }

  get state(): 'early' | 'confirmed' | 'over' {
    return this.#state;
  }

  get contact(): string {
    return this.#host.contactFor(this.flow, this.#options.user);
  }

  /** Headers with the address and the capabilities of this end. */
  get introduction(): Readonly<Record<string, string>> {
    return { Contact: `<${this.contact}>`, Allow: ALLOW, Supported: SUPPORTED };
  }

  /** Makes a new offer of the current state of `media`: at once, or after the current negotiation. */
  reoffer(): void {
    this.#isOfferWanted = true;
    if (this.#state === 'confirmed' && this.#offering === 'nobody') void this.#offer();
  }

  /** Ends the session by BYE. Resolves after the response, or after a timeout. */
  async end(headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#hangUp({ by: 'local' }, headers);
  }

  /** Sends a request within the dialog, such as INFO or NOTIFY. */
  async request(
    method: string,
    headers: Readonly<Record<string, string>> = {},
    body?: SipBody,
  ): Promise<RequestOutcome> {
    const outcome = await this.#host.request(
      withBody(this.#made(method, headers), body),
      this.#way,
      this.#options.credentials,
    );
    if ('response' in outcome) this.dialog.usedSequence(cseqOf(outcome.response.headers).number);
    return outcome;
  }

  /** Transfers the other end to another target (RFC 3515). @returns the status of its response. */
  async refer(target: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
    const outcome = await this.request('REFER', {
      'Refer-To': `<${target}>`,
      Contact: `<${this.contact}>`,
      ...headers,
    });
    return 'response' in outcome ? outcome.response.status : 408;
  }

  /** Takes a request of this dialog. @internal */
  receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (this.#state === 'over') transaction.respond(responseTo(request, 481));
    else if (this.dialog.accepts(request)) this.#handle(transaction);
    else transaction.respond(responseTo(request, 500, { 'Retry-After': '1' }));
  }

  #handle(transaction: ServerTransaction): void {
    const { request } = transaction;
    switch (request.method) {
      case 'BYE':
        transaction.respond(responseTo(request, 200));
        this.#over({ by: 'remote', ...reasonIn(request) });
        return;
      case 'INVITE':
      case 'UPDATE':
        void this.#offered(transaction);
        return;
      case 'PRACK':
        if (this.onPrack) this.onPrack(transaction);
        else transaction.respond(responseTo(request, 481));
        return;
      case 'INFO':
      case 'NOTIFY':
        transaction.respond(responseTo(request, 200));
        if (request.method === 'INFO') this.events.info?.(request);
        else this.events.notified?.(request);
        return;
      case 'REFER':
        transaction.respond(
          responseTo(request, this.events.referred?.(request) ?? 603, { Contact: `<${this.contact}>` }),
        );
        return;
      case 'OPTIONS':
        transaction.respond(responseTo(request, 200, { Allow: ALLOW, Supported: SUPPORTED }));
        return;
      default:
        transaction.respond(responseTo(request, 501, { Allow: ALLOW }));
    }
  }

  /** Takes an ACK of this dialog, and the answer in it, if any. @internal */
  acknowledged(ack: SipRequest): void {
    const waited = this.#unacknowledged.take(cseqOf(ack.headers).number);
    if (!waited?.isOffer) return;
    const answer = sdpOf(ack);
    // Without an answer to the offer there is no agreement (RFC 3261, section 13.2.2.4).
    if (answer) void this.#took(answer, ack);
    else void this.#hangUp({ by: 'local' });
  }

  /** Repeats the 2xx of an INVITE until its ACK comes. @internal */
  accept(transaction: ServerTransaction, response: SipResponse, isOffer: boolean): void {
    if (isOffer) this.#offering = 'local';
    transaction.respond(response);
    this.#unacknowledged.add(
      cseqOf(transaction.request.headers).number,
      isOffer,
      () => this.#host.repeat(response, transaction.flow),
      () => void this.#hangUp({ by: 'lost' }),
    );
  }

  /** Confirms the session, and starts the session timer that was agreed on. @internal */
  confirm(message: SipRequest | SipResponse): void {
    if (this.#state !== 'early') return;
    this.#state = 'confirmed';
    this.#peerUpdates = message.headers.has('Allow', 'UPDATE');
    if (message.kind === 'response') this.timer.agree(message);
    this.#settled();
  }

  /** Acknowledges a 2xx to the INVITE of this end, and each repetition of it. @internal */
  acknowledge(response: SipResponse, answer?: SipBody): void {
    const ack = this.dialog.request('ACK', cseqOf(response.headers).number);
    this.#ack = withBody(ack, answer);
    this.#host.acknowledge(this.#ack, this.#way);
  }

  /** @internal */
  answeredAgain(response: SipResponse): void {
    if (this.#ack && cseqOf(this.#ack.headers).number === cseqOf(response.headers).number) {
      this.#host.acknowledge(this.#ack, this.#way);
    }
  }

  /** Ends an early session whose call has failed. @internal */
  drop(): void {
    if (this.#state === 'early') this.#over(undefined);
  }

  get #way(): SipWay {
    return this.dialog.way;
  }

  async #offered(transaction: ServerTransaction): Promise<void> {
    const { request } = transaction;
    const isInvite = request.method === 'INVITE';
    const offer = sdpOf(request);
    const isExchange = isInvite || offer !== undefined;
    if (isInvite && this.#state === 'early') return transaction.respond(responseTo(request, 491));
    if (isExchange && this.#offering === 'local') return transaction.respond(responseTo(request, 491));
    if (isExchange && this.#offering === 'remote') {
      return transaction.respond(responseTo(request, 500, { 'Retry-After': '2' }));
    }
    if (isExchange) this.#offering = 'remote';
    try {
      const timer = this.timer.answer(request);
      const { media } = this;
      if (!media && isExchange) throw new SipRefusal(488);
      const body = offer ? await media?.answer(offer, request) : isInvite ? await media?.offer() : undefined;
      if (this.state === 'over') return transaction.respond(responseTo(request, 487));
      this.dialog.refresh(request.headers);
      if (!offer) this.events.updated?.(request);
      const response = withBody(responseTo(request, 200, { ...this.introduction, ...timer }), body);
      this.#offering = 'nobody';
      if (isInvite) this.accept(transaction, response, !offer);
      else transaction.respond(response);
    } catch (error) {
      this.#offering = 'nobody';
      if (!(error instanceof SipRefusal)) this.#host.failed(error);
      const { status, headers } = error instanceof SipRefusal ? error : { status: 500, headers: {} };
      transaction.respond(responseTo(request, status, headers));
    }
    this.#settled();
  }

  async #offer(): Promise<void> {
    const { media } = this;
    if (!media) return;
    this.#isOfferWanted = false;
    this.#offering = 'local';
    try {
      const offer = await media.offer();
      const headers = { ...this.introduction, ...this.timer.wishes };
      const response = await this.#invite(withBody(this.#made('INVITE', headers), offer));
      if (response && this.#state !== 'over') await this.#answered(response, media);
    } catch (error) {
      this.#host.failed(error);
    }
    if (this.#offering === 'local') this.#offering = 'nobody';
    this.#settled();
  }

  async #answered(response: SipResponse, media: SessionMedia): Promise<void> {
    const { status } = response;
    if (status < 300) {
      this.dialog.refresh(response.headers);
      this.timer.agree(response);
      const answer = sdpOf(response);
      if (answer) await media.take(answer, response);
    } else if (status === 491) {
      const [from, to] = this.role === 'caller' ? CROSSED_MS.owner : CROSSED_MS.other;
      const { clock } = this.#host;
      const waitMs = from + Math.random() * (to - from);
      this.#cancelCrossed = clock.timerAt(clock.now() + waitMs, () => this.reoffer());
    } else if (status === 481 || status === 408) await this.#hangUp({ by: 'lost' });
  }

  /** Sends an INVITE within the dialog, with credentials if it is challenged. @returns the final response. */
  async #invite(request: SipRequest): Promise<SipResponse | undefined> {
    const digest = new DigestClient(this.#options.credentials);
    for (let next: SipRequest | undefined = request; next; ) {
      const sent: SipRequest = next;
      const response = await new Promise<SipResponse | undefined>((resolve) => {
        this.#host.send(sent, this.#way, {
          responded: (each) => {
            if (each.status < 200) return;
            const isNew = cseqOf(each.headers).number !== (this.#ack && cseqOf(this.#ack.headers).number);
            if (each.status < 300 && isNew) this.acknowledge(each);
            else if (each.status < 300) this.answeredAgain(each);
            resolve(each);
          },
          failed: () => resolve(undefined),
        });
      });
      if (!response) {
        await this.#hangUp({ by: 'lost' });
        return undefined;
      }
      next = digest.answer(sent, response);
      if (!next) return response;
      this.dialog.usedSequence(cseqOf(next.headers).number);
    }
    return undefined;
  }

  async #refresh(): Promise<void> {
    if (this.#state !== 'confirmed') return;
    if (!this.#peerUpdates) return this.reoffer();
    const outcome = await this.request('UPDATE', { ...this.introduction, ...this.timer.wishes });
    if (this.state === 'over') return;
    if ('failure' in outcome || outcome.response.status === 481 || outcome.response.status === 408) {
      await this.#hangUp({ by: 'lost' });
    } else if (outcome.response.status < 300) this.timer.agree(outcome.response);
    else this.reoffer();
  }

  async #took(answer: SipBody, message: SipRequest): Promise<void> {
    try {
      await this.media?.take(answer, message);
    } catch (error) {
      this.#host.failed(error);
    }
    this.#offering = 'nobody';
    this.#settled();
  }

  /** Notes the end of a negotiation. Makes the offer that has waited for it. */
  #settled(): void {
    if (this.#isOfferWanted && this.#state === 'confirmed' && this.#offering === 'nobody') void this.#offer();
  }

  async #hangUp(end: SessionEnd, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    if (this.#state === 'over') return;
    const isEarlyCaller = this.#state === 'early' && this.role === 'caller';
    this.#over(end);
    if (!isEarlyCaller) await this.request('BYE', headers);
  }

  #over(end: SessionEnd | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.timer.stop();
    this.#cancelCrossed();
    this.#unacknowledged.stop();
    this.#host.removeSession(this);
    if (end) this.events.ended(end);
  }

  #made(method: string, headers: Readonly<Record<string, string>>): SipRequest {
    const request = this.dialog.request(method);
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    return request;
  }
}
