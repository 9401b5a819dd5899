import type { Clock } from '../../base/time/clock.js';
import { whenFired } from '../../base/wait.js';

/** An event as a poll returns it. */
export interface EventMessage {
  readonly id: number;
  readonly type: 'EventMessage';
  readonly resourceType: ResourceType;
  /** ISO 8601. */
  readonly time: string;
  readonly resourceLink: string;
  readonly resource: object;
}

/** Kinds of events. */
export type ResourceType =
  | 'NewMessage'
  | 'ConversationUpdate'
  | 'ThreadUpdate'
  | 'UserPresence'
  | 'EndpointPresence';

/** An event before it is sent. Its links begin with the base address of each client. */
export interface Happening {
  readonly resourceType: ResourceType;
  /** Path below the base address, such as `/users/ME/conversations/8:bob/messages/1`. */
  readonly path: string;
  readonly resource: (base: string) => object;
}

/** Patterns of the resources to which each type of event belongs. */
const INTERESTS: Readonly<Record<ResourceType, readonly RegExp[]>> = {
  NewMessage: [/\/conversations\/(?:ALL|[^/]+)\/messages$/],
  ConversationUpdate: [/\/conversations\/(?:ALL|[^/]+)\/properties$/],
  ThreadUpdate: [/\/threads\/(?:ALL|[^/]+)$/],
  UserPresence: [/\/contacts\/(?:ALL|[^/]+)$/],
  EndpointPresence: [/\/contacts\/(?:ALL|[^/]+)$/, /\/presenceDocs\/messagingService$/],
};

/** First id of an event. */
const FIRST_ID = 1000;
/** Longest wait of a poll, in milliseconds. */
export const POLL_MS = 30_000;
/** Most events that wait to be fetched. Beyond that the oldest are dropped. */
const MAX_WAITING = 1000;
/** Most events of one poll. */
const MAX_EVENTS = 100;

/** Events that one endpoint has subscribed to, kept until it fetches them. */
export class Subscription {
  readonly #clock: Clock;
  #interests: readonly string[];
  #waiting: { readonly id: number; readonly at: string; readonly happening: Happening }[] = [];
  #lastId = FIRST_ID - 1;
  /** Ends the waiting poll. */
  #wake: (() => void) | undefined;

  constructor(interests: readonly string[], clock: Clock) {
    this.#interests = interests;
    this.#clock = clock;
  }

  set interests(interests: readonly string[]) {
    this.#interests = interests;
  }

  /** Adds an event if the endpoint has subscribed to it. */
  take(happening: Happening): void {
    const forms = INTERESTS[happening.resourceType];
    if (!this.#interests.some((interest) => forms.some((form) => form.test(interest)))) return;
    const at = new Date(this.#clock.unixMs()).toISOString();
    this.#waiting.push({ id: ++this.#lastId, at, happening });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    this.#wake?.();
  }

  /**
   * Waits for events: at most 30 seconds, and only while the client is connected. A new poll ends the previous one,
   * which then returns no events.
   */
  async poll(base: string, gone: AbortSignal): Promise<EventMessage[]> {
    this.#wake?.();
    if (this.#waiting.length === 0) await this.#event(gone);
    if (gone.aborted) return [];
    return this.#waiting.splice(0, MAX_EVENTS).map(({ id, at, happening }) => ({
      id,
      type: 'EventMessage',
      resourceType: happening.resourceType,
      time: at,
      resourceLink: `${base}${happening.path}`,
      resource: happening.resource(base),
    }));
  }

  /** Ends the waiting poll, for example when the endpoint is closed. */
  end(): void {
    this.#wake?.();
  }

  #event(gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        cancel();
        forget();
        if (this.#wake === wake) this.#wake = undefined;
        resolve();
      };
      this.#wake = wake;
      let cancel = () => {};
      let forget = () => {};
      cancel = this.#clock.timerAt(this.#clock.now() + POLL_MS, wake);
      forget = whenFired(gone, wake);
    });
  }
}
