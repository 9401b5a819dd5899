import type { Clock } from '../../base/time/clock.js';
import { readAddress, readUri, writeAddress } from '../sip-message/address.js';
import { type DigestAlgorithm, DigestGuard } from '../sip-message/digest.js';
import type { SipRequest, SipResponse } from '../sip-message/sip-message.js';
import type { SipFlow } from '../sip-transport/sip-transport.js';
import { responseTo } from '../sip-transport/transaction-layer.js';

/** Account of a phone, or of another exchange, that registers here. */
export interface SipPhoneAccount {
  readonly user: string;
  readonly password: string;
}

interface Binding {
  readonly contact: string;
  readonly flow: SipFlow;
  readonly until: number;
}

/** Bounds of the lifetime of a registration, in seconds. */
const LEAST_SECONDS = 60;
const MOST_SECONDS = 3600;

/** Registrar of a line's phones. It keeps the address at which each phone is reached. */
export class Registrar {
  readonly guard: DigestGuard;
  readonly #clock: Clock;
  readonly #accounts: ReadonlyMap<string, SipPhoneAccount>;
  readonly #bindings = new Map<string, Binding>();
  /** Addresses from which phones have registered, each with the time at which its registration expires. */
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

  /** Returns the account that a request proves to be from, or the 401 that challenges it. */
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

  /** Returns the way to an account; undefined when it is not registered. */
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
