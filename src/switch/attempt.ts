import { callback, checkArgument, having, listOf, oneOf } from '../base/check.js';
import type { Identity } from './identity.js';
import { CAUSE, type EndCause, LEG, type Leg } from './leg.js';
import { PARTY, type Party } from './party.js';

/** Price of a call. */
export interface Tariff {
  /** Cost of a minute, in units of 10 to the power of minus `precision` of the currency. */
  readonly rate: number;
  readonly precision: number;
  /** Three letters, as in ISO 4217. */
  readonly currency: string;
}

/** Way on for a call that is not taken where it was meant for. */
export interface Overflow {
  /** Time that it rings before that, in milliseconds. */
  readonly ringMs: number;
  readonly forwards: readonly Forward[];
  /** User who set the forwards up. */
  readonly forwardedBy?: Identity;
  /** True when a voicemail takes the call in the end. */
  readonly voicemail: boolean;
}

/** Destination that is rung from `startMs` to `endMs` after the forwarding began. */
export interface Forward {
  readonly destination: Destination;
  readonly startMs: number;
  readonly endMs: number;
}

/** A person or thing that can be called. */
export interface Destination {
  readonly identity: Identity;
  /** Default: free. */
  readonly tariff?: Tariff;
  /**
   * Takes a call that comes in: now or later it rings, answers or declines by the attempt's methods. What it throws fails
   * the attempt, and is told as a failure of the exchange.
   */
  arrive(attempt: Attempt): void;
  /** Default: it rings for a minute. */
  overflow?(): Overflow;
}

/** Accepts a {@link Destination}. */
export const DESTINATION = having('arrive');
const TARGETS = listOf(DESTINATION);
const FORWARD = oneOf('rules', 'voicemail');

/** Way to phones: a simulated gateway, or a line to a real network. */
export interface LineInterface {
  /**
   * Finds the phone with `number`, which begins with `+`.
   *
   * @returns nothing when there is no such number. What it throws fails the call; its message is what the caller reads.
   */
  lineTo(number: string): Destination | undefined;
  /**
   * Finds the phone with `number` among those that are one's own, such as phones that register at this line: a call that
   * came in from a network may go on to it. Default: there are none.
   */
  ownTo?(number: string): Destination | undefined;
}

/** Listeners of the dialler, for what a destination does with an {@link Attempt}. */
export interface AttemptEvents {
  ringing(): void;
  earlyMedia(party: Party): void;
  answered(leg: Leg): void;
  declined(cause: EndCause): void;
  /** The one called wants the call to go on elsewhere. */
  forwarded(to: 'rules' | 'voicemail'): void;
  transfer(targets: readonly Destination[], leg: Leg): void;
}

/** Caller of an attempt, and the way by which the call has come. */
export interface AttemptOrigin {
  readonly caller: Identity;
  readonly forwardedBy?: Identity;
  readonly transferredBy?: Identity;
  /** Text about the call from outside. */
  readonly subject?: string;
  /** Servers that the call may still pass. Default: any number. */
  readonly hops?: number;
}

/**
 * One call on its way to one destination, from the moment it arrives there until it is answered or given up. `answer`,
 * `decline`, `forward`, `transfer` and `withdraw` close it; what comes after that does nothing.
 */
export class Attempt {
  readonly origin: AttemptOrigin;
  readonly #events: AttemptEvents;
  #open = true;
  #onWithdrawn: ((cause: EndCause) => void) | undefined;

  /** @internal */
  constructor(origin: AttemptOrigin, events: AttemptEvents) {
    this.origin = origin;
    this.#events = events;
  }

  /** True while it can still be answered. */
  get open(): boolean {
    return this.#open;
  }

  /**
   * Has `listener` called, once, when the dialler gives up or another destination has answered. The last listener
   * counts.
   */
  onWithdrawn(listener: (cause: EndCause) => void): void {
    checkArgument('listener', listener, callback);
    this.#onWithdrawn = listener;
  }

  /** Tells the caller that it rings here. */
  ringing(): void {
    if (this.#open) this.#events.ringing();
  }

  /** Lets the caller hear `party` before the answer; `party.leave` is called when the attempt ends. */
  earlyMedia(party: Party): void {
    checkArgument('party', party, PARTY);
    if (this.#open) this.#events.earlyMedia(party);
  }

  /** Takes the call with `leg`, an end of its own for each call. */
  answer(leg: Leg): void {
    checkArgument('leg', leg, LEG);
    this.#close(() => this.#events.answered(leg));
  }

  /** Does not take the call. */
  decline(cause: EndCause): void {
    checkArgument('cause', cause, CAUSE);
    this.#close(() => this.#events.declined(cause));
  }

  /** Sends the call on to where the one called has its calls forwarded, or to its voicemail. */
  forward(to: 'rules' | 'voicemail'): void {
    checkArgument('to', to, FORWARD);
    this.#close(() => this.#events.forwarded(to));
  }

  /** Passes the call on to the first of `targets` that answers. `leg` is the end of the party that passes it on. */
  transfer(targets: readonly Destination[], leg: Leg): void {
    checkArgument('targets', targets, TARGETS);
    checkArgument('leg', leg, LEG);
    this.#close(() => this.#events.transfer(targets, leg));
  }

  /** Gives up, on behalf of the dialler. */
  withdraw(cause: EndCause): void {
    checkArgument('cause', cause, CAUSE);
    this.#close(() => this.#onWithdrawn?.(cause));
  }

  #close(act: () => void): void {
    if (!this.#open) return;
    this.#open = false;
    act();
  }
}
