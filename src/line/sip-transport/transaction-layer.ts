import { randomBytes } from 'node:crypto';
import { bareHost } from '../../base/system/host-address.js';
import type { Clock } from '../../base/time/clock.js';
import type { Via } from '../sip-message/address.js';
import { SipHeaders, splitHeaderList } from '../sip-message/headers.js';
import { reasonPhrase } from '../sip-message/reasons.js';
import {
  cseqOf,
  type Malformed,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  tagOf,
  topVia,
  writeMessage,
} from '../sip-message/sip-message.js';
import { ClientTransaction, type TransactionFailure } from './client-transaction.js';
import { OwnAddresses } from './own-addresses.js';
import { defaultPort, type SipTarget } from './resolve.js';
import { ServerTransaction } from './server-transaction.js';
import {
  addressText,
  type HostPort,
  hostText,
  type SipFlow,
  type SipTransport,
  type TransportKind,
} from './sip-transport.js';
import { SIP_TIMES, type SipTimes } from './transaction.js';
import { WatchedFlow, type WireTrace } from './watched-flow.js';

const COOKIE = 'z9hG4bK';
/** Most incoming requests in progress. Further requests outside of calls are refused. */
const MAX_TRANSACTIONS = 20_000;

/** Counters of received, refused and lost messages. */
export interface SipCounts {
  received: number;
  malformed: number;
  /** Requests that came while too many were in progress. */
  overload: number;
  /** Requests of strangers that were too many or too long, and were dropped without an answer. */
  flood: number;
  /** Connections that were refused, because there were too many. */
  connectionsRefused: number;
  /** Responses and ACKs without a matching request. */
  stray: number;
}

export interface TransactionLayerContext {
  readonly clock: Clock;
  readonly times?: Partial<SipTimes>;
  /** Address by which peers reach this endpoint, if it is not the one that it is bound to. */
  readonly advertised?: string;
  /**
   * Returns `call` for a request of a current call, `other` for any other request, false for one to drop without an
   * answer.
   */
  admits(request: SipRequest, flow: SipFlow): 'call' | 'other' | false;
  /** Takes a new request. */
  requested(transaction: ServerTransaction): void;
  /** Takes the ACK of a 2xx. */
  acknowledged(ack: SipRequest, flow: SipFlow): void;
  /** Takes a 2xx to an INVITE whose transaction has ended. */
  late(response: SipResponse, flow: SipFlow): void;
  failed(error: unknown): void;
  /** Receiver of a trace of the messages. Default: none. */
  readonly trace?: WireTrace;
}

/** Listeners of a sent request. */
export interface RequestEvents {
  responded(response: SipResponse): void;
  failed(failure: TransactionFailure): void;
}

/** Transports of an endpoint, and the transactions over them. */
export class TransactionLayer {
  readonly counts: SipCounts = {
    received: 0,
    malformed: 0,
    overload: 0,
    flood: 0,
    connectionsRefused: 0,
    stray: 0,
  };
  readonly times: SipTimes;
  readonly #context: TransactionLayerContext;
  readonly #transports: SipTransport[] = [];
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  /** Addresses of this endpoint as peers see them, by transport and peer. */
  readonly #seenAs = new Map<string, HostPort>();
  readonly #own: OwnAddresses;

  constructor(context: TransactionLayerContext) {
    this.#context = context;
    this.#own = new OwnAddresses(context.clock);
    this.times = { ...SIP_TIMES, ...context.times };
  }

  add(transport: SipTransport): void {
    this.#transports.push(transport);
  }

  get transports(): readonly SipTransport[] {
    return this.#transports;
  }

  get kinds(): TransportKind[] {
    return this.#transports.map(({ kind }) => kind);
  }

  /** Returns the flow to an address; undefined when there is no such transport. */
  flowTo(target: SipTarget): SipFlow | undefined {
    return this.#transports.find(({ kind }) => kind === target.kind)?.flowTo(target, target.name);
  }

  /**
   * Returns the address by which a peer reaches this endpoint: the advertised one, else the one that the peer has seen,
   * else the one that the transport is bound to.
   */
  addressFor(flow: SipFlow): HostPort {
    const local = this.#transports.find(({ kind }) => kind === flow.kind)?.local ?? { host: '', port: 0 };
    const { advertised } = this.#context;
    if (advertised !== undefined) return { host: advertised, port: local.port };
    const seen = this.#seenAs.get(`${flow.kind} ${addressText(flow.remote)}`);
    const host = isAny(local.host) ? this.#own.towards(flow.remote.host) : local.host;
    return seen ?? { host, port: local.port };
  }

  /** Sends a request, with a new top Via. */
  send(request: SipRequest, flow: SipFlow, events: RequestEvents): ClientTransaction {
    const branch = `${COOKIE}${randomBytes(12).toString('hex')}`;
    const headers = request.headers.copy();
    headers.prepend('Via', this.#via(flow, branch));
    const sent = { ...request, headers };
    const key = `${branch} ${request.method}`;
    const transaction = new ClientTransaction(sent, this.#watched(flow), {
      clock: this.#context.clock,
      times: this.times,
      ...events,
      ended: () => this.#clients.delete(key),
    });
    this.#clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  /** Sends the CANCEL of a request. */
  cancel(invite: ClientTransaction): void {
    if (!invite.isPending) return;
    invite.expire();
    const { request, flow } = invite;
    const headers = new SipHeaders();
    for (const name of ['Via', 'Max-Forwards', 'Route', 'From', 'To', 'Call-ID'] as const) {
      headers.add(
        name,
        ...(name === 'Via' ? request.headers.lines(name).slice(0, 1) : request.headers.lines(name)),
      );
    }
    headers.add('CSeq', `${cseqOf(request.headers).number} CANCEL`);
    const cancel: SipRequest = {
      kind: 'request',
      method: 'CANCEL',
      uri: request.uri,
      headers,
      body: Buffer.alloc(0),
    };
    const key = `${topVia(headers)?.params.get('branch')} CANCEL`;
    const transaction = new ClientTransaction(cancel, flow, {
      clock: this.#context.clock,
      times: this.times,
      responded: () => undefined,
      failed: () => undefined,
      ended: () => this.#clients.delete(key),
    });
    this.#clients.set(key, transaction);
    transaction.start();
  }

  /** Sends the ACK of a 2xx, which has no transaction. */
  sendAck(ack: SipRequest, flow: SipFlow): void {
    const headers = ack.headers
      .copy()
      .prepend('Via', this.#via(flow, `${COOKIE}${randomBytes(12).toString('hex')}`));
    this.sendBytes({ ...ack, headers }, flow);
  }

  /** Sends a message outside of any transaction. */
  sendBytes(message: SipMessage, flow: SipFlow): void {
    this.#watched(flow)
      .send(writeMessage(message))
      .catch(() => undefined);
  }

  /** Finds the INVITE transaction of a CANCEL. */
  cancelled(cancel: SipRequest): ServerTransaction | undefined {
    return this.#servers.get(serverKey(cancel, 'INVITE'));
  }

  /** Takes a message from a transport. */
  receive(message: SipMessage | Malformed, flow: SipFlow): void {
    this.counts.received++;
    const watched = this.#watched(flow);
    if (message.kind === 'malformed') {
      this.counts.malformed++;
      this.#refuse(message, watched);
      return;
    }
    this.#context.trace?.()?.({ direction: 'in', message, flow });
    if (message.kind === 'response') this.#response(message, watched);
    else this.#request(withSource(message, flow), watched);
  }

  refused(): void {
    this.counts.connectionsRefused++;
  }

  /** Ends all transactions and closes the transports. */
  async close(): Promise<void> {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) transaction.stop();
    await Promise.all(this.#transports.map((transport) => transport.close()));
  }

  #response(response: SipResponse, flow: SipFlow): void {
    const via = topVia(response.headers);
    const cseq = cseqOf(response.headers);
    const client = this.#clients.get(`${via?.params.get('branch')} ${cseq.method}`);
    if (client && via) {
      this.#learn(via, flow);
      client.receive(response);
    } else if (cseq.method === 'INVITE' && response.status >= 200 && response.status < 300) {
      this.#context.late(response, flow);
    } else this.counts.stray++;
  }

  #request(request: SipRequest, flow: SipFlow): void {
    const key = serverKey(request, request.method === 'ACK' ? 'INVITE' : request.method);
    const known = this.#servers.get(key);
    if (request.method === 'ACK') {
      known?.acknowledged();
      this.#context.acknowledged(request, flow);
      return;
    }
    if (known) {
      known.again();
      return;
    }
    const admitted = this.#context.admits(request, flow);
    if (!admitted) {
      this.counts.flood++;
      return;
    }
    if (admitted === 'other' && this.#servers.size >= MAX_TRANSACTIONS) {
      this.counts.overload++;
      this.sendBytes(responseTo(request, 503, { 'Retry-After': '5' }), flow);
      return;
    }
    const transaction = new ServerTransaction(request, this.#wayBack(request, flow), {
      clock: this.#context.clock,
      times: this.times,
      ended: () => this.#servers.delete(key),
    });
    this.#servers.set(key, transaction);
    this.#context.requested(transaction);
  }

  /**
   * Returns the flow of the responses: to the source of the request if it asks for that (`rport`) or came over a
   * connection, else to the port in the Via.
   */
  #wayBack(request: SipRequest, flow: SipFlow): SipFlow {
    const via = topVia(request.headers);
    if (flow.kind !== 'UDP' || !via || via.params.has('rport')) return flow;
    const port = via.port ?? defaultPort('UDP');
    if (port === flow.remote.port || port < 1 || port > 65_535) return flow;
    const { host } = flow.remote;
    return this.#watched(this.flowTo({ kind: 'UDP', host, port, name: host }) ?? flow);
  }

  /** Refuses a malformed message, if enough of it could be read for an answer. An ACK is never answered. */
  #refuse({ request, status, reason }: Malformed, flow: SipFlow): void {
    if (!request || request.method === 'ACK') return;
    const { headers } = request;
    if (!topVia(headers) || headers.get('From') === undefined || headers.get('Call-ID') === undefined) return;
    this.#context.trace?.()?.({ direction: 'in', message: request, flow });
    this.sendBytes(responseTo(withSource(request, flow), status, {}, reason), flow);
  }

  /** Learns the address of this endpoint, as the peer has written it into the Via (RFC 3581). */
  #learn(via: Via, flow: SipFlow): void {
    const host = via.params.get('received') ?? via.host;
    const port = Number(via.params.get('rport') || via.port || 0);
    if (flow.kind !== 'UDP' || port < 1 || port > 65_535 || !/^[\d.]+$|:/.test(host)) return;
    const key = `UDP ${addressText(flow.remote)}`;
    if (this.#seenAs.size >= 10_000) this.#seenAs.clear();
    this.#seenAs.set(key, { host: bareHost(host), port });
  }

  #via(flow: SipFlow, branch: string): string {
    const { host, port } = this.addressFor(flow);
    return `SIP/2.0/${flow.kind} ${hostText(host)}:${port};branch=${branch};rport`;
  }

  /** Returns the flow with a trace of what is sent over it. */
  #watched(flow: SipFlow): SipFlow {
    const { trace } = this.#context;
    return trace ? new WatchedFlow(flow, trace) : flow;
  }
}

/** Makes the response to a request, with its Via, From, To, Call-ID and CSeq (RFC 3261, section 8.2.6). */
export function responseTo(
  request: SipRequest,
  status: number,
  extra: Readonly<Record<string, string>> = {},
  reason: string = reasonPhrase(status),
): SipResponse {
  const { headers: asked } = request;
  const headers = new SipHeaders();
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const)
    headers.add(name, ...asked.lines(name));
  if (status < 300 && status > 100) headers.add('Record-Route', ...asked.lines('Record-Route'));
  const to = headers.get('To') ?? '';
  if (status > 100 && tagOf(headers, 'To') === '' && !('To' in extra))
    headers.set('To', `${to};tag=${tagFor(request)}`);
  for (const [name, value] of Object.entries(extra)) headers.set(name, value);
  return { kind: 'response', status, reason, headers, body: Buffer.alloc(0) };
}

/** Makes a random tag of a dialog. */
export function newTag(): string {
  return randomBytes(8).toString('hex');
}

/** Makes the tag of a response without a dialog. It is the same for each repetition of the request. */
function tagFor(request: SipRequest): string {
  const text = `${request.headers.get('Call-ID')} ${request.headers.get('CSeq')}`;
  let hash = 17;
  for (let at = 0; at < text.length; at++) hash = (hash * 31 + text.charCodeAt(at)) >>> 0;
  return `r${hash.toString(36)}`;
}

/** Makes the key by which a repeated request is recognised. Requests of RFC 2543 have no unique branch. */
function serverKey(request: SipRequest, method: string): string {
  const { headers } = request;
  const via = topVia(headers);
  const branch = via?.params.get('branch') ?? '';
  if (branch.startsWith(COOKIE) && branch.length > COOKIE.length) {
    return `${branch} ${via?.host}:${via?.port} ${method}`;
  }
  const cseq = cseqOf(headers).number;
  return `${request.uri} ${tagOf(headers, 'From')} ${headers.get('Call-ID')} ${cseq} ${via?.host}:${via?.port} ${method}`;
}

/** Adds the source of the request to its top Via (RFC 3261, section 18.2.1, and RFC 3581). */
function withSource(request: SipRequest, flow: SipFlow): SipRequest {
  const via = topVia(request.headers);
  if (!via) return request;
  const { host, port } = flow.remote;
  const [first = '', ...others] = splitHeaderList(request.headers.get('Via') ?? '');
  const [name, ...parts] = first.split(';');
  const kept = parts.filter((part) => !/^\s*(?:received|rport)\s*(?:=|$)/i.test(part));
  let noted = [name, ...kept].join(';');
  if (via.params.has('rport')) noted += `;rport=${port}`;
  if (bareHost(via.host) !== host || via.params.has('rport')) noted += `;received=${host}`;
  return { ...request, headers: request.headers.copy().replaceFirst('Via', noted, ...others) };
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
