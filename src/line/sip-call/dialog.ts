import { bareHost, isPrivateAddress } from '../../base/system/host-address.js';
import { readAddress, readUri } from '../sip-message/address.js';
import { SipHeaders } from '../sip-message/headers.js';
import { cseqOf, type SipRequest, type SipResponse, tagOf } from '../sip-message/sip-message.js';
import type { SipFlow } from '../sip-transport/sip-transport.js';

/** Path to the next hop: an existing flow, or the addresses of a URI. */
export interface SipWay {
  readonly flow?: SipFlow;
  /** URI whose addresses are tried when there is no flow or it is broken. */
  readonly hop: string;
  /** User of the Contact for a request that has none yet. */
  readonly contactUser?: string;
}

interface DialogParts {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly local: string;
  readonly remote: string;
  readonly routes: readonly string[];
  readonly target: string;
  readonly flow: SipFlow;
  readonly localSequence: number;
  readonly remoteSequence: number | undefined;
}

/** Dialog between two ends, identified by their tags, with its route (RFC 3261, section 12). */
export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly flow: SipFlow;
  /** Contact of the other end. */
  target: string;
  readonly #local: string;
  readonly #remote: string;
  readonly #routes: readonly string[];
  #localSequence: number;
  #remoteSequence: number | undefined;

  private constructor(parts: DialogParts) {
    this.callId = parts.callId;
    this.localTag = parts.localTag;
    this.remoteTag = parts.remoteTag;
    this.flow = parts.flow;
    this.target = parts.target;
    this.#local = parts.local;
    this.#remote = parts.remote;
    this.#routes = parts.routes;
    this.#localSequence = parts.localSequence;
    this.#remoteSequence = parts.remoteSequence;
  }

  /** Makes the dialog of a received request, on the server side. */
  static ofServer(request: SipRequest, flow: SipFlow, localTag: string): Dialog {
    const { headers } = request;
    return new Dialog({
      callId: headers.get('Call-ID') ?? '',
      localTag,
      remoteTag: tagOf(headers, 'From'),
      local: `${headers.get('To') ?? ''};tag=${localTag}`,
      remote: headers.get('From') ?? '',
      routes: headers.list('Record-Route'),
      target: contactOf(headers) ?? readAddress(headers.get('From') ?? '')?.uri ?? '',
      flow,
      localSequence: Math.floor(Math.random() * 10_000) + 1,
      remoteSequence: cseqOf(headers).number,
    });
  }

  /** Makes the dialog of a received response, on the client side. */
  static ofClient(request: SipRequest, response: SipResponse, flow: SipFlow): Dialog {
    const { headers } = response;
    return new Dialog({
      callId: headers.get('Call-ID') ?? '',
      localTag: tagOf(headers, 'From'),
      remoteTag: tagOf(headers, 'To'),
      local: request.headers.get('From') ?? '',
      remote: headers.get('To') ?? '',
      routes: headers.list('Record-Route').reverse(),
      target: contactOf(headers) ?? request.uri,
      flow,
      localSequence: cseqOf(request.headers).number,
      remoteSequence: undefined,
    });
  }

  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag);
  }

  /**
   * Makes a request within the dialog.
   *
   * @param sequence CSeq number. Default: the next one. An ACK has that of its INVITE.
   */
  request(method: string, sequence: number = this.nextSequence()): SipRequest {
    const headers = new SipHeaders([
      ['Max-Forwards', '70'],
      ['From', this.#local],
      ['To', this.#remote],
      ['Call-ID', this.callId],
      ['CSeq', `${sequence} ${method}`],
    ]);
    const [first = '', ...others] = this.#routes;
    const strict = first !== '' && !(readUri(readAddress(first)?.uri ?? '')?.params.has('lr') ?? true);
    // A strict router (RFC 2543) has its own address in the Request-URI (section 12.2.1.1).
    if (strict) headers.add('Route', ...others, `<${this.target}>`);
    else headers.add('Route', ...this.#routes);
    const uri = strict ? (readAddress(first)?.uri ?? '') : this.target;
    return { kind: 'request', method, uri, headers, body: Buffer.alloc(0) };
  }

  nextSequence(): number {
    this.#localSequence++;
    return this.#localSequence;
  }

  /** Notes a CSeq number that was used outside of the dialog, by a request that was repeated with credentials. */
  usedSequence(sequence: number): void {
    this.#localSequence = Math.max(this.#localSequence, sequence);
  }

  /** Takes the CSeq number of a received request. @returns false for one that is out of order. */
  accepts(request: SipRequest): boolean {
    const { number } = cseqOf(request.headers);
    if (this.#remoteSequence !== undefined && number <= this.#remoteSequence) return false;
    this.#remoteSequence = number;
    return true;
  }

  /** Takes the Contact of a message that refreshes the target. */
  refresh(headers: SipHeaders): void {
    this.target = contactOf(headers) ?? this.target;
  }

  /** Path to the other end: the route, the existing connection, or the address that it named. */
  get way(): SipWay {
    const [first] = this.#routes;
    const hop = first === undefined ? this.target : (readAddress(first)?.uri ?? this.target);
    if (this.flow.kind !== 'UDP') return { flow: this.flow, hop };
    const host = bareHost(readUri(hop)?.host ?? '');
    const isHidden = first === undefined && host !== this.flow.remote.host && isUnreachable(host);
    return isHidden ? { flow: this.flow, hop } : { hop };
  }
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`;
}

/** Returns true for a private address. An end behind a NAT names one that cannot be reached from here. */
function isUnreachable(host: string): boolean {
  return /^[\d.]+$|:/.test(host) && isPrivateAddress(host);
}

function contactOf(headers: SipHeaders): string | undefined {
  const [first] = headers.list('Contact');
  return first === undefined ? undefined : readAddress(first)?.uri;
}
