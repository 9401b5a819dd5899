import {
  callback,
  checkOptions,
  flag,
  line,
  listOf,
  needed,
  nested,
  type Rules,
  whole,
  within,
  words,
} from '../../base/check.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import type { RtpPorts } from '../rtp/rtp-transport.js';
import { SipEndpoint } from '../sip/sip-endpoint.js';
import type { SipEndpointOptions, SipPorts } from '../sip/sip-endpoint-options.js';
import type { IncomingInvite } from '../sip-call/incoming-invite.js';
import type { SipTls } from '../sip-transport/stream-transport.js';
import type { HostPort } from '../sip-transport/transport.js';
import { SiprecSession } from './siprec-session.js';

/** Options of {@link SiprecServer.open}. */
export interface SiprecServerOptions {
  /** Ports of SIP; that of TLS with `key` and `cert`, as PEM. Default: UDP and TCP on 5060 of 127.0.0.1. */
  readonly ports?: SipPorts;
  /** Address that RTP is received on, and told to clients. Default: that of the first port of SIP. */
  readonly address?: string;
  /** Address that clients reach SIP and RTP by, behind a NAT. Default: `address`, and that of each port of SIP. */
  readonly advertised?: string;
  /** Ports of RTP: four for each call. Default: the system's choice. */
  readonly rtpPorts?: RtpPorts;
  /** Calls at once; more are refused with 503. 1 to 10,000. Default 1000. */
  readonly maxSessions?: number;
  /** Addresses from which calls are taken; others are refused with 403. Default: all. */
  readonly allow?: readonly string[];
  /** Time for which a packet that is missing is waited for, in ms: 0 to 10,000. Default 1000. */
  readonly reorderMs?: number;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * Called with each call before it is answered, and waited for: what is added to its streams now misses nothing. What it
   * throws or rejects with refuses the call with 503, and is told by `failure`. Default: calls are told by `session` alone.
   */
  readonly onSession?: (session: SiprecSession) => unknown;
  /** Other ways than ports. @internal */
  readonly transports?: SipEndpointOptions['transports'];
}

/** Events of a {@link SiprecServer}. */
export interface SiprecServerEvents extends FencedEvents {
  /** A recording client sends a call, which is answered. */
  session: [session: SiprecSession];
  /** A call was refused: with this status. */
  refused: [status: number, from: string];
}

const PORT = whole(0, 65_535);
const HOST = { host: needed(line(1, 255)), port: needed(PORT) };
const HOST_PORT = nested<HostPort>(HOST);
const TLS_PORT = nested<HostPort & SipTls>({
  ...HOST,
  key: needed(words),
  cert: needed(words),
  ca: words,
  needsClientCertificate: flag,
});
const RULES: Rules<SiprecServerOptions> = {
  ports: nested<SipPorts>({ udp: HOST_PORT, tcp: HOST_PORT, tls: TLS_PORT }),
  address: line(1, 100),
  advertised: line(1, 100),
  rtpPorts: nested<RtpPorts>({ from: needed(whole(1, 65_534)), to: needed(whole(1, 65_535)) }),
  maxSessions: whole(1, 10_000),
  allow: listOf(line(1, 100)),
  reorderMs: within(0, 10_000, 'ms'),
  clock: CLOCK,
  onSession: callback,
  transports: listOf(callback, 1),
};

/** A session recording server (RFC 7866): takes calls from recording clients, such as session border controllers. */
export class SiprecServer extends FencedEmitter<SiprecServerEvents> implements AsyncDisposable {
  readonly #options: SiprecServerOptions;
  readonly #clock: Clock;
  readonly #sessions = new Set<SiprecSession>();
  /** Calls whose ports are being opened. */
  readonly #opening = new Set<Promise<SiprecSession | undefined>>();
  #endpoint: SipEndpoint | undefined;
  #closed = false;
  #address = '127.0.0.1';

  private constructor(options: SiprecServerOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Opens the ports. @throws ERR_INVALID_ARG; ERR_PORT when one cannot be had. */
  static async open(options: SiprecServerOptions = {}): Promise<SiprecServer> {
    checkOptions(options, RULES);
    const host = '127.0.0.1';
    const {
      ports = { udp: { host, port: 5060 }, tcp: { host, port: 5060 } },
      transports,
      advertised,
    } = options;
    const server = new SiprecServer(options);
    const endpoint = await SipEndpoint.open({
      clock: server.#clock,
      extensions: ['siprec'],
      ...(advertised !== undefined && { advertised }),
      onInvite: (invite) => server.#invited(invite),
      failed: (error) => server.failed('endpoint', error),
      ...(transports ? { transports } : { ports }),
    });
    server.#endpoint = endpoint;
    server.#address = options.address ?? endpoint.addresses[0]?.host ?? host;
    return server;
  }

  /** Addresses of SIP, with the kind of transport. */
  get addresses(): SipEndpoint['addresses'] {
    return this.#endpoint?.addresses ?? [];
  }

  /** Calls that are recorded now. */
  get sessions(): readonly SiprecSession[] {
    return [...this.#sessions];
  }

  /** Ends all calls, those that are being answered included, and closes the ports. */
  async close(): Promise<void> {
    this.#closed = true;
    // A client that does not answer its BYE holds no recording up.
    const closing = [this.#endpoint?.close(), ...[...this.#sessions].map((session) => session.close())];
    await Promise.all([...closing, ...this.#opening]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #invited(invite: IncomingInvite): Promise<void> {
    const { maxSessions = 1000, allow } = this.#options;
    const from = invite.flow.remote.host;
    if (allow && !allow.includes(from)) return this.#refuse(invite, 403);
    if (this.#sessions.size + this.#opening.size >= maxSessions) return this.#refuse(invite, 503);
    const opening = this.#open(invite);
    this.#opening.add(opening);
    const session = await opening;
    this.#opening.delete(opening);
    if (session) await this.#answer(invite, session);
    else this.#refuse(invite, 503);
  }

  /** Opens the ports of a call; nothing where there are none, or the call was given up meanwhile. */
  async #open(invite: IncomingInvite): Promise<SiprecSession | undefined> {
    const { rtpPorts, reorderMs, advertised } = this.#options;
    const session = await SiprecSession.open(invite.request.headers.get('Call-ID') ?? '', {
      clock: this.#clock,
      address: this.#address,
      ...(advertised !== undefined && { advertised }),
      ...(rtpPorts && { ports: rtpPorts }),
      ...(reorderMs !== undefined && { reorderMs }),
    }).catch(() => undefined);
    if (!session || (invite.isOpen && !this.#closed)) return session;
    await session.close();
    return undefined;
  }

  async #answer(invite: IncomingInvite, session: SiprecSession): Promise<void> {
    this.#sessions.add(session);
    const over = async (): Promise<void> => {
      this.#sessions.delete(session);
      await session.close();
    };
    invite.onCancelled(() => void over());
    session.tell(invite.request);
    try {
      await this.#options.onSession?.(session);
    } catch (error) {
      if (invite.isOpen) this.failed('onSession', error);
      this.#refuse(invite, 503);
      return await over();
    }
    if (this.#closed) return await over();
    try {
      const answered = await invite.answer(
        session,
        { ended: () => void over(), updated: (request) => session.tell(request) },
        // Who takes recordings says so (RFC 7866, section 6.2).
        { Contact: `<${invite.session.contact}>;+sip.srs` },
      );
      if (!answered) return await over();
      this.emit('session', session);
    } catch (error) {
      await over();
      throw error;
    }
  }

  /** Refuses a call; one that was given up needs no answer. */
  #refuse(invite: IncomingInvite, status: number): void {
    if (!invite.isOpen) return;
    invite.reject(status, status === 503 ? { 'Retry-After': '10' } : {});
    this.emit('refused', status, invite.flow.remote.host);
  }
}
