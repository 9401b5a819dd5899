import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { People } from '../people/people.js';
import type { Happening } from './subscription.js';
import { WebEndpoint } from './web-endpoint.js';
import { mostAvailable, type StatusWord } from './web-status.js';

/** Lifetime of a registration token, in milliseconds. */
const LASTS_MS = 86_400_000;
/** Most endpoints of one account. Beyond that the oldest is closed. */
const MAX_ENDPOINTS = 20;

/** A new endpoint with its token. The token is shown only once. */
export interface RegisteredEndpoint {
  readonly endpoint: WebEndpoint;
  readonly token: string;
}

/**
 * The endpoints of web clients, and their effect on the presence of users. The desktop counts as an endpoint whose
 * status is the one of `SET USERSTATUS`. A user has the status of the most available endpoint. A user whose desktop is
 * offline stays connected while a web client is.
 */
export class WebEndpoints {
  readonly #clock: Clock;
  readonly #people: People;
  readonly #byUser = new Map<ExchangeUser, WebEndpoint[]>();
  /** Endpoints by the digest of their token. */
  readonly #tokens = new Map<string, WebEndpoint>();
  /** USERSTATUS of the desktop, for users who have web endpoints. */
  readonly #desktop = new Map<ExchangeUser, string>();
  readonly #expiries = new Map<WebEndpoint, CancelTimer>();
  readonly #activities = new Map<WebEndpoint, CancelTimer>();
  #settling = false;

  constructor(clock: Clock, people: People) {
    this.#clock = clock;
    this.#people = people;
    people.on('status', ({ user, status }) => {
      if (this.#settling || !this.#desktop.has(user)) return;
      this.#desktop.set(user, status);
      this.settle(user);
    });
  }

  of(user: ExchangeUser): readonly WebEndpoint[] {
    return this.#byUser.get(user) ?? [];
  }

  find(user: ExchangeUser, id: string): WebEndpoint | undefined {
    return this.of(user).find((endpoint) => endpoint.id === id.toLowerCase());
  }

  /** Makes an endpoint. @param id Default: a new one. It replaces an endpoint with the same id. */
  create(user: ExchangeUser, id: string = randomUUID()): RegisteredEndpoint {
    const known = this.find(user, id);
    if (known) this.close(known);
    const [oldest] = this.of(user);
    if (oldest && this.of(user).length >= MAX_ENDPOINTS) this.close(oldest);
    const token = randomBytes(48).toString('base64');
    const endpoint = new WebEndpoint(id.toLowerCase(), user, this.#clock.unixMs() + LASTS_MS, this.#clock);
    this.#byUser.set(user, [...this.of(user), endpoint]);
    this.#tokens.set(digest(token), endpoint);
    if (!this.#desktop.has(user)) this.#desktop.set(user, user.parameters.get('USERSTATUS') ?? 'ONLINE');
    this.#later(this.#expiries, endpoint, LASTS_MS, () => this.close(endpoint));
    this.settle(user);
    return { endpoint, token };
  }

  /** Finds the endpoint of a registration token, unless it is closed. */
  byToken(token: string): WebEndpoint | undefined {
    return this.#tokens.get(digest(token));
  }

  close(endpoint: WebEndpoint): void {
    const { user } = endpoint;
    this.#byUser.set(
      user,
      this.of(user).filter((each) => each !== endpoint),
    );
    for (const [token, each] of this.#tokens) if (each === endpoint) this.#tokens.delete(token);
    for (const timers of [this.#expiries, this.#activities]) {
      timers.get(endpoint)?.();
      timers.delete(endpoint);
    }
    endpoint.end();
    this.settle(user);
    if (this.of(user).length === 0) this.#desktop.delete(user);
  }

  /** Sets the status of an endpoint. Offline closes it. */
  say(endpoint: WebEndpoint, status: StatusWord): void {
    if (status === 'Offline') {
      this.close(endpoint);
      return;
    }
    endpoint.say(status);
    this.settle(endpoint.user);
  }

  /** Keeps an endpoint active for so many milliseconds. */
  keepActive(endpoint: WebEndpoint, ms: number): void {
    endpoint.keepActive(ms);
    this.#later(this.#activities, endpoint, ms, () => this.settle(endpoint.user));
    this.settle(endpoint.user);
  }

  /** Sends an event to all endpoints of a user. */
  tell(user: ExchangeUser, happening: Happening): void {
    for (const endpoint of this.of(user)) endpoint.tell(happening);
  }

  /** Sets USERSTATUS from the statuses of all endpoints. */
  settle(user: ExchangeUser): void {
    const desktop = this.#desktop.get(user);
    if (desktop === undefined) return;
    const status = mostAvailable([desktop, ...this.of(user).map((endpoint) => endpoint.status)]);
    if (status === user.parameters.get('USERSTATUS')) return;
    this.#settling = true;
    try {
      this.#people.setStatus(user, status);
    } finally {
      this.#settling = false;
    }
  }

  /** Ends all polls and timers, for example when the exchange closes. */
  endAll(): void {
    for (const endpoints of this.#byUser.values()) for (const endpoint of endpoints) endpoint.end();
    for (const timers of [this.#expiries, this.#activities]) {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    }
  }

  #later(timers: Map<WebEndpoint, CancelTimer>, endpoint: WebEndpoint, ms: number, task: () => void): void {
    timers.get(endpoint)?.();
    timers.set(endpoint, this.#clock.timerAt(this.#clock.now() + ms, task));
  }
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
