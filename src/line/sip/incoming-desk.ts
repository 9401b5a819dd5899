import { type Identity, phoneIdentity } from '../../switch/identity.js';
import type { IncomingCalls, Onward } from '../../switch/line.js';
import type { CallMedia } from '../sip-call/call-media.js';
import type { IncomingInvite } from '../sip-call/incoming-invite.js';
import { replaced } from '../sip-call/replaces.js';
import { SipLeg, type SipLegHost } from '../sip-call/sip-leg.js';
import { readable, readUri } from '../sip-message/address.js';
import { callerIdentity, diverterOf, numberIn } from '../sip-message/caller-identity.js';
import type { SipRequest, SipResponse } from '../sip-message/sip-message.js';
import { addressText, type SipFlow } from '../sip-transport/sip-transport.js';
import type { LineLimits, SipRefusals } from './line-limits.js';
import type { Registrar } from './registrar.js';
import type { SipLineSettings } from './sip-line-options.js';
import type { StrangerGate } from './stranger-gate.js';
import type { TrustedPeers } from './trusted-peers.js';

/** The part of a line that its {@link IncomingDesk} uses. */
export interface IncomingDeskContext {
  readonly settings: SipLineSettings;
  readonly incoming: IncomingCalls;
  readonly registrar: Registrar | undefined;
  readonly trusted: TrustedPeers;
  readonly limits: LineLimits;
  readonly gate: StrangerGate;
  /** Calls in progress, both ways. */
  readonly legs: Set<SipLeg>;
  /** User of the Contact that was registered. It is random: only the registrar knows it. */
  readonly contactUser: string;
  openMedia(): Promise<CallMedia>;
  legHost(): SipLegHost;
  refused(status: number, why: keyof SipRefusals, from: string): void;
  called(call: {
    readonly direction: 'in';
    readonly callId: string;
    readonly partner: Identity;
    readonly headers: Readonly<Record<string, string>>;
  }): void;
}

/** Caller that is admitted: a trusted peer, or a phone that has proved its account. */
type Admitted = { readonly kind: 'peer' } | { readonly kind: 'phone'; readonly user: string };

/** Takes the incoming calls of a line: checks the caller and the limits, and finds the called party. */
export class IncomingDesk {
  readonly limits: LineLimits;
  readonly #context: IncomingDeskContext;

  constructor(context: IncomingDeskContext) {
    this.#context = context;
    this.limits = context.limits;
  }

  /** Returns true for a request outside any call that is to be handled. Requests of a trusted peer are not limited. */
  admits(request: SipRequest, flow: SipFlow): boolean {
    const { gate, registrar } = this.#context;
    const { host } = flow.remote;
    return this.#isPeer(flow) || gate.admits(request, host, registrar?.isAt(host) ?? false);
  }

  /** Answers a REGISTER, and counts one with a wrong password. */
  register(request: SipRequest, flow: SipFlow): SipResponse | undefined {
    const response = this.#context.registrar?.register(request, flow);
    const isWrong = response?.status === 401 && request.headers.get('Authorization') !== undefined;
    if (isWrong && !/\bstale=true/.test(response.headers.get('WWW-Authenticate') ?? '')) {
      this.limits.refusals.credentials++;
      this.#context.refused(401, 'credentials', addressText(flow.remote));
    }
    return response;
  }

  async take(invite: IncomingInvite): Promise<void> {
    const admitted = this.#admitted(invite);
    if (!admitted) return;
    const { request } = invite;
    const { limits } = this;
    const call = {};
    if (!limits.admit(call, 'in')) {
      this.#context.refused(503, 'limit', addressText(invite.flow.remote));
      invite.reject(503, { 'Retry-After': '10' });
      return;
    }
    let media: CallMedia | undefined;
    try {
      media = await this.#context.openMedia();
      const old = replaced(request.headers.get('Replaces'), this.#context.legs);
      if (old === 'unknown') invite.reject(481);
      else if (old) return await this.#replace(invite, old, media);
      else if (invite.isOpen && this.#place(invite, admitted, media, call)) return;
      else if (invite.isOpen) {
        limits.refusals.unknown++;
        const status = hopsOf(request) > 0 ? 404 : 483;
        this.#context.refused(status, 'unknown', addressText(invite.flow.remote));
        invite.reject(status);
      }
      await media.close();
    } catch (error) {
      await media?.close();
      throw error;
    } finally {
      limits.release(call);
    }
  }

  #place(invite: IncomingInvite, admitted: Admitted, media: CallMedia, call: object): boolean {
    const { settings, incoming, legHost, called } = this.#context;
    const { headers, uri } = invite.request;
    const identity = this.#identity(invite, admitted);
    const host = legHost();
    const leg = new SipLeg(host, identity, media, invite);
    const forwardedBy = admitted.kind === 'peer' ? diverterOf(headers, settings.country) : undefined;
    this.limits.become(call, leg);
    this.#context.legs.add(leg);
    const kept = settings.kept.flatMap((name): [string, string][] => {
      const value = headers.get(name);
      return value === undefined ? [] : [[name, readable(value)]];
    });
    called({
      direction: 'in',
      callId: headers.get('Call-ID') ?? '',
      partner: identity,
      headers: Object.fromEntries(kept),
    });
    const subject = settings.subject === undefined ? undefined : headers.get(settings.subject);
    const way = {
      ...(forwardedBy && { forwardedBy }),
      ...(subject !== undefined && { subject: readable(subject) }),
    };
    const user = readUri(uri)?.user ?? '';
    const number = numberIn(user, settings.country);
    const hops = hopsOf(invite.request) - 1;
    const onward = { hops: Math.max(hops, 0), onward: hops < 0 ? 'none' : this.#onward(admitted) } as const;
    // Order: a user or robot with the number or the name, then a line, then the handle of the option `to`.
    const tries = [
      { name: number, by: way },
      { name: user, by: way },
      { name: number, by: { ...way, ...onward } },
      { name: settings.to, by: way },
    ];
    const isPlaced = tries.some(({ name, by }) => name && incoming.place(leg, name, by));
    if (!isPlaced) {
      this.#context.legs.delete(leg);
      this.limits.release(leg);
    }
    return isPlaced;
  }

  /**
   * Lines through which a call may go on. With `onward: phones` it is every line for a call from a registered phone,
   * and only phones that register at a line for a call from the trunk or the provider.
   */
  #onward({ kind }: Admitted): Onward {
    const { onward } = this.#context.settings;
    if (onward === 'none' || onward === 'all') return onward;
    return kind === 'phone' ? 'all' : 'own';
  }

  /** Lets a phone take over the call of another one (RFC 3891). */
  async #replace(invite: IncomingInvite, leg: SipLeg, media: CallMedia): Promise<void> {
    const session = await invite.answer(media, leg.events);
    if (session && !leg.isOver) {
      leg.become(session, media);
      this.limits.charge(leg, undefined, () => leg.cutOff());
    } else {
      void session?.end();
      await media.close();
    }
  }

  #identity({ request: { headers } }: IncomingInvite, admitted: Admitted): Identity {
    const { settings } = this.#context;
    if (admitted.kind === 'peer') return callerIdentity(headers, true, settings.country);
    const number = settings.phones.find(({ user }) => user === admitted.user)?.number;
    const known = callerIdentity(headers, false, settings.country);
    if (number !== undefined) return phoneIdentity(number, known.fullName);
    return {
      ...known,
      handle: `sip:${admitted.user.toLowerCase().replace(/[^a-z0-9.,_:-]/g, '')}`.slice(0, 32),
      network: 'P2P',
    };
  }

  /** True for a flow from the trunk or the registrar, known by its address or its certificate. */
  #isPeer({ remote, names }: SipFlow): boolean {
    const { settings, trusted } = this.#context;
    return trusted.has(remote.host) || names.some((name) => settings.trunk?.names.includes(name));
  }

  /** Identifies the caller. A stranger is refused, or challenged when phones have accounts here. */
  #admitted(invite: IncomingInvite): Admitted | undefined {
    const { settings, registrar, contactUser } = this.#context;
    const { request, flow } = invite;
    const isTrusted =
      this.#isPeer(flow) || (settings.account !== undefined && readUri(request.uri)?.user === contactUser);
    if (isTrusted) return { kind: 'peer' };
    const account = registrar?.authenticate(request);
    if (account && !('kind' in account)) return { kind: 'phone', user: account.user };
    const challenge = account?.headers.lines('WWW-Authenticate');
    if (!challenge || request.headers.get('Authorization') !== undefined) {
      this.limits.refusals.stranger++;
      this.#context.refused(challenge ? 401 : 403, 'stranger', addressText(flow.remote));
    }
    if (challenge) invite.challenge(challenge);
    else invite.reject(403);
    return undefined;
  }
}

/** Number of servers that a request may still pass (Max-Forwards). */
function hopsOf({ headers }: SipRequest): number {
  const hops = Number(headers.get('Max-Forwards') ?? 70);
  return Number.isInteger(hops) ? Math.min(hops, 255) : 70;
}
