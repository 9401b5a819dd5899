import { type SipRequest, type SipResponse, writeMessage } from '../sip-message/sip-message.js';
import { isLossy, type SipFlow } from './sip-transport.js';
import { Transaction, type TransactionContext } from './transaction.js';

type State = 'proceeding' | 'completed' | 'confirmed' | 'accepted';

/**
 * Received request and its responses. A repeated request is answered again, but handled only once (RFC 3261, section
 * 17.2; RFC 6026 for a 2xx).
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

  /** True while no final response was sent. */
  get isPending(): boolean {
    return this.state === 'proceeding';
  }

  /** Answers a repeated request. A 2xx to an INVITE is repeated by the session, which waits for the ACK. */
  again(): void {
    if (this.#last && (this.state === 'proceeding' || this.state === 'completed')) this.#send(this.#last);
  }

  /** Sends a response. Does nothing after a final one. */
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
      // Timer G retransmits the response; timer H gives up.
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

  /** Refuses a request. The response is made again for each repetition, so nothing is kept unless an ACK follows. */
  refuse(response: SipResponse): void {
    this.respond(response);
    if (!this.isInvite) this.stop();
  }

  /** Takes the ACK for a final response other than 2xx. */
  acknowledged(): void {
    if (this.state !== 'completed') return;
    this.state = 'confirmed';
    this.timers.stop();
    this.timers.endIn(isLossy(this.flow) ? this.times.t4 : 0, () => this.stop());
  }

  /** Sends bytes. A response that cannot be sent counts as lost: the client repeats its request. */
  #send(bytes: Buffer): void {
    this.flow.send(bytes).catch(() => undefined);
  }
}
