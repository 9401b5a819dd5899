import { type Deferred, deferred } from '../../base/deferred.js';
import { readAddress, type SipAddress } from '../sip-message/address.js';
import { bodyParts, type SipBody, type SipPart, sdpOf, withBody } from '../sip-message/body.js';
import type { SipRequest, SipResponse } from '../sip-message/sip-message.js';
import { Retransmission } from '../sip-transport/retransmission.js';
import type { ServerTransaction } from '../sip-transport/server-transaction.js';
import type { SipFlow } from '../sip-transport/sip-transport.js';
import { newTag, responseTo } from '../sip-transport/transaction-layer.js';
import { Dialog } from './dialog.js';
import type { SessionEvents, SessionOptions } from './session-events.js';
import { type SessionHost, type SessionMedia, SipRefusal } from './session-host.js';
import { SipSession } from './sip-session.js';

export interface RingOptions {
  /** Status of the response. Default 180, or 183 with media. */
  readonly status?: number;
  /** Media before the answer. */
  readonly media?: SessionMedia;
}

/** State of early media: what was negotiated in a provisional response, reliable or not. */
type Early =
  | { readonly kind: 'none' }
  | { readonly kind: 'answered'; readonly answer: SipBody; readonly isReliable: boolean }
  | { readonly kind: 'offered' };

/** Incoming call. It rings, and is answered or rejected. The caller may cancel it before that. */
export class IncomingInvite {
  readonly request: SipRequest;
  readonly flow: SipFlow;
  readonly session: SipSession;
  readonly #host: SessionHost<SipSession>;
  readonly #transaction: ServerTransaction;
  readonly #tag = newTag();
  readonly #over: () => void;
  #onCancelled: ((cancel: SipRequest | undefined) => void) | undefined;
  #early: Early = { kind: 'none' };
  #reliableNumber = Math.floor(Math.random() * 10_000) + 1;
  /** Pending PRACK of the last response. */
  #unacknowledged: Deferred<void> | undefined;
  readonly #timers: Retransmission;
  #turn: Promise<void> = Promise.resolve();

  /** @param over called when the call is answered, rejected or cancelled. @internal */
  constructor(
    host: SessionHost<SipSession>,
    transaction: ServerTransaction,
    over: () => void,
    options: SessionOptions = {},
  ) {
    this.#host = host;
    this.#transaction = transaction;
    this.#over = over;
    this.#timers = new Retransmission(host.clock);
    this.request = transaction.request;
    this.flow = transaction.flow;
    this.session = new SipSession(
      host,
      'callee',
      Dialog.ofServer(this.request, this.flow, this.#tag),
      options,
    );
    this.session.onPrack = (prack) => void this.#pracked(prack);
  }

  /** Caller, from the From header. */
  get from(): SipAddress {
    return readAddress(this.request.headers.get('From') ?? '') ?? { name: '', uri: '', params: new Map() };
  }

  /** True while the call can be answered. */
  get isOpen(): boolean {
    return this.#transaction.isPending;
  }

  /** Parts of the body of the INVITE. */
  get parts(): readonly SipPart[] {
    return bodyParts(this.request.headers, this.request.body);
  }

  /** Calls `listener` when the caller cancels. Only the last listener counts. */
  onCancelled(listener: (cancel: SipRequest | undefined) => void): void {
    this.#onCancelled = listener;
  }

  /**
   * Tells the caller that it rings, or plays early media. If the caller supports reliable responses, the response is
   * repeated until it is acknowledged (RFC 3262).
   */
  ring(options: RingOptions = {}): Promise<void> {
    return this.#inTurn(() => this.#ring(options));
  }

  /**
   * Answers the call. Resolves to the session when the 200 is sent. Resolves to undefined when the caller has
   * cancelled, or when `media` has refused the offer and the call was rejected.
   */
  answer(
    media: SessionMedia,
    events: SessionEvents,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<SipSession | undefined> {
    return this.#inTurn(() => this.#answer(media, events, headers));
  }

  /** Rejects the call. Does nothing when it is over. */
  reject(status: number, headers: Readonly<Record<string, string>> = {}, reason?: string): void {
    if (!this.isOpen) return;
    this.#settle();
    this.session.drop();
    this.#transaction.respond(this.#response(status, headers, reason));
  }

  /** Challenges the caller to authenticate. @param challenges Values of WWW-Authenticate. */
  challenge(challenges: readonly string[]): void {
    if (!this.isOpen) return;
    this.#settle();
    this.session.drop();
    const response = this.#response(401, {});
    response.headers.add('WWW-Authenticate', ...challenges);
    this.#transaction.respond(response);
  }

  /** Takes the CANCEL of the caller. @internal */
  cancelled(cancel: SipRequest | undefined): void {
    if (!this.isOpen) return;
    this.reject(487);
    this.#onCancelled?.(cancel);
  }

  async #ring({ media, status = media ? 183 : 180 }: RingOptions): Promise<void> {
    if (!this.isOpen) return;
    const { headers } = this.request;
    const isReliable =
      headers.has('Require', '100rel') || (media !== undefined && headers.has('Supported', '100rel'));
    const body = media && this.#early.kind === 'none' ? await this.#earlyBody(media, isReliable) : undefined;
    // A reliable response waits for the PRACK of the one before.
    if (isReliable) await this.#unacknowledged?.promise;
    if (!this.isOpen) return;
    const response = withBody(this.#response(status, this.session.introduction), body);
    if (isReliable) this.#sendReliably(response);
    else this.#transaction.respond(response);
  }

  async #answer(
    media: SessionMedia,
    events: SessionEvents,
    headers: Readonly<Record<string, string>>,
  ): Promise<SipSession | undefined> {
    try {
      const timer = this.session.timer.answer(this.request);
      this.session.media = media;
      this.session.events = events;
      const offer = sdpOf(this.request);
      const early = this.#early;
      const body =
        early.kind === 'answered'
          ? early.isReliable
            ? undefined
            : early.answer
          : early.kind === 'offered'
            ? undefined
            : await (offer ? media.answer(offer, this.request) : media.offer());
      await this.#unacknowledged?.promise;
      if (!this.isOpen) return undefined;
      this.#settle();
      this.session.confirm(this.request);
      const response = withBody(
        this.#response(200, { ...this.session.introduction, ...timer, ...headers }),
        body,
      );
      this.session.accept(this.#transaction, response, !offer && early.kind === 'none');
      return this.session;
    } catch (error) {
      this.reject(
        error instanceof SipRefusal ? error.status : 500,
        error instanceof SipRefusal ? error.headers : {},
      );
      if (!(error instanceof SipRefusal)) throw error;
      return undefined;
    }
  }

  async #earlyBody(media: SessionMedia, isReliable: boolean): Promise<SipBody | undefined> {
    const offer = sdpOf(this.request);
    if (!offer && !isReliable) return undefined;
    this.session.media = media;
    if (!offer) {
      this.#early = { kind: 'offered' };
      return await media.offer();
    }
    const answer = await media.answer(offer, this.request);
    this.#early = { kind: 'answered', answer, isReliable };
    return answer;
  }

  /** Runs steps one after the other, because a response with media has to be made before the next one is sent. */
  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(step);
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  #sendReliably(response: SipResponse): void {
    this.#reliableNumber++;
    response.headers.add('Require', '100rel').add('RSeq', this.#reliableNumber);
    this.#unacknowledged = deferred();
    this.#transaction.respond(response);
    const { t1 } = this.#host.times;
    this.#timers.endIn(64 * t1, () => this.reject(504));
    this.#timers.repeat(
      t1,
      (ms) => 2 * ms,
      () => this.#host.repeat(response, this.flow),
    );
  }

  async #pracked(prack: ServerTransaction): Promise<void> {
    const { request } = prack;
    const [number] = (request.headers.get('RAck') ?? '').split(/\s+/);
    const waiting = this.#unacknowledged;
    if (!waiting || Number(number) !== this.#reliableNumber) return prack.respond(responseTo(request, 481));
    this.#timers.stop();
    const body = sdpOf(request);
    try {
      let answer: SipBody | undefined;
      if (body && this.#early.kind === 'offered') await this.session.media?.take(body, request);
      else if (body) answer = await this.session.media?.answer(body, request);
      prack.respond(withBody(responseTo(request, 200), answer));
    } catch (error) {
      prack.respond(responseTo(request, error instanceof SipRefusal ? error.status : 500));
    }
    this.#unacknowledged = undefined;
    waiting.resolve();
  }

  #settle(): void {
    this.#timers.stop();
    this.#unacknowledged?.resolve();
    this.#over();
  }

  #response(status: number, headers: Readonly<Record<string, string>>, reason?: string): SipResponse {
    const to = `${this.request.headers.get('To') ?? ''};tag=${this.#tag}`;
    return responseTo(this.request, status, { To: to, Server: this.#host.userAgent, ...headers }, reason);
  }
}
