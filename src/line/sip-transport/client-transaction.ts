import { SipHeaders } from '../sip-message/headers.js';
import { cseqOf, type SipRequest, type SipResponse, writeMessage } from '../sip-message/sip-message.js';
import { isLossy, type SipFlow } from './sip-transport.js';
import { Transaction, type TransactionContext } from './transaction.js';

/** Timer D: time in which a final response may be repeated over UDP, in milliseconds. */
const COMPLETED_MS = 32_000;

/** Failure of a request without a final response. */
export type TransactionFailure = 'timeout' | 'transport';

export interface ClientTransactionContext extends TransactionContext {
  /** Takes each response once, but a 2xx to an INVITE each time that it comes. */
  responded(response: SipResponse): void;
  /** There is no final response. */
  failed(failure: TransactionFailure): void;
}

type State = 'trying' | 'proceeding' | 'completed' | 'accepted';

/**
 * Request over one flow until its final response. It is retransmitted where datagrams may get lost (RFC 3261, section
 * 17.1; RFC 6026 for a 2xx).
 *
 * ```
 * trying -> proceeding -> completed | accepted -> over
 * ```
 */
export class ClientTransaction extends Transaction<State> {
  readonly #context: ClientTransactionContext;
  readonly #bytes: Buffer;
  #ack: Buffer | undefined;

  constructor(request: SipRequest, flow: SipFlow, context: ClientTransactionContext) {
    super(request, flow, context, 'trying');
    this.#context = context;
    this.#bytes = writeMessage(request);
  }

  /** Sends the request. Timers A and E retransmit it; timers B and F give it up. */
  start(): void {
    const { t1 } = this.times;
    this.#send(this.#bytes);
    this.timers.endIn(64 * t1, () => this.#fail('timeout'));
    if (!isLossy(this.flow)) return;
    this.timers.repeat(
      t1,
      (ms) => this.#waitAfter(ms),
      () => this.#send(this.#bytes),
    );
  }

  /** True while a final response may come. */
  get isPending(): boolean {
    return this.state === 'trying' || this.state === 'proceeding';
  }

  /** Takes a response to the request. */
  receive(response: SipResponse): void {
    const { status } = response;
    if (this.state === 'accepted' && status >= 200 && status < 300) this.#context.responded(response);
    else if (this.state === 'completed' && status >= 200 && this.#ack) this.#send(this.#ack);
    else if (!this.isPending) return;
    else if (status < 200) this.#provisional(response);
    else this.#final(response);
  }

  /** Limits the wait for the final response after the request was cancelled (RFC 3261, section 9.1). */
  expire(): void {
    if (!this.isPending) return;
    this.timers.endIn(64 * this.times.t1, () => this.#fail('timeout'));
  }

  #provisional(response: SipResponse): void {
    const isFirst = this.state === 'trying';
    this.state = 'proceeding';
    if (this.isInvite && isFirst) this.timers.stop();
    this.#context.responded(response);
  }

  #final(response: SipResponse): void {
    const { times } = this;
    this.timers.stop();
    if (this.isInvite && response.status < 300) {
      this.state = 'accepted';
      this.timers.endIn(64 * times.t1, () => this.stop());
    } else {
      this.state = 'completed';
      if (this.isInvite) {
        this.#ack = writeMessage(ackOf(this.request, response));
        this.#send(this.#ack);
      }
      const waitMs = this.isInvite ? COMPLETED_MS : times.t4;
      this.timers.endIn(isLossy(this.flow) ? waitMs : 0, () => this.stop());
    }
    this.#context.responded(response);
  }

  /** Returns the time until the next retransmission, from the time before the last. */
  #waitAfter(ms: number): number {
    const { t2 } = this.times;
    if (this.isInvite) return 2 * ms;
    return this.state === 'proceeding' ? t2 : Math.min(2 * ms, t2);
  }

  #send(bytes: Buffer): void {
    this.flow.send(bytes).catch(() => {
      if (this.isPending) this.#fail('transport');
    });
  }

  #fail(failure: TransactionFailure): void {
    if (this.state === 'over') return;
    this.stop();
    this.#context.failed(failure);
  }
}

/**
 * Makes the ACK for a final response other than 2xx. It belongs to the transaction of the INVITE (RFC 3261, section
 * 17.1.1.3).
 */
function ackOf(invite: SipRequest, response: SipResponse): SipRequest {
  const { headers } = invite;
  const [via = ''] = headers.lines('Via');
  const ack = new SipHeaders([
    ['Via', via],
    ['Max-Forwards', '70'],
  ]);
  ack.add('Route', ...headers.lines('Route'));
  ack.add('From', headers.get('From') ?? '').add('To', response.headers.get('To') ?? headers.get('To') ?? '');
  ack.add('Call-ID', headers.get('Call-ID') ?? '').add('CSeq', `${cseqOf(headers).number} ACK`);
  return { kind: 'request', method: 'ACK', uri: invite.uri, headers: ack, body: Buffer.alloc(0) };
}
