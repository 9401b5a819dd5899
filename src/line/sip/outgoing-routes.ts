import type { AttemptOrigin } from '../../switch/attempt.js';
import type { OutgoingInviteOptions } from '../sip-call/outgoing-invite.js';
import type { SipLeg } from '../sip-call/sip-leg.js';
import type { TransferWay } from '../sip-call/sip-transfer.js';
import { escapeUser, onWire, readUri, type SipUri } from '../sip-message/address.js';
import { identityOf } from '../sip-message/caller-identity.js';
import type { Credentials } from '../sip-message/digest.js';
import type { LineLimits } from './line-limits.js';
import type { Registrar } from './registrar.js';
import type { SipEndpoint } from './sip-endpoint.js';
import type { SipLineSettings } from './sip-line-options.js';
import { tariffOf } from './tariff-table.js';

/** Options of an INVITE that lead to the called party. */
export type CallWay = Pick<OutgoingInviteOptions, 'uri' | 'flow' | 'proxy' | 'credentials' | 'user'>;

/** Options of an INVITE that identify the caller. */
export type CallOrigin = Omit<OutgoingInviteOptions, 'media' | 'uri'>;

export interface OutgoingRoutesContext {
  readonly settings: SipLineSettings;
  readonly contactUser: string;
  readonly endpoint: SipEndpoint;
  readonly registrar: Registrar | undefined;
  readonly limits: LineLimits;
}

/** Makes the options of a line's outgoing calls: the way to the called party, and the caller. */
export class OutgoingRoutes {
  readonly #context: OutgoingRoutesContext;

  constructor(context: OutgoingRoutesContext) {
    this.#context = context;
  }

  /** Name and password for challenges of the trunk or the provider. */
  get credentials(): Credentials | undefined {
    const { trunk, account } = this.#context.settings;
    if (account) {
      return { user: account.user ?? readUri(account.address)?.user ?? '', password: account.password };
    }
    return trunk?.user === undefined ? undefined : { user: trunk.user, password: trunk.password ?? '' };
  }

  /** Returns the way to a phone that is registered here; undefined when it is not registered. */
  toPhone(user: string): CallWay | undefined {
    const binding = this.#context.registrar?.bindingOf(user);
    return binding && { uri: binding.contact, flow: binding.flow };
  }

  /** Returns the URI of a number at the trunk or the provider, and the way there. */
  towards(number: string): CallWay {
    const { settings, contactUser } = this.#context;
    const { trunk, account, numbers } = settings;
    const user = numbers === '+' ? number : `${numbers === '00' ? '00' : ''}${number.slice(1)}`;
    const base = readUri(trunk?.uri ?? account?.registrar ?? account?.address ?? '');
    const host = `${base?.host ?? ''}${base?.port === undefined ? '' : `:${base.port}`}`;
    const transport = base?.params.get('transport');
    const { credentials } = this;
    return {
      uri: `${base?.scheme ?? 'sip'}:${escapeUser(user)}@${host}${transport === undefined ? '' : `;transport=${transport}`}`,
      ...(account?.proxy !== undefined && { proxy: account.proxy }),
      ...(credentials && { credentials }),
      user: contactUser,
    };
  }

  /**
   * Returns the options that identify the caller to the trunk or the provider.
   *
   * @param more Headers of this call alone.
   */
  from(origin: AttemptOrigin, more: Readonly<Record<string, string>> = {}): CallOrigin {
    const { caller, account } = this.#context.settings;
    return this.#from(origin, caller ?? readUri(account?.address ?? '')?.user, more);
  }

  /**
   * Returns the options that identify the caller to a phone registered here. The phone is shown the caller, not the
   * number of the line.
   */
  within(origin: AttemptOrigin, more: Readonly<Record<string, string>> = {}): CallOrigin {
    return this.#from(origin, undefined, more);
  }

  #from(
    origin: AttemptOrigin,
    shown: string | undefined,
    more: Readonly<Record<string, string>>,
  ): CallOrigin {
    const { settings, endpoint, contactUser } = this.#context;
    const { account, trunk, asserted, diversion, headers, sessionSeconds } = settings;
    const domain =
      readUri(account?.address ?? trunk?.uri ?? '')?.host || endpoint.addresses[0]?.host || 'localhost';
    const caller = shown ?? origin.caller.handle.replace(/^sip:/, '');
    const from = `sip:${escapeUser(caller)}@${domain}`;
    const forwarder = origin.forwardedBy?.handle;
    return {
      from,
      fromName: origin.caller.fullName,
      user: contactUser,
      times: { expiresSeconds: sessionSeconds },
      ...(origin.hops !== undefined && { hops: origin.hops }),
      headers: {
        ...(asserted && { 'P-Asserted-Identity': `<${from}>` }),
        ...(diversion &&
          forwarder !== undefined && {
            Diversion: `<sip:${escapeUser(forwarder)}@${domain}>;reason=unconditional`,
          }),
        ...onWireAll({ ...headers, ...more }),
      },
    };
  }

  /**
   * Finds the way to the target of a REFER: a number, a phone, or another call of the peer, which is taken over.
   *
   * @returns undefined when the line does not allow the number.
   */
  wayTo(target: SipUri, leg: SipLeg, replaces: boolean): TransferWay | undefined {
    const { settings, limits } = this.#context;
    const { country, tariffs, trunk, phones } = settings;
    const from = this.from({ caller: leg.identity });
    const text = `${target.scheme}:${target.user === '' ? '' : `${escapeUser(target.user)}@`}${target.host}${target.port === undefined ? '' : `:${target.port}`}`;
    const peer = leg.session?.flow.remote.host;
    const isPeers = target.host === peer || readUri(trunk?.uri ?? '')?.host === target.host;
    if (replaces && isPeers) return { options: { ...from, uri: text } };
    const { handle } = identityOf({ name: '', uri: text, params: new Map() }, country);
    const phone = phones.find(({ user, number }) => user === target.user || number === handle);
    const way = phone && this.toPhone(phone.user);
    if (way) return { options: { ...from, ...way } };
    const tariff = tariffOf(tariffs, handle);
    if (!handle.startsWith('+') || !limits.allows(handle, tariff)) return undefined;
    return { options: { ...from, ...this.towards(handle) }, tariff };
  }
}

function onWireAll(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, onWire(value)]));
}
