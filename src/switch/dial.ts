import type { CancelTimer, Clock } from '../base/time/clock.js';
import { Attempt, type AttemptOrigin, type Destination, type Forward, type Overflow } from './attempt.js';
import type { EndCause, Leg, Placing, Progress } from './leg.js';
import type { Party } from './party.js';

/** Time that the network takes to find the other party, in milliseconds. */
export const ROUTING_MS = 500;

/** Time that a call rings by default, in milliseconds. */
export const RING_MS = 60_000;

/** Plan of a search: the destinations to ring, for how long, and what follows. */
export interface DialPlan extends Overflow {
  /** Rung at once; the first to answer has the call. */
  readonly destinations: readonly Destination[];
}

/**
 * Makes the plan for a call to `destinations`. Only a destination that is called alone can have the call go on
 * elsewhere.
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
   * The voicemail of `owner` is to take the call: `chosen` for this call, or set for all calls that are not answered.
   */
  voicemail(owner: Destination, chosen: boolean): void;
  failed(cause: EndCause): void;
  /** A destination threw, as a call arrived or was withdrawn. */
  threw(error: unknown): void;
  /** The caller has given up. */
  cancelled(): void;
  /** A destination that rings passes the call on. */
  transfer(targets: readonly Destination[], leg: Leg): void;
}

/** Stage of the search. */
type State =
  | { readonly kind: 'new' }
  /** The network looks for the called destinations. */
  | { readonly kind: 'routing' }
  /** The called destinations ring. */
  | { readonly kind: 'calling' }
  /** The destinations of the forward rules ring; the time of `pending` rules has not come yet. */
  | { readonly kind: 'forwarding'; readonly pending: number }
  | { readonly kind: 'over' };

/** Stages that can follow each. */
const NEXT: Readonly<Record<State['kind'], readonly State['kind'][]>> = {
  new: ['routing', 'over'],
  routing: ['calling', 'over'],
  calling: ['forwarding', 'over'],
  forwarding: ['forwarding', 'over'],
  over: [],
};

/**
 * Search for a destination that takes a call: rings those called; when they do not answer, are busy or offline, those
 * of the forward rules, each in its time; then voicemail.
 *
 * `new -> routing -> calling -> forwarding -> over`; every stage can end it.
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

  /** Begins the search. Does nothing when it has begun or is over. */
  start(): void {
    if (this.#enter({ kind: 'routing' })) this.#after(ROUTING_MS, () => this.#call());
  }

  cancel(cause: EndCause): void {
    if (this.#settle(cause)) this.#events.cancelled();
  }

  /** @returns false, with nothing changed, when `next` cannot follow. */
  #enter(next: State): boolean {
    if (!NEXT[this.#state.kind].includes(next.kind)) return false;
    this.#state = next;
    return true;
  }

  #call(): void {
    if (!this.#enter({ kind: 'calling' })) return;
    this.#after(this.#plan.ringMs, () => this.#forward({ kind: 'no-answer' }));
    // When one declines as the call arrives, there are others that the call has not reached yet.
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
   * A destination that rings sends the call on by the forward rules of the called party. Without rules that is a
   * refusal.
   */
  #forwardedByRules(attempt: Attempt): void {
    if (this.#state.kind === 'calling' && this.#plan.forwards.length > 0) this.#forward({ kind: 'refused' });
    else this.#declined(attempt, { kind: 'refused' });
  }

  /** Nobody of those called takes the call: try the forward rules. */
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

  /** Nobody is left to ring: voicemail, where there is one and nobody refused. */
  #finish(cause: EndCause): void {
    const [owner] = this.#plan.destinations;
    if (!owner || !this.#plan.voicemail || !isUnreachable(cause)) this.#fail(cause);
    else if (this.#settle(cause)) this.#events.voicemail(owner, false);
  }

  #fail(cause: EndCause): void {
    if (this.#settle(cause)) this.#events.failed(cause);
  }

  /** Ends the search and withdraws every attempt. @returns false when it was over already. */
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

/** True for a party that was not reached, and may be by another way; false for one that refused. */
function isUnreachable(cause: EndCause): boolean {
  return (
    cause.kind === 'no-answer' ||
    cause.kind === 'busy' ||
    (cause.kind === 'failed' && cause.reason === 'offline')
  );
}
