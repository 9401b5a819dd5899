import type { Clock } from '../../base/time/clock.js';
import type { ExchangeUser } from '../exchange-user.js';
import { type Happening, Subscription } from './subscription.js';
import { STATUS_WORDS, type StatusWord } from './web-status.js';

/** Description of an endpoint, as its program sent it. */
export interface EndpointDescription {
  readonly publicInfo: object;
  readonly privateInfo: object;
}

/** Most subscriptions of one endpoint. */
const MAX_SUBSCRIPTIONS = 5;

/** A connection of a web client to the exchange. */
export class WebEndpoint {
  /** A lower-case UUID. */
  readonly id: string;
  readonly user: ExchangeUser;
  /** Time at which its token expires, in Unix milliseconds. */
  readonly expires: number;
  description: EndpointDescription = { publicInfo: {}, privateInfo: {} };
  readonly subscriptions: Subscription[] = [];
  readonly #clock: Clock;
  #status: StatusWord | undefined;
  /** Time on the clock until which it counts as active; undefined until the client sets one. */
  #activeUntil: number | undefined;

  constructor(id: string, user: ExchangeUser, expires: number, clock: Clock) {
    this.id = id;
    this.user = user;
    this.expires = expires;
    this.#clock = clock;
  }

  /** Its status as a USERSTATUS: INVISIBLE until the client sets one, AWAY when it is no longer active. */
  get status(): string {
    const said = this.#status === undefined ? 'INVISIBLE' : STATUS_WORDS[this.#status];
    const isIdle = this.#activeUntil !== undefined && this.#activeUntil <= this.#clock.now();
    return isIdle && said === 'ONLINE' ? 'AWAY' : said;
  }

  say(status: StatusWord): void {
    this.#status = status;
  }

  /** Keeps it active for so many milliseconds. */
  keepActive(ms: number): void {
    this.#activeUntil = this.#clock.now() + ms;
  }

  /** Adds a subscription. Beyond the limit the oldest one is ended. @returns the number of the subscription. */
  subscribe(interests: readonly string[]): number {
    if (this.subscriptions.length >= MAX_SUBSCRIPTIONS) this.subscriptions.shift()?.end();
    return this.subscriptions.push(new Subscription(interests, this.#clock)) - 1;
  }

  tell(happening: Happening): void {
    for (const subscription of this.subscriptions) subscription.take(happening);
  }

  end(): void {
    for (const subscription of this.subscriptions) subscription.end();
  }
}
