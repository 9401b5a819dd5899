import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { People } from '../people/people.js';

/**
 * Changes the status of an idle user to AWAY while AUTOAWAY is on (reference, "RESETIDLETIMER", "AUTOAWAY"). The next
 * activity changes it back to ONLINE. A status that the user has chosen stays.
 */
export class IdleTimers {
  readonly #clock: Clock;
  readonly #people: People;
  readonly #timers = new Map<ExchangeUser, CancelTimer>();
  /** Users who are AWAY because they were idle. */
  readonly #away = new Set<ExchangeUser>();
  #moving = false;

  constructor(clock: Clock, people: People) {
    this.#clock = clock;
    this.#people = people;
    people.on('status', ({ user }) => {
      if (this.#moving) return;
      this.#away.delete(user);
      this.rearm(user);
    });
  }

  /** Records activity at a user's desk, or RESETIDLETIMER from a client. */
  reset(user: ExchangeUser): void {
    if (this.#away.delete(user)) this.#move(user, 'ONLINE');
    this.rearm(user);
  }

  /** Restarts the idle time. It does not run while AUTOAWAY is off or the status is not ONLINE. */
  rearm(user: ExchangeUser): void {
    this.#timers.get(user)?.();
    this.#timers.delete(user);
    const { parameters, settings } = user;
    if (parameters.get('AUTOAWAY') !== 'ON' || parameters.get('USERSTATUS') !== 'ONLINE') return;
    const cancel = this.#clock.timerAt(this.#clock.now() + settings.awayMinutes * 60_000, () => {
      this.#timers.delete(user);
      this.#away.add(user);
      this.#move(user, 'AWAY');
    });
    this.#timers.set(user, cancel);
  }

  close(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
  }

  #move(user: ExchangeUser, status: string): void {
    this.#moving = true;
    try {
      this.#people.setStatus(user, status);
    } finally {
      this.#moving = false;
    }
  }
}
