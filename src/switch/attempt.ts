import { callback, checkArgument, having, listOf, oneOf } from '../base/check.js';
import type { Identity } from './identity.js';
import { CAUSE, type EndCause, LEG, type Leg } from './leg.js';
import { PARTY, type Party } from './party.js';

/** Price of a call. */
export interface Tariff {
  /** Cost of a minute, in units of 10^-`precision` of the currency. */
  readonly rate: number;
  readonly precision: number;
  /** Currency code of three letters (ISO 4217). */
  readonly currency: string;
}

/** Next steps for a call that its destination does not take. */
export interface Overflow {
  /** Time for which the destination rings before that, in milliseconds. */
  readonly ringMs: number;
  readonly forwards: readonly Forward[];
  /** User whose forward rules these are. */
  readonly forwardedBy?: Identity;
  /** True when voicemail takes the call if nobody else does. */
  readonly voicemail: boolean;
}

/** Destination that rings from `startMs` to `endMs` after the start of the forwarding. */
export interface Forward {
  readonly destination: Destination;
  readonly startMs: number;
  readonly endMs: number;
}

/** Party that can be called. */
export interface Destination {
  readonly identity: Identity;
  /** Price of a call. Default: free. */
  readonly tariff?: Tariff;
  /**
   * Takes an incoming call. It rings, answers or declines with the methods of the attempt, now or later. An error that
   * it throws fails the attempt, and is reported as a failure of the exchange.
   */
  arrive(attempt: Attempt): void;
  /** Returns the next steps for a call that is not taken. Default: it rings for a minute, and the call fails then. */
  overflow?(): Overflow;
}

/** Accepts a {@link Destination}. */
export const DESTINATION = having('arrive');
const TARGETS = listOf(DESTINATION);
const FORWARD = oneOf('rules', 'voicemail');

/** Route to phones: a simulated gateway, or a line to a real network. */
export interface LineInterface {
  /**
   * Finds the phone with `number`, which begins with `+`.
   *
   * @returns undefined when there is no such number. An error that it throws fails the call; the caller reads its
   * message.
   */
  lineTo(number: string): Destination | undefined;
  /**
   * Finds the phone with `number` among the line's own phones, such as those that register at it. An incoming call of a
   * network may go on to them. Default: there are none.
   */
  ownTo?(number: string): Destination | undefined;
}

/** Listeners of the dialler to an {@link Attempt}: what the destination does with it. */
export interface AttemptEvents {
  ringing(): void;
  earlyMedia(party: Party): void;
  answered(leg: Leg): void;
  declined(cause: EndCause): void;
  /** The called party forwards the call. */
  forwarded(to: 'rules' | 'voicemail'): void;
  transfer(targets: readonly Destination[], leg: Leg): void;
}

/** Caller of an attempt, and the route of the call so far. */
export interface AttemptOrigin {
  readonly caller: Identity;
  readonly forwardedBy?: Identity;
  readonly transferredBy?: Identity;
  /** Text about the call from outside. */
  readonly subject?: string;
  /** Number of servers that the call may still pass (Max-Forwards). Default: any number. */
  readonly hops?: number;
}

/**
 * One call to one destination, from its arrival there until it is answered or given up. `answer`, `decline`, `forward`,
 * `transfer` and `withdraw` close it; later calls do nothing.
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
   * Calls `listener` once when the dialler gives up or another destination has answered. Only the last listener counts.
   */
  onWithdrawn(listener: (cause: EndCause) => void): void {
    checkArgument('listener', listener, callback);
    this.#onWithdrawn = listener;
  }

  /** Tells the caller that the destination rings. */
  ringing(): void {
    if (this.#open) this.#events.ringing();
  }

  /** Lets the caller hear `party` before the answer; `party.leave` is called when the attempt ends. */
  earlyMedia(party: Party): void {
    checkArgument('party', party, PARTY);
    if (this.#open) this.#events.earlyMedia(party);
  }

  /** Answers the call with `leg`. Each call needs a leg of its own. */
  answer(leg: Leg): void {
    checkArgument('leg', leg, LEG);
    this.#close(() => this.#events.answered(leg));
  }

  /** Declines the call. */
  decline(cause: EndCause): void {
    checkArgument('cause', cause, CAUSE);
    this.#close(() => this.#events.declined(cause));
  }

  /** Forwards the call by the forward rules of the called party, or to its voicemail. */
  forward(to: 'rules' | 'voicemail'): void {
    checkArgument('to', to, FORWARD);
    this.#close(() => this.#events.forwarded(to));
  }

  /** Transfers the call to the first of `targets` that answers. `leg` is the end of the party that transfers it. */
  transfer(targets: readonly Destination[], leg: Leg): void {
    checkArgument('targets', targets, TARGETS);
    checkArgument('leg', leg, LEG);
    this.#close(() => this.#events.transfer(targets, leg));
  }

  /** Gives up the attempt, for the dialler. */
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
