import type { Clock } from '../../base/time/clock.js';
import { balanceOf, spend } from '../balance.js';
import { chargeFor } from '../calls/call-end.js';
import type { UserCall } from '../calls/user-call.js';
import type { ExchangeUser } from '../exchange-user.js';
import type { People } from '../people/people.js';

/** Parts of the exchange that {@link PhoneCharges} uses. */
export interface ChargesContext {
  readonly clock: Clock;
  readonly people: People;
  save(user: ExchangeUser): void;
}

/**
 * Charges for calls. At the start of each minute of a call to a phone it takes a minute of a package. At the end of the
 * call it takes the price of the other minutes off the balance. If the account has services of its own, the call ends
 * when neither pays for the next minute.
 */
export class PhoneCharges {
  readonly #context: ChargesContext;
  /** Minutes of each call that packages paid for. */
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

  /** Charges for a call that has ended. A minute that was begun counts as a whole one. */
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
