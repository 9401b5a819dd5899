import type { Clock } from '../../../src/base/time/clock.js';
import { readDatagram } from '../../../src/line/sip-message/sip-message.js';
import type {
  HostPort,
  SipFlow,
  SipTransport,
  TransportListener,
} from '../../../src/line/sip-transport/sip-transport.js';
import { addressText } from '../../../src/line/sip-transport/sip-transport.js';

/** Datagrams between hosts in memory: each takes 10 ms, and those that `loses` says are lost. */
export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #hosts = new Map<string, TransportListener>();
  /** Every message that was sent, its first line and who sent it, in order. */
  readonly sent: string[] = [];
  loses: (text: string, count: number) => boolean = () => false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes the transport of a host, to be given to an endpoint. */
  host(host: string, port = 5060): (listener: TransportListener) => SipTransport {
    const local = { host, port };
    return (listener) => {
      this.#hosts.set(addressText(local), listener);
      return {
        kind: 'UDP',
        local,
        flowTo: (remote) => this.#flow(local, remote),
        close: async () => void this.#hosts.delete(addressText(local)),
      };
    };
  }

  /** Sends text as it stands from an address. */
  send(from: HostPort, to: HostPort, text: string): void {
    void this.#flow(from, to).send(Buffer.from(text, 'latin1'));
  }

  /** What was sent, without retransmissions: `10.0.0.1 INVITE`, `10.0.0.2 200 INVITE`. */
  get ladder(): string[] {
    return this.sent.filter((line, index) => this.sent.indexOf(line) === index);
  }

  #flow(local: HostPort, remote: HostPort): SipFlow {
    return {
      kind: 'UDP',
      remote,
      names: [],
      send: async (bytes) => {
        const text = bytes.toString('latin1');
        this.sent.push(`${local.host} ${shortened(text)}`);
        if (this.loses(text, this.sent.length)) return;
        this.#clock.timerAt(this.#clock.now() + 10, () => {
          const message = readDatagram(Buffer.from(text, 'latin1'));
          if (message) this.#hosts.get(addressText(remote))?.message(message, this.#flow(remote, local));
        });
      },
    };
  }
}

function shortened(text: string): string {
  const [first = ''] = text.split('\r\n');
  const cseq = /\r\nCSeq: (\d+) (\w+)/i.exec(text);
  const response = /^SIP\/2\.0 (\d+)/.exec(first);
  return response ? `${response[1]} ${cseq?.[2]} ${cseq?.[1]}` : `${first.split(' ')[0]} ${cseq?.[1]}`;
}
