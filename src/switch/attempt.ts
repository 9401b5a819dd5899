import type { Identity } from './identity.js';
import type { EndCause, Leg } from './leg.js';
import type { Party } from './party.js';

/** What a call costs (properties RATE, RATE_CURRENCY and RATE_PRECISION of the CALL object). */
export interface Tariff {
  /** Cost of a minute, in units of 10 to the power of minus `precision` of the currency. */
  readonly rate: number;
  readonly precision: number;
  readonly currency: string;
}

/** Where a call goes when it is not taken where it was meant for. */
export interface Overflow {
  /** How long it rings before that. */
  readonly ringMs: number;
  readonly forwards: readonly Forward[];
  /** Who set the forwards up. */
  readonly forwardedBy?: Identity;
  readonly voicemail: boolean;
}

/** Somebody to ring from `startMs` to `endMs` after the forwarding began. */
export interface Forward {
  readonly destination: Destination;
  readonly startMs: number;
  readonly endMs: number;
}

/** Somebody or something that can be called. */
export interface Destination {
  readonly identity: Identity;
  /** Default: free. */
  readonly tariff?: Tariff;
  /** A call comes in. Whatever is done with it is done through the attempt. */
  arrive(attempt: Attempt): void;
  /** Default: it rings for a minute, and that is all. */
  overflow?(): Overflow;
}

/** What a destination's doings mean to the one who dials. */
export interface AttemptEvents {
  ringing(): void;
  earlyMedia(party: Party): void;
  answered(leg: Leg): void;
  declined(cause: EndCause): void;
  /** The one called wants the call to go on elsewhere. */
  forwarded(to: 'rules' | 'voicemail'): void;
  transfer(targets: readonly Destination[], leg: Leg): void;
}

/** Who calls, and by what way the call has come. */
export interface AttemptOrigin {
  readonly caller: Identity;
  readonly forwardedBy?: Identity;
  readonly transferredBy?: Identity;
}

/** One call on its way to one destination, from the moment it arrives there until it is answered or given up. */
export class Attempt {
  readonly origin: AttemptOrigin;
  readonly #events: AttemptEvents;
  #open = true;
  #onWithdrawn: ((cause: EndCause) => void) | undefined;

  constructor(origin: AttemptOrigin, events: AttemptEvents) {
    this.origin = origin;
    this.#events = events;
  }

  /** Whether it can still be answered. */
  get open(): boolean {
    return this.#open;
  }

  /** Called once when the attempt is given up by the one who dials. */
  onWithdrawn(listener: (cause: EndCause) => void): void {
    this.#onWithdrawn = listener;
  }

  ringing(): void {
    if (this.#open) this.#events.ringing();
  }

  /** Voice before the answer; it ends with the attempt. */
  earlyMedia(party: Party): void {
    if (this.#open) this.#events.earlyMedia(party);
  }

  answer(leg: Leg): void {
    this.#close(() => this.#events.answered(leg));
  }

  decline(cause: EndCause): void {
    this.#close(() => this.#events.declined(cause));
  }

  forward(to: 'rules' | 'voicemail'): void {
    this.#close(() => this.#events.forwarded(to));
  }

  transfer(targets: readonly Destination[], leg: Leg): void {
    this.#close(() => this.#events.transfer(targets, leg));
  }

  /** The one who dials gives up. */
  withdraw(cause: EndCause): void {
    this.#close(() => this.#onWithdrawn?.(cause));
  }

  #close(act: () => void): void {
    if (!this.#open) return;
    this.#open = false;
    act();
  }
}
