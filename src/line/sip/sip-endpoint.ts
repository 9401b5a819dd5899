import { asError } from '../../base/errors.js';
import { type Clock, systemClock } from '../../base/time/clock.js';
import { dialogKey, type SipWay } from '../sip-call/dialog.js';
import { IncomingInvite } from '../sip-call/incoming-invite.js';
import {
  OutgoingInvite,
  type OutgoingInviteEvents,
  type OutgoingInviteOptions,
} from '../sip-call/outgoing-invite.js';
import {
  OutgoingRequest,
  type OutgoingRequestContext,
  type OutgoingRequestEvents,
} from '../sip-call/outgoing-request.js';
import type { RequestOutcome, SessionHost } from '../sip-call/session-host.js';
import type { SipSession } from '../sip-call/sip-session.js';
import { readUri } from '../sip-message/address.js';
import { ALLOW, SUPPORTED } from '../sip-message/capabilities.js';
import type { Credentials } from '../sip-message/digest.js';
import { DigestClient } from '../sip-message/digest-client.js';
import { cseqOf, type SipRequest, type SipResponse, tagOf, topVia } from '../sip-message/sip-message.js';
import { resolveTargets, type SipTarget, systemResolver } from '../sip-transport/resolve.js';
import type { ServerTransaction } from '../sip-transport/server-transaction.js';
import {
  addressText,
  hostText,
  type SipFlow,
  type TransportListener,
} from '../sip-transport/sip-transport.js';
import { StreamTransport } from '../sip-transport/stream-transport.js';
import type { SipTimes } from '../sip-transport/transaction.js';
import { responseTo, type SipCounts, TransactionLayer } from '../sip-transport/transaction-layer.js';
import { UdpTransport } from '../sip-transport/udp-transport.js';
import type { SipEndpointOptions, SipListening } from './sip-endpoint-options.js';

const EXTENSIONS = new Set(SUPPORTED.split(', '));
const KNOWN_METHODS = new Set([
  'ACK',
  'BYE',
  'CANCEL',
  'INFO',
  'INVITE',
  'NOTIFY',
  'OPTIONS',
  'PRACK',
  'REFER',
  'UPDATE',
]);

/** Milliseconds for which an INVITE is remembered, to detect a copy of it that arrives by another path. */
const MERGE_MS = 32_000;
const MAX_MERGES = 20_000;
const MAX_UNAVAILABLE = 1000;

/** SIP user agent: calls, requests and registrations over any number of transports. */
export class SipEndpoint implements AsyncDisposable, SessionHost<SipSession> {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly layer: TransactionLayer;
  readonly #options: SipEndpointOptions;
  readonly #sessions = new Map<string, SipSession>();
  readonly #invites = new Map<ServerTransaction, IncomingInvite>();
  readonly #merges = new Map<string, { readonly branch: string; readonly until: number }>();
  /** Addresses that are out of service, each with the time at which it may be used again. */
  readonly #unavailable = new Map<string, number>();
  readonly #sending: OutgoingRequestContext;

  private constructor(options: SipEndpointOptions) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.userAgent = options.userAgent ?? 'Jackfield';
    this.layer = new TransactionLayer({
      clock: this.clock,
      ...(options.times && { times: options.times }),
      ...(options.advertised !== undefined && { advertised: options.advertised }),
      ...(options.trace && { trace: options.trace }),
      admits: (request, flow) => this.#admits(request, flow),
      requested: (transaction) => this.#requested(transaction),
      acknowledged: (ack) => this.#sessionOf(ack)?.acknowledged(ack),
      late: (response) => this.#late(response),
      failed: (error) => this.failed(error),
    });
    this.#sending = {
      clock: this.clock,
      layer: this.layer,
      targets: (uri) => this.#targets(uri),
      contactFor: (flow, user) => this.contactFor(flow, user),
      unavailable: (address, seconds) => this.#putOut(address, seconds),
    };
  }

  /** Opens the ports. @throws ERR_PORT when one cannot be opened. */
  static async open(options: SipEndpointOptions = {}): Promise<SipEndpoint> {
    const endpoint = new SipEndpoint(options);
    const { layer } = endpoint;
    const listener: TransportListener = {
      message: (message, flow) => layer.receive(message, flow),
      failed: (error) => endpoint.failed(error),
      refused: () => layer.refused(),
    };
    try {
      for (const make of options.transports ?? []) layer.add(make(listener));
      const { udp, tcp, tls } = options.ports ?? {};
      if (udp) layer.add(await UdpTransport.open(udp, listener));
      if (tcp) layer.add(await StreamTransport.open(tcp, listener));
      if (tls) layer.add(await StreamTransport.open(tls, listener, tls));
    } catch (error) {
      await layer.close();
      throw error;
    }
    return endpoint;
  }

  /** Address that each transport is bound to. */
  get addresses(): readonly SipListening[] {
    return this.layer.transports.map(({ kind, local }) => ({ kind, ...local }));
  }

  get times(): SipTimes {
    return this.layer.times;
  }

  get counts(): Readonly<SipCounts> {
    return this.layer.counts;
  }

  /** Sessions in progress, including those that are still ringing. */
  get sessions(): readonly SipSession[] {
    return [...new Set(this.#sessions.values())];
  }

  /** Places a call. */
  invite(options: OutgoingInviteOptions, events: OutgoingInviteEvents): OutgoingInvite {
    const invite = new OutgoingInvite(this, options, events);
    invite.start();
    return invite;
  }

  /**
   * Sends a request other than INVITE, and answers the challenges to it.
   *
   * @returns the final response, or the reason why there is none.
   */
  async request(request: SipRequest, way: SipWay, credentials?: Credentials): Promise<RequestOutcome> {
    const digest = new DigestClient(credentials);
    for (let next = request; ; ) {
      const outcome = await this.#once(next, way);
      if ('failure' in outcome) return outcome;
      const again = digest.answer(next, outcome.response);
      if (!again) return outcome;
      next = again;
    }
  }

  /** Sends an INVITE. @internal */
  send(request: SipRequest, way: SipWay, events: OutgoingRequestEvents): OutgoingRequest {
    const sending = new OutgoingRequest(this.#signed(request), way, this.#sending, events);
    sending.start();
    return sending;
  }

  /** Sends the ACK for a 2xx. @internal */
  acknowledge(ack: SipRequest, way: SipWay): void {
    if (way.flow) {
      this.layer.sendAck(ack, way.flow);
      return;
    }
    void this.#targets(way.hop).then(([target]) => {
      const flow = target && this.layer.flowTo(target);
      if (flow) this.layer.sendAck(ack, flow);
    }, this.failed);
  }

  /** URI by which a peer reaches this endpoint. */
  contactFor(flow: SipFlow, user = ''): string {
    const { host, port } = this.layer.addressFor(flow);
    const transport = flow.kind === 'UDP' ? '' : `;transport=${flow.kind.toLowerCase()}`;
    return `sip:${user === '' ? '' : `${user}@`}${hostText(host)}:${port}${transport}`;
  }

  /** URI of the Contact for a peer that has not been reached yet. */
  firstContact(user: string): string {
    const [transport] = this.layer.transports;
    if (!transport) return `sip:${user}@localhost`;
    const { kind, local } = transport;
    return this.contactFor({ kind, remote: local, names: [], send: () => Promise.resolve() }, user);
  }

  /** Finds the session of a dialog by its Call-ID and its two tags, as this end names them. */
  sessionOf(callId: string, localTag: string, remoteTag: string): SipSession | undefined {
    return this.#sessions.get(dialogKey(callId, localTag, remoteTag));
  }

  /** @internal */
  addSession(session: SipSession): void {
    this.#sessions.set(session.dialog.key, session);
  }

  /** @internal */
  removeSession(session: SipSession): void {
    this.#sessions.delete(session.dialog.key);
  }

  /** @internal */
  repeat(response: SipResponse, flow: SipFlow): void {
    this.layer.sendBytes(response, flow);
  }

  readonly failed = (error: unknown): void => this.#options.failed?.(error);

  /** Ends every call, waits up to 2 seconds for the other ends to answer, and closes the ports. */
  async close(): Promise<void> {
    for (const invite of this.#invites.values()) invite.reject(503);
    const ending = this.sessions.map((session) => session.end());
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = this.clock.timerAt(this.clock.now() + 2000, () => resolve());
    });
    await Promise.race([Promise.all(ending), late]);
    cancel();
    await this.layer.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #signed(request: SipRequest): SipRequest {
    const headers = request.headers.copy();
    if (headers.get('User-Agent') === undefined) headers.add('User-Agent', this.userAgent);
    return { ...request, headers };
  }

  #once(request: SipRequest, way: SipWay): Promise<RequestOutcome> {
    return new Promise((resolve) => {
      this.send(request, way, {
        responded: (response, flow) => {
          if (response.status >= 200) resolve({ response, flow });
        },
        failed: (failure) => resolve({ failure }),
      });
    });
  }

  async #targets(text: string): Promise<SipTarget[]> {
    const uri = readUri(text);
    if (!uri || uri.host === '') return [];
    const found = await resolveTargets(uri, this.layer.kinds, this.#options.resolver ?? systemResolver);
    const now = this.clock.now();
    const isOut = (target: SipTarget) => (this.#unavailable.get(addressText(target)) ?? 0) > now;
    return [...found.filter((target) => !isOut(target)), ...found.filter(isOut)];
  }

  #putOut(address: string, seconds: number): void {
    if (this.#unavailable.size >= MAX_UNAVAILABLE) this.#unavailable.clear();
    this.#unavailable.set(address, this.clock.now() + seconds * 1000);
  }

  #admits(request: SipRequest, flow: SipFlow): 'call' | 'other' | false {
    const isCalls = request.method === 'CANCEL' ? this.layer.cancelled(request) : this.#sessionOf(request);
    if (isCalls) return 'call';
    return (this.#options.admits?.(request, flow) ?? true) && 'other';
  }

  #requested(transaction: ServerTransaction): void {
    const { request } = transaction;
    try {
      if (request.method === 'CANCEL') this.#cancel(transaction);
      else if (tagOf(request.headers, 'To') !== '') this.#within(transaction);
      else this.#beyond(transaction);
    } catch (error) {
      this.failed(error);
      transaction.respond(responseTo(request, 500));
    }
  }

  #cancel(transaction: ServerTransaction): void {
    const { request } = transaction;
    const invite = this.layer.cancelled(request);
    transaction.respond(responseTo(request, invite ? 200 : 481));
    if (invite) this.#invites.get(invite)?.cancelled(request);
  }

  #within(transaction: ServerTransaction): void {
    const session = this.#sessionOf(transaction.request);
    if (session) session.receive(transaction);
    else transaction.refuse(responseTo(transaction.request, 481));
  }

  #sessionOf({ headers }: SipRequest): SipSession | undefined {
    return this.sessionOf(headers.get('Call-ID') ?? '', tagOf(headers, 'To'), tagOf(headers, 'From'));
  }

  #beyond(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    const refusal = this.#refusal(request, flow);
    if (refusal) {
      transaction.refuse(refusal);
      return;
    }
    if (request.method === 'INVITE') this.#invited(transaction);
    else if (request.method === 'OPTIONS') {
      transaction.respond(
        responseTo(request, 200, {
          Allow: ALLOW,
          Supported: SUPPORTED,
          Accept: 'application/sdp',
          Server: this.userAgent,
        }),
      );
    } else {
      const answer = this.#options.onRequest?.(request, flow);
      const isDialogs = KNOWN_METHODS.has(request.method) && request.method !== 'REFER';
      const status = isDialogs
        ? 481
        : request.method === 'REGISTER' || request.method === 'REFER'
          ? 405
          : 501;
      const response = answer ?? responseTo(request, status, status === 481 ? {} : { Allow: ALLOW });
      if (response.status < 300) transaction.respond(response);
      else transaction.refuse(response);
    }
  }

  #refusal(request: SipRequest, flow: SipFlow): SipResponse | undefined {
    if (!readUri(request.uri)) {
      const isSip = /^sips?:/i.test(request.uri);
      return responseTo(request, isSip ? 400 : 416);
    }
    if (this.#isMerged(request)) return responseTo(request, 482);
    const screened = this.#options.screen?.(request, flow);
    if (screened) return screened;
    const known = (name: string) => EXTENSIONS.has(name) || this.#options.extensions?.includes(name);
    const unknown = request.headers.list('Require').filter((each) => !known(each.toLowerCase()));
    return unknown.length > 0 ? responseTo(request, 420, { Unsupported: unknown.join(', ') }) : undefined;
  }

  #invited(transaction: ServerTransaction): void {
    const { onInvite } = this.#options;
    transaction.respond(responseTo(transaction.request, 100));
    const invite = new IncomingInvite(
      this,
      transaction,
      () => this.#invites.delete(transaction),
      this.#options.sessionTimes ? { times: this.#options.sessionTimes } : {},
    );
    if (!onInvite) {
      invite.reject(480);
      return;
    }
    this.#invites.set(transaction, invite);
    const failed = (error: unknown) => {
      this.failed(asError(error));
      invite.reject(500);
    };
    try {
      void onInvite(invite)?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  /** True for an INVITE that has already arrived by another path (RFC 3261, section 8.2.2.2). */
  #isMerged({ headers, method }: SipRequest): boolean {
    if (method !== 'INVITE') return false;
    const key = `${method} ${headers.get('Call-ID')} ${tagOf(headers, 'From')} ${cseqOf(headers).number}`;
    const branch = topVia(headers)?.params.get('branch') ?? '';
    const now = this.clock.now();
    for (const [old, { until }] of this.#merges) {
      if (until > now && this.#merges.size < MAX_MERGES) break;
      this.#merges.delete(old);
    }
    const known = this.#merges.get(key);
    if (known) return known.branch !== branch;
    this.#merges.set(key, { branch, until: now + MERGE_MS });
    return false;
  }

  /**
   * Handles a 2xx that arrives after the transaction of its INVITE is over. Its session sends the ACK again. A 2xx
   * without a session is counted as stray.
   */
  #late(response: SipResponse): void {
    const { headers } = response;
    const session = this.sessionOf(
      headers.get('Call-ID') ?? '',
      tagOf(headers, 'From'),
      tagOf(headers, 'To'),
    );
    if (session) session.answeredAgain(response);
    else this.layer.counts.stray++;
  }
}
