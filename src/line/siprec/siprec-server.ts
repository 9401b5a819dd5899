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
import { invalidArgument, type JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import type { RtpPorts } from '../rtp/rtp-transport.js';
import { SocketThreads } from '../rtp-thread/socket-threads.js';
import { SipEndpoint } from '../sip/sip-endpoint.js';
import type { SipEndpointOptions, SipPorts } from '../sip/sip-endpoint-options.js';
import type { IncomingInvite } from '../sip-call/incoming-invite.js';
import type { HostPort } from '../sip-transport/sip-transport.js';
import type { SipTls } from '../sip-transport/stream-transport.js';
import { SiprecSession } from './siprec-session.js';

/** Options of {@link SiprecServer.open}. */
export interface SiprecServerOptions {
  /** SIP ports. The one for TLS needs `key` and `cert`, as PEM. Default: UDP and TCP on port 5060 of 127.0.0.1. */
  readonly ports?: SipPorts;
  /** Address on which RTP is received, and which clients are told. Default: the address of the first SIP port. */
  readonly address?: string;
  /**
   * Address at which clients reach SIP and RTP behind a NAT. Default: `address` for RTP, and its own address for each
   * SIP port.
   */
  readonly advertised?: string;
  /** RTP ports. Each call takes four. Default: the system chooses. */
  readonly rtpPorts?: RtpPorts;
  /** Most calls at once; more are refused with 503. 1 to 10,000. Default 1000. */
  readonly maxSessions?: number;
  /** Addresses from which calls are taken; others are refused with 403. Default: all. */
  readonly allow?: readonly string[];
  /** Time to wait for a missing packet, in ms: 0 to 10,000. Default 1000. */
  readonly reorderMs?: number;
  /**
   * Threads that receive RTP: 0 to 16. Each packet gets its time of arrival there, however busy this thread is with the
   * recordings; it comes here up to 100 ms later. One thread is enough for 500 calls. The threads have the machine's
   * clock: `clock` cannot be given with them. Default 0: this thread receives.
   */
  readonly threads?: number;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /**
   * Called with each call before it is answered. The answer waits for the result, so that what is added to the call's
   * streams here misses nothing. When it throws or rejects, the call is refused with 503 and `failure` is emitted.
   * Default: only the event `session` reports calls.
   */
  readonly onSession?: (session: SiprecSession) => unknown;
  /** Transports in place of the ports. @internal */
  readonly transports?: SipEndpointOptions['transports'];
}

/** Events of a {@link SiprecServer}. */
export interface SiprecServerEvents extends FencedEvents {
  /** A call of a recording client was answered. */
  session: [session: SiprecSession];
  /** A call was refused with this status. */
  refused: [status: number, from: string];
  /**
   * A thread that receives RTP has ended by itself, and these calls with it. Their recordings are complete up to this
   * time. Other calls go on, and another thread is started for the next ones.
   */
  lost: [error: JackfieldError, sessions: readonly SiprecSession[]];
  /** Packets were lost: this thread was busy for many seconds, and a thread could not keep more for it. */
  dropped: [packets: number];
}

/** Reason of a BYE (RFC 3326) when a thread has ended. */
const REASON = 'SIP ;cause=503 ;text="Reception failed"';
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
  threads: whole(0, 16),
  clock: CLOCK,
  onSession: callback,
  transports: listOf(callback, 1),
};

/** Session recording server (RFC 7866). It takes calls from recording clients, such as session border controllers. */
export class SiprecServer extends FencedEmitter<SiprecServerEvents> implements AsyncDisposable {
  readonly #options: SiprecServerOptions;
  readonly #clock: Clock;
  readonly #threads: SocketThreads | undefined;
  readonly #sessions = new Map<SiprecSession, IncomingInvite>();
  /** Calls whose ports are being opened. */
  readonly #opening = new Set<Promise<SiprecSession | undefined>>();
  /** Calls that are over, and are being closed. */
  readonly #closing = new Set<Promise<void>>();
  #endpoint: SipEndpoint | undefined;
  #closed = false;
  #address = '127.0.0.1';

  private constructor(options: SiprecServerOptions) {
    super();
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { threads = 0 } = options;
    if (threads === 0) return;
    this.#threads = new SocketThreads(threads, {
      lost: (error) => this.#lost(error),
      dropped: (packets) => void this.emit('dropped', packets),
    });
  }

  /** Opens the ports. @throws ERR_INVALID_ARG; ERR_PORT when one cannot be opened. */
  static async open(options: SiprecServerOptions = {}): Promise<SiprecServer> {
    checkOptions(options, RULES);
    const { clock = systemClock, threads = 0 } = options;
    if (threads > 0 && clock !== systemClock)
      throw invalidArgument('clock', 'left out where there are threads, which have their own', clock);
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

  /** Addresses of SIP, with the transport of each. */
  get addresses(): SipEndpoint['addresses'] {
    return this.#endpoint?.addresses ?? [];
  }

  /** Calls that are being recorded. */
  get sessions(): readonly SiprecSession[] {
    return [...this.#sessions.keys()];
  }

  /** Ends all calls, including those that are being answered, and closes the ports. */
  async close(): Promise<void> {
    this.#closed = true;
    // The sessions close without waiting for the clients to answer their BYE.
    const sessions = this.sessions;
    const endpoint = this.#endpoint?.close();
    for (const session of sessions) this.#over(session);
    await Promise.all([endpoint, ...this.#opening]);
    await Promise.all(this.#closing);
    await this.#threads?.close();
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

  /** Opens the ports of a call; undefined when none are free, or when the call or the server was closed meanwhile. */
  async #open(invite: IncomingInvite): Promise<SiprecSession | undefined> {
    const { rtpPorts, reorderMs, advertised } = this.#options;
    const session = await SiprecSession.open(invite.request.headers.get('Call-ID') ?? '', {
      clock: this.#clock,
      address: this.#address,
      ...(advertised !== undefined && { advertised }),
      ...(rtpPorts && { ports: rtpPorts }),
      ...(reorderMs !== undefined && { reorderMs }),
      ...(this.#threads && { threads: this.#threads }),
    }).catch(() => undefined);
    if (!session || (invite.isOpen && !this.#closed)) return session;
    await session.close();
    return undefined;
  }

  async #answer(invite: IncomingInvite, session: SiprecSession): Promise<void> {
    this.#sessions.set(session, invite);
    const over = () => this.#over(session);
    invite.onCancelled(over);
    session.tell(invite.request);
    try {
      await this.#options.onSession?.(session);
    } catch (error) {
      if (invite.isOpen) this.failed('onSession', error);
      this.#refuse(invite, 503);
      return over();
    }
    if (this.#closed || !invite.isOpen) return over();
    try {
      const answered = await invite.answer(
        session,
        { ended: over, updated: (request) => session.tell(request) },
        // A recording server marks its Contact with this tag (RFC 7866, section 6.2).
        { Contact: `<${invite.session.contact}>;+sip.srs` },
      );
      if (!answered) return over();
      this.emit('session', session);
    } catch (error) {
      over();
      throw error;
    }
  }

  /** Ends the calls whose thread has ended. */
  #lost(error: JackfieldError): void {
    const lost = [...this.#sessions].filter(([session]) => session.isLost);
    this.emit(
      'lost',
      error,
      lost.map(([session]) => session),
    );
    for (const [session, invite] of lost) {
      if (invite.isOpen) this.#refuse(invite, 503);
      else void invite.session.end({ Reason: REASON });
      this.#over(session);
    }
  }

  #over(session: SiprecSession): void {
    this.#sessions.delete(session);
    const closing = session.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** Refuses a call. A cancelled call needs no answer. */
  #refuse(invite: IncomingInvite, status: number): void {
    if (!invite.isOpen) return;
    invite.reject(status, status === 503 ? { 'Retry-After': '10' } : {});
    this.emit('refused', status, invite.flow.remote.host);
  }
}
