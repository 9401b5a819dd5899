import { readDatagram, type SipMessage } from '../sip-message/sip-message.js';
import type { SipFlow } from './sip-transport.js';

/** Message on the wire, for a trace. */
export interface TracedMessage {
  readonly direction: 'in' | 'out';
  readonly message: SipMessage;
  readonly flow: SipFlow;
}

/** Returns the current receiver of the trace; undefined when there is none. Messages are then not parsed for it. */
export type WireTrace = () => ((message: TracedMessage) => void) | undefined;

/** Flow that traces the messages sent over it. */
export class WatchedFlow implements SipFlow {
  readonly kind;
  readonly remote;
  readonly #flow: SipFlow;
  readonly #trace: WireTrace;

  constructor(flow: SipFlow, trace: WireTrace) {
    this.#flow = flow instanceof WatchedFlow ? flow.#flow : flow;
    this.#trace = trace;
    this.kind = flow.kind;
    this.remote = flow.remote;
  }

  get names(): readonly string[] {
    return this.#flow.names;
  }

  send(bytes: Buffer): Promise<void> {
    const show = this.#trace();
    const message = show && readDatagram(bytes);
    if (message && message.kind !== 'malformed') show({ direction: 'out', message, flow: this.#flow });
    return this.#flow.send(bytes);
  }
}
