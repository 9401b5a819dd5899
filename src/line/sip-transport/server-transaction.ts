import { type SipRequest, type SipResponse, writeMessage } from '../sip-message/message.js';
import { Transaction, type TransactionContext } from './transaction.js';
import { isLossy, type SipFlow } from './transport.js';

type State = 'proceeding' | 'completed' | 'confirmed' | 'accepted';

/**
 * A request that came, and its responses: what comes again is answered again, and handled once (RFC 3261, section 17.2;
 * RFC 6026 for a 2xx).
 *
 * ```
 * proceeding -> completed [-> confirmed] | accepted -> over
 * ```
 */
export class ServerTransaction extends Transaction<State> {
  #last: Buffer | undefined;

  constructor(request: SipRequest, flow: SipFlow, context: TransactionContext) {
    super(request, flow, context, 'proceeding');
  }

  /** True as long as no final response was sent. */
  get isPending(): boolean {
    return this.state === 'proceeding';
  }

  /** The request has come again. A 2xx to an INVITE is sent again by the session, which waits for the ACK. */
  again(): void {
    if (this.#last && (this.state === 'proceeding' || this.state === 'completed')) this.#send(this.#last);
  }

  /** Sends a response. Does nothing when there was a final one. */
  respond(response: SipResponse): void {
    if (this.state !== 'proceeding') return;
    const { status } = response;
    const bytes = writeMessage(response);
    this.#last = bytes;
    this.#send(bytes);
    if (status < 200) return;
    const { t1, t2 } = this.times;
    const isAccepted = this.isInvite && status < 300;
    this.state = isAccepted ? 'accepted' : 'completed';
    if (isAccepted) this.timers.endIn(64 * t1, () => this.stop());
    else if (!this.isInvite) this.timers.endIn(isLossy(this.flow) ? 64 * t1 : 0, () => this.stop());
    else {
      // Timer G sends it again; timer H gives up.
      if (isLossy(this.flow)) {
        this.timers.repeat(
          t1,
          (ms) => Math.min(2 * ms, t2),
          () => this.#send(bytes),
        );
      }
      this.timers.endIn(64 * t1, () => this.stop());
    }
  }

  /** Refuses a request by a response that is made anew each time that it comes: nothing of it is kept, unless an ACK follows. */
  refuse(response: SipResponse): void {
    this.respond(response);
    if (!this.isInvite) this.stop();
  }

  /** Takes the ACK for a response that is no 2xx. */
  acknowledged(): void {
    if (this.state !== 'completed') return;
    this.state = 'confirmed';
    this.timers.stop();
    this.timers.endIn(isLossy(this.flow) ? this.times.t4 : 0, () => this.stop());
  }

  /** A response that cannot be sent is one that was lost: the client asks again. */
  #send(bytes: Buffer): void {
    this.flow.send(bytes).catch(() => undefined);
  }
}
