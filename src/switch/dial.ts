import type { CancelTimer, Clock } from '../base/clock.js';
import { Attempt, type AttemptOrigin, type Destination, type Overflow } from './attempt.js';
import type { EndCause, Leg, Placing, Progress } from './leg.js';
import type { Party } from './party.js';

/** How long the network takes to find the other party, in milliseconds. */
export const ROUTING_MS = 500;

/** How long a call rings when nothing else is said, in milliseconds. */
export const RING_MS = 60_000;

/** Whom to ring, for how long, and what then. */
export interface DialPlan extends Overflow {
  /** Rung at once; the first to answer has the call. */
  readonly destinations: readonly Destination[];
}

/** The plan for a call to `destinations`. Only one that is called alone can have it go on elsewhere. */
export function dialPlan(destinations: readonly Destination[]): DialPlan {
  const [only, ...others] = destinations;
  const overflow = others.length === 0 ? only?.overflow?.() : undefined;
  return { destinations, ringMs: RING_MS, forwards: [], voicemail: false, ...overflow };
}

/** What comes of dialling. Exactly one of `answered`, `voicemail`, `failed`, `cancelled` and `transfer` comes, once. */
export interface DialEvents {
  progress(step: Progress): void;
  earlyMedia(party: Party): void;
  answered(leg: Leg): void;
  /** The call is to be taken by the voicemail of `owner`, who has `chosen` so, or has set it so for unanswered calls. */
  voicemail(owner: Destination, chosen: boolean): void;
  failed(cause: EndCause): void;
  /** A destination has thrown; the attempt to reach it has failed. */
  threw(error: unknown): void;
  /** The caller has given up. */
  cancelled(): void;
  /** Somebody who is rung passes the call on. */
  transfer(targets: readonly Destination[], leg: Leg): void;
}

/**
 * Finds somebody to take a call: rings the ones called; when they do not answer, are busy or offline, those of the
 * forward rules, each in his time; then voicemail.
 */
export class Dial implements Placing {
  readonly #clock: Clock;
  readonly #plan: DialPlan;
  readonly #origin: AttemptOrigin;
  readonly #events: DialEvents;
  readonly #attempts = new Set<Attempt>();
  readonly #timers = new Set<CancelTimer>();
  #forwarding = false;
  /** Forward rules whose time has not come. */
  #pending = 0;
  #ringing = false;
  #over = false;

  constructor(clock: Clock, plan: DialPlan, origin: AttemptOrigin, events: DialEvents) {
    this.#clock = clock;
    this.#plan = plan;
    this.#origin = origin;
    this.#events = events;
  }

  start(): void {
    this.#after(ROUTING_MS, () => {
      this.#after(this.#plan.ringMs, () => this.#goOn({ kind: 'no-answer' }));
      for (const destination of this.#plan.destinations) this.#ring(destination, this.#origin);
    });
  }

  cancel(cause: EndCause): void {
    if (this.#settle(cause)) this.#events.cancelled();
  }

  #ring(destination: Destination, origin: AttemptOrigin): Attempt {
    const attempt: Attempt = new Attempt(origin, {
      ringing: () => {
        if (this.#ringing) return;
        this.#ringing = true;
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
        this.#attempts.delete(attempt);
        if (to === 'rules') this.#goOn({ kind: 'refused' });
        else if (this.#settle({ kind: 'answered-elsewhere' })) this.#events.voicemail(destination, true);
      },
    });
    this.#attempts.add(attempt);
    try {
      destination.arrive(attempt);
    } catch (error) {
      this.#events.threw(error);
      attempt.decline({ kind: 'failed', reason: 'error' });
    }
    return attempt;
  }

  #declined(attempt: Attempt, cause: EndCause): void {
    this.#attempts.delete(attempt);
    if (this.#attempts.size > 0 || this.#pending > 0) return;
    if (!this.#forwarding && isUnreachable(cause)) this.#goOn(cause);
    else if (this.#forwarding) this.#finish(cause);
    else this.#fail(cause);
  }

  /** Those first called cannot be had: on to the forward rules. */
  #goOn(cause: EndCause): void {
    if (this.#forwarding || this.#over) return;
    this.#withdrawAll(cause);
    const { forwards, forwardedBy } = this.#plan;
    if (forwards.length === 0) {
      this.#finish(cause);
      return;
    }
    this.#forwarding = true;
    this.#pending = forwards.length;
    const origin = { ...this.#origin, ...(forwardedBy && { forwardedBy }) };
    for (const { destination, startMs, endMs } of forwards) {
      this.#after(startMs, () => {
        this.#pending--;
        const attempt = this.#ring(destination, origin);
        this.#after(endMs - startMs, () => {
          attempt.withdraw({ kind: 'no-answer' });
          if (this.#attempts.has(attempt)) this.#declined(attempt, { kind: 'no-answer' });
        });
      });
    }
  }

  /** Nobody is left to ring. */
  #finish(cause: EndCause): void {
    const [owner] = this.#plan.destinations;
    if (!owner || !this.#plan.voicemail || !isUnreachable(cause)) this.#fail(cause);
    else if (this.#settle(cause)) this.#events.voicemail(owner, false);
  }

  #fail(cause: EndCause): void {
    if (this.#settle(cause)) this.#events.failed(cause);
  }

  /** Takes everything back. @returns whether this was the first time. */
  #settle(cause: EndCause): boolean {
    if (this.#over) return false;
    this.#over = true;
    for (const cancel of this.#timers) cancel();
    this.#withdrawAll(cause);
    return true;
  }

  #withdrawAll(cause: EndCause): void {
    for (const attempt of this.#attempts) attempt.withdraw(cause);
    this.#attempts.clear();
  }

  #after(ms: number, task: () => void): void {
    const cancel = this.#clock.timerAt(this.#clock.now() + ms, () => {
      this.#timers.delete(cancel);
      task();
    });
    this.#timers.add(cancel);
  }
}

/** Whether the other party may still be had by another way: a refusal is an answer, this is not. */
function isUnreachable(cause: EndCause): boolean {
  return (
    cause.kind === 'no-answer' ||
    cause.kind === 'busy' ||
    (cause.kind === 'failed' && cause.reason === 'offline')
  );
}
