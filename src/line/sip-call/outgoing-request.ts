import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { SipRequest, SipResponse } from '../sip-message/sip-message.js';
import type { ClientTransaction, TransactionFailure } from '../sip-transport/client-transaction.js';
import type { SipTarget } from '../sip-transport/resolve.js';
import { addressText, type SipFlow } from '../sip-transport/sip-transport.js';
import type { TransactionLayer } from '../sip-transport/transaction-layer.js';
import type { SipWay } from './dialog.js';

/** Failure of a request without a final response. */
export type SendingFailure = TransactionFailure | 'cancelled' | 'no-address';

export interface OutgoingRequestContext {
  readonly clock: Clock;
  readonly layer: TransactionLayer;
  /** Returns the addresses of a URI; those that are out of service come last. */
  targets(uri: string): Promise<readonly SipTarget[]>;
  /** Returns the URI by which a peer reaches this end. */
  contactFor(flow: SipFlow, user: string | undefined): string;
  /** Notes that an address is out of service for some seconds. */
  unavailable(address: string, seconds: number): void;
}

export interface OutgoingRequestEvents {
  responded(response: SipResponse, flow: SipFlow): void;
  failed(failure: SendingFailure): void;
}

/** Time without a response after which the next address is tried, in milliseconds. */
const PATIENCE_MS = 6000;
/** Longest Retry-After that is respected, in seconds. A server is not tried first in that time. */
const MAX_RETRY_AFTER = 600;
/** Time for which an unresponsive address is not tried first, in seconds. */
const DEAD_SECONDS = 30;

/**
 * Request to the first address that takes it (RFC 3263, section 4.3). The next address is tried when one cannot be
 * reached, does not answer, or is out of service (503).
 */
export class OutgoingRequest {
  readonly request: SipRequest;
  readonly #way: SipWay;
  readonly #context: OutgoingRequestContext;
  readonly #events: OutgoingRequestEvents;
  #transaction: ClientTransaction | undefined;
  #isAnswered = false;
  #isCancelled = false;
  #cancelPatience: CancelTimer = () => undefined;

  constructor(
    request: SipRequest,
    way: SipWay,
    context: OutgoingRequestContext,
    events: OutgoingRequestEvents,
  ) {
    this.request = request;
    this.#way = way;
    this.#context = context;
    this.#events = events;
  }

  start(): void {
    const { flow } = this.#way;
    if (flow) this.#try(flow, undefined);
    else void this.#resolve();
  }

  /** Cancels an INVITE: at once, or after the first response (RFC 3261, section 9.1). */
  cancel(): void {
    if (this.#isCancelled) return;
    this.#isCancelled = true;
    if (this.#transaction && this.#isAnswered) this.#context.layer.cancel(this.#transaction);
  }

  async #resolve(): Promise<void> {
    let targets: readonly SipTarget[] = [];
    try {
      targets = await this.#context.targets(this.#way.hop);
    } catch {
      // A name whose lookup fails has no address.
    }
    this.#next(targets, 'no-address');
  }

  #next([target, ...others]: readonly SipTarget[], failure: SendingFailure): void {
    const flow = target && this.#context.layer.flowTo(target);
    if (this.#isCancelled) this.#events.failed('cancelled');
    else if (!target) this.#events.failed(failure);
    else if (flow) this.#try(flow, others);
    else this.#next(others, failure);
  }

  /** @param others Remaining targets; undefined before the URI was resolved. */
  #try(flow: SipFlow, others: readonly SipTarget[] | undefined): void {
    const { clock, layer } = this.#context;
    this.#isAnswered = false;
    const transaction = layer.send(this.#introduced(flow), flow, {
      responded: (response) => {
        if (transaction === this.#transaction) this.#responded(response, flow, others);
        else this.#lateResponse(response, flow, transaction);
      },
      failed: (failure) => {
        if (transaction === this.#transaction) this.#failed(failure, flow, others);
      },
    });
    this.#transaction = transaction;
    if (!others || others.length === 0) return;
    this.#cancelPatience = clock.timerAt(clock.now() + PATIENCE_MS, () => {
      if (!this.#isCancelled) this.#failed('timeout', flow, others);
    });
  }

  /**
   * Takes a late response of an address after the next one was tried. It is cancelled, unless it is the first to
   * answer.
   */
  #lateResponse(response: SipResponse, flow: SipFlow, transaction: ClientTransaction): void {
    const { method } = this.request;
    if (method !== 'INVITE' || response.status >= 300) return;
    if (response.status < 200) this.#context.layer.cancel(transaction);
    else {
      // No further address is tried, and the current one is cancelled.
      this.#cancelPatience();
      this.cancel();
      this.#events.responded(response, flow);
    }
  }

  /** Adds the Contact of this end, for the peer of the flow, to a request that begins a dialog. */
  #introduced(flow: SipFlow): SipRequest {
    const { request } = this;
    if (request.method !== 'INVITE' || request.headers.get('Contact') !== undefined) return request;
    const contact = this.#context.contactFor(flow, this.#way.contactUser);
    return { ...request, headers: request.headers.copy().add('Contact', `<${contact}>`) };
  }

  #responded(response: SipResponse, flow: SipFlow, others: readonly SipTarget[] | undefined): void {
    this.#cancelPatience();
    const isFirst = !this.#isAnswered;
    this.#isAnswered = true;
    if (response.status === 503) {
      const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
      if (seconds > 0)
        this.#context.unavailable(addressText(flow.remote), Math.min(seconds, MAX_RETRY_AFTER));
      if (others && others.length > 0 && !this.#isCancelled) {
        this.#next(others, 'transport');
        return;
      }
    }
    if (isFirst && this.#isCancelled && response.status < 200 && this.#transaction) {
      this.#context.layer.cancel(this.#transaction);
    }
    this.#events.responded(response, flow);
  }

  #failed(failure: TransactionFailure, flow: SipFlow, others: readonly SipTarget[] | undefined): void {
    this.#cancelPatience();
    if (!this.#isCancelled) this.#context.unavailable(addressText(flow.remote), DEAD_SECONDS);
    if (this.#isCancelled) this.#events.failed('cancelled');
    else if (others) this.#next(others, failure);
    else if (failure === 'transport') void this.#resolve();
    else this.#events.failed(failure);
  }
}
