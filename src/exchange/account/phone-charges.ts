import type { Clock } from '../../base/time/clock.js';
import { balanceOf, spend } from '../balance.js';
import { chargeFor } from '../calls/call-end.js';
import type { UserCall } from '../calls/user-call.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { People } from '../people/people.js';

/** Parts of the exchange that {@link PhoneCharges} works on. */
export interface ChargesContext {
  readonly clock: Clock;
  readonly people: People;
  save(user: ExchangeUser): void;
}

/**
 * Takes the price of calls: a minute of a package at the beginning of each minute to a phone, and at the end of a call
 * the price of the other minutes off the balance. A call of an account with services of its own ends when neither pays
 * for the next minute.
 */
export class PhoneCharges {
  readonly #context: ChargesContext;
  /** Minutes of each call that a package paid for. */
  readonly #covered = new WeakMap<UserCall, number>();

  constructor(context: ChargesContext) {
    this.#context = context;
  }

  /** Counts the minutes of a call that a user has placed. */
  placed(call: UserCall): void {
    if (!call.user.account.entitlements) return;
    call.object.watch((property, value) => {
      if (property === 'DURATION' && Number(value) % 60 === 1) this.#begin(call);
    });
  }

  /** Takes what a call that is over has cost, by the minute begun. */
  ended(call: UserCall): void {
    spend(this.#context.people, call.user, chargeFor(call.object, this.#covered.get(call)));
  }

  #begin(call: UserCall): void {
    const { user, partner, object } = call;
    const { clock, save } = this.#context;
    const covered = this.#covered.get(call) ?? 0;
    if (partner.network === 'PSTN' && user.account.entitlements?.takeMinute()) {
      this.#covered.set(call, covered + 1);
      save(user);
    } else if (chargeFor(object, covered) > balanceOf(user)) {
      clock.timerAt(clock.now(), () => void call.hangUp());
    }
  }
}
