import type { CancelTimer, Clock } from '../base/time/clock.js';
import { Attempt, type AttemptOrigin, type Destination, type Forward, type Overflow } from './attempt.js';
import type { EndCause, Leg, Placing, Progress } from './leg.js';
import type { Party } from './party.js';

/** Time for which the network looks for the other party, in milliseconds. */
export const ROUTING_MS = 500;

/** Default ringing time of a call, in milliseconds. */
export const RING_MS = 60_000;

/** Plan of a search: the destinations, how long they ring, and the next steps. */
export interface DialPlan extends Overflow {
  /** Destinations that ring at the same time. The first to answer gets the call. */
  readonly destinations: readonly Destination[];
}

/**
 * Makes the plan for a call to `destinations`. Forward rules and voicemail apply only to a destination that is called
 * alone.
 */
export function dialPlan(destinations: readonly Destination[]): DialPlan {
  const [only, ...others] = destinations;
  const overflow = others.length === 0 ? only?.overflow?.() : undefined;
  return { destinations, ringMs: RING_MS, forwards: [], voicemail: false, ...overflow };
}

/** Outcome of dialling. Exactly one of `answered`, `voicemail`, `failed`, `cancelled` and `transfer` comes, once. */
export interface DialEvents {
  progress(step: Progress): void;
  earlyMedia(party: Party): void;
  answered(leg: Leg): void;
  /**
   * The voicemail of `owner` takes the call. `chosen` is true when it was chosen for this call, and false when it takes
   * all unanswered calls.
   */
  voicemail(owner: Destination, chosen: boolean): void;
  failed(cause: EndCause): void;
  /** A destination threw an error when a call arrived or was withdrawn. */
  threw(error: unknown): void;
  /** The caller has given up. */
  cancelled(): void;
  /** A ringing destination transfers the call. */
  transfer(targets: readonly Destination[], leg: Leg): void;
}

/** Stage of the search. */
type State =
  | { readonly kind: 'new' }
  /** The network looks for the called destinations. */
  | { readonly kind: 'routing' }
  /** The called destinations ring. */
  | { readonly kind: 'calling' }
  /** The destinations of the forward rules ring. `pending` counts the rules whose time has not come yet. */
  | { readonly kind: 'forwarding'; readonly pending: number }
  | { readonly kind: 'over' };

/** Stages that may follow each stage. */
const NEXT: Readonly<Record<State['kind'], readonly State['kind'][]>> = {
  new: ['routing', 'over'],
  routing: ['calling', 'over'],
  calling: ['forwarding', 'over'],
  forwarding: ['forwarding', 'over'],
  over: [],
};

/**
 * Search for a destination that takes a call. It rings the called destinations. When these do not answer, are busy or
 * offline, it rings those of the forward rules, each at its time. Voicemail comes last.
 *
 * `new -> routing -> calling -> forwarding -> over`; every stage may go to `over`.
 */
export class Dial implements Placing {
  readonly #clock: Clock;
  readonly #plan: DialPlan;
  readonly #origin: AttemptOrigin;
  readonly #events: DialEvents;
  /** Attempts that are neither declined nor withdrawn. */
  readonly #attempts = new Set<Attempt>();
  readonly #timers = new Set<CancelTimer>();
  #state: State = { kind: 'new' };
  #ringingTold = false;

  constructor(clock: Clock, plan: DialPlan, origin: AttemptOrigin, events: DialEvents) {
    this.#clock = clock;
    this.#plan = plan;
    this.#origin = origin;
    this.#events = events;
  }

  /** Begins the search. Does nothing when it has begun already. */
  start(): void {
    if (this.#enter({ kind: 'routing' })) this.#after(ROUTING_MS, () => this.#call());
  }

  cancel(cause: EndCause): void {
    if (this.#settle(cause)) this.#events.cancelled();
  }

  /** @returns false, without a change, when `next` may not follow. */
  #enter(next: State): boolean {
    if (!NEXT[this.#state.kind].includes(next.kind)) return false;
    this.#state = next;
    return true;
  }

  #call(): void {
    if (!this.#enter({ kind: 'calling' })) return;
    this.#after(this.#plan.ringMs, () => this.#forward({ kind: 'no-answer' }));
    // All attempts are made first: a destination may decline at once, before the call has reached the others.
    const all = this.#plan.destinations.map((to) => ({ to, attempt: this.#attempt(to, this.#origin) }));
    for (const { to, attempt } of all) if (attempt.open) this.#arrive(to, attempt);
  }

  #attempt(destination: Destination, origin: AttemptOrigin): Attempt {
    const attempt: Attempt = new Attempt(origin, {
      ringing: () => {
        if (this.#ringingTold) return;
        this.#ringingTold = true;
        this.#events.progress('ringing');
      },
      earlyMedia: (party) => {
        this.#events.progress('early-media');
        this.#events.earlyMedia(party);
      },
      answered: (leg) => this.#settle({ kind: 'answered-elsewhere' }) && this.#events.answered(leg),
      transfer: (to, leg) => this.#settle({ kind: 'answered-elsewhere' }) && this.#events.transfer(to, leg),
      declined: (cause) => this.#declined(attempt, cause),
      forwarded: (to) => {
        if (to === 'rules') this.#forwardedByRules(attempt);
        else if (this.#settle({ kind: 'answered-elsewhere' })) this.#events.voicemail(destination, true);
      },
    });
    this.#attempts.add(attempt);
    return attempt;
  }

  #arrive(destination: Destination, attempt: Attempt): void {
    try {
      destination.arrive(attempt);
    } catch (error) {
      this.#events.threw(error);
      attempt.decline({ kind: 'failed', reason: 'error' });
    }
  }

  #declined(attempt: Attempt, cause: EndCause): void {
    this.#attempts.delete(attempt);
    if (this.#attempts.size > 0) return;
    const state = this.#state;
    if (state.kind === 'forwarding') {
      if (state.pending === 0) this.#finish(cause);
    } else if (isUnreachable(cause)) this.#forward(cause);
    else this.#fail(cause);
  }

  /**
   * Forwards the call by the rules of the called party, as a ringing destination asked. Without rules the call is
   * refused.
   */
  #forwardedByRules(attempt: Attempt): void {
    if (this.#state.kind === 'calling' && this.#plan.forwards.length > 0) this.#forward({ kind: 'refused' });
    else this.#declined(attempt, { kind: 'refused' });
  }

  /** Tries the forward rules after no called destination took the call. */
  #forward(cause: EndCause): void {
    const { forwards, forwardedBy } = this.#plan;
    if (this.#state.kind !== 'calling') return;
    this.#withdrawAll(cause);
    if (forwards.length === 0) {
      this.#finish(cause);
      return;
    }
    this.#enter({ kind: 'forwarding', pending: forwards.length });
    const origin = { ...this.#origin, ...(forwardedBy && { forwardedBy }) };
    for (const forward of forwards) this.#after(forward.startMs, () => this.#follow(forward, origin));
  }

  /** Rings the destination of a forward rule for as long as the rule says. */
  #follow({ destination, startMs, endMs }: Forward, origin: AttemptOrigin): void {
    if (this.#state.kind === 'forwarding') this.#enter({ ...this.#state, pending: this.#state.pending - 1 });
    const attempt = this.#attempt(destination, origin);
    this.#arrive(destination, attempt);
    if (!attempt.open) return;
    this.#after(endMs - startMs, () => {
      this.#withdraw(attempt, { kind: 'no-answer' });
      if (this.#attempts.has(attempt)) this.#declined(attempt, { kind: 'no-answer' });
    });
  }

  /** Ends the search when no destination is left: with voicemail if there is one and the call was not refused. */
  #finish(cause: EndCause): void {
    const [owner] = this.#plan.destinations;
    if (!owner || !this.#plan.voicemail || !isUnreachable(cause)) this.#fail(cause);
    else if (this.#settle(cause)) this.#events.voicemail(owner, false);
  }

  #fail(cause: EndCause): void {
    if (this.#settle(cause)) this.#events.failed(cause);
  }

  /** Ends the search and withdraws all attempts. @returns false when it was over already. */
  #settle(cause: EndCause): boolean {
    if (!this.#enter({ kind: 'over' })) return false;
    for (const cancel of this.#timers) cancel();
    this.#withdrawAll(cause);
    return true;
  }

  #withdrawAll(cause: EndCause): void {
    const attempts = [...this.#attempts];
    this.#attempts.clear();
    for (const attempt of attempts) this.#withdraw(attempt, cause);
  }

  #withdraw(attempt: Attempt, cause: EndCause): void {
    try {
      attempt.withdraw(cause);
    } catch (error) {
      this.#events.threw(error);
    }
  }

  #after(ms: number, task: () => void): void {
    const cancel = this.#clock.timerAt(this.#clock.now() + ms, () => {
      this.#timers.delete(cancel);
      task();
    });
    this.#timers.add(cancel);
  }
}

/** True when the party was not reached and may be reached in another way; false when it refused. */
function isUnreachable(cause: EndCause): boolean {
  return (
    cause.kind === 'no-answer' ||
    cause.kind === 'busy' ||
    (cause.kind === 'failed' && cause.reason === 'offline')
  );
}
