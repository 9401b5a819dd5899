import type { Clock } from '../../base/time/clock.js';
import { readAddress, readUri, writeAddress } from '../sip-message/address.js';
import { type DigestAlgorithm, DigestGuard } from '../sip-message/digest.js';
import type { SipRequest, SipResponse } from '../sip-message/message.js';
import { responseTo } from '../sip-transport/transaction-layer.js';
import type { SipFlow } from '../sip-transport/transport.js';

/** A phone, or another exchange, that registers here. */
export interface SipPhoneAccount {
  readonly user: string;
  readonly password: string;
}

interface Binding {
  readonly contact: string;
  readonly flow: SipFlow;
  readonly until: number;
}

/** Life of a registration, in seconds: what is asked for, within these bounds. */
const LEAST_SECONDS = 60;
const MOST_SECONDS = 3600;

/** Registrar of the phones of a line: it knows by which address each of them is reached. */
export class Registrar {
  readonly guard: DigestGuard;
  readonly #clock: Clock;
  readonly #accounts: ReadonlyMap<string, SipPhoneAccount>;
  readonly #bindings = new Map<string, Binding>();
  /** Addresses that phones have registered from, with the time until which. */
  readonly #hosts = new Map<string, number>();

  constructor(
    clock: Clock,
    realm: string,
    accounts: readonly SipPhoneAccount[],
    digest: readonly DigestAlgorithm[],
  ) {
    this.#clock = clock;
    this.guard = new DigestGuard(realm, () => clock.now(), digest);
    this.#accounts = new Map(accounts.map((account) => [account.user, account]));
  }

  /** The account that a request proves to be from, or the response that asks for the proof. */
  authenticate(request: SipRequest): SipPhoneAccount | SipResponse {
    const check = this.guard.check(
      request.headers.lines('Authorization'),
      { method: request.method, uri: request.uri, body: request.body },
      (user) => this.#accounts.get(user)?.password,
    );
    const account = check.kind === 'accepted' ? this.#accounts.get(check.user) : undefined;
    if (account) return account;
    const response = responseTo(request, 401);
    response.headers.add(
      'WWW-Authenticate',
      ...this.guard.challenges(check.kind === 'refused' && check.isStale),
    );
    return response;
  }

  /** Answers a REGISTER. */
  register(request: SipRequest, flow: SipFlow): SipResponse {
    const account = this.authenticate(request);
    if ('kind' in account) return account;
    const { headers } = request;
    const to = readUri(readAddress(headers.get('To') ?? '')?.uri ?? '');
    if (to?.user !== account.user) return responseTo(request, 403);
    const [written] = headers.list('Contact');
    if (written !== undefined) {
      const contact = readAddress(written);
      const asked = Number.parseInt(contact?.params.get('expires') ?? headers.get('Expires') ?? '3600', 10);
      if (asked === 0) this.#bindings.delete(account.user);
      else if (!contact || !readUri(contact.uri)) return responseTo(request, 400);
      else if (asked < LEAST_SECONDS)
        return responseTo(request, 423, { 'Min-Expires': String(LEAST_SECONDS) });
      else {
        const seconds = Math.min(asked, MOST_SECONDS);
        const until = this.#clock.now() + seconds * 1000;
        this.#bindings.set(account.user, { contact: contact.uri, flow, until });
        this.#keep(flow.remote.host, until);
      }
    }
    const binding = this.bindingOf(account.user);
    if (!binding) return responseTo(request, 200);
    const left = Math.round((binding.until - this.#clock.now()) / 1000);
    return responseTo(request, 200, {
      Contact: writeAddress(binding.contact, '', { expires: String(left) }),
    });
  }

  /** Users of the accounts that are registered now. */
  get users(): string[] {
    return [...this.#bindings.keys()].filter((user) => this.bindingOf(user));
  }

  /** True for an address from which a phone has registered. */
  isAt(host: string): boolean {
    return (this.#hosts.get(host) ?? 0) > this.#clock.now();
  }

  /** The way to an account that is registered. */
  bindingOf(user: string): Binding | undefined {
    const binding = this.#bindings.get(user);
    return binding && binding.until > this.#clock.now() ? binding : undefined;
  }

  #keep(host: string, until: number): void {
    if (this.#hosts.size > 2 * this.#accounts.size) {
      const now = this.#clock.now();
      for (const [each, over] of this.#hosts) if (over <= now) this.#hosts.delete(each);
    }
    this.#hosts.set(host, until);
  }
}
