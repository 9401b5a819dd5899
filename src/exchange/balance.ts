import type { ExchangeUser } from './exchange-user.js';
import type { People } from './people/people.js';

/** Sum that a user can spend, in hundredths of the currency. */
export function balanceOf(user: ExchangeUser): number {
  return Number(user.profile.get('PSTN_BALANCE')) || 0;
}

/** Takes a sum off a user's balance and notifies the user's clients. @param cents In hundredths of the currency. */
export function spend(people: People, user: ExchangeUser, cents: number): void {
  if (cents !== 0) people.setProfile(user, { PSTN_BALANCE: String(balanceOf(user) - cents) });
}
