import type { Clock } from '../../base/time/clock.js';
import type { SipRequest } from '../sip-message/sip-message.js';
import { Retransmission } from './retransmission.js';
import type { SipFlow } from './sip-transport.js';

/** Timer values of RFC 3261, section 17.1.1.1, in milliseconds. */
export interface SipTimes {
  /** Estimate of a round trip. Default 500. */
  readonly t1: number;
  /** Longest interval between retransmissions. Default 4000. */
  readonly t2: number;
  /** Time that a datagram may stay in the network. Default 5000. */
  readonly t4: number;
}

export const SIP_TIMES: SipTimes = { t1: 500, t2: 4000, t4: 5000 };

export interface TransactionContext {
  readonly clock: Clock;
  readonly times: SipTimes;
  /** The transaction has ended. No further messages belong to it. */
  ended(): void;
}

/** Request over one flow and its timers, from the first message until no further message can belong to it. */
export abstract class Transaction<State extends string> {
  readonly request: SipRequest;
  readonly flow: SipFlow;
  protected readonly times: SipTimes;
  protected readonly isInvite: boolean;
  protected readonly timers: Retransmission;
  protected state: State | 'over';
  readonly #ended: () => void;

  constructor(request: SipRequest, flow: SipFlow, context: TransactionContext, state: State) {
    this.request = request;
    this.flow = flow;
    this.times = context.times;
    this.isInvite = request.method === 'INVITE';
    this.timers = new Retransmission(context.clock);
    this.state = state;
    this.#ended = () => context.ended();
  }

  /** Ends the transaction without an outcome. */
  stop(): void {
    if (this.state === 'over') return;
    this.state = 'over';
    this.timers.stop();
    this.#ended();
  }
}
