import type { ExchangeUser } from '../exchange-user.js';

/** A group that users share, for those that follow it. */
export interface SharedGroup {
  /** CUSTOM_GROUP_ID, the same for all. */
  readonly id: string;
  readonly name: string;
  /** Users who have it, its owner first; none once it is over. */
  readonly sharers: readonly { readonly user: ExchangeUser; readonly accepted: boolean }[];
}

/** Follows the groups that are shared, and may answer for a user. */
export interface GroupFollower {
  follow(group: SharedGroup): void;
  restore(groups: readonly SharedGroup[]): void;
  onAnswer: ((user: ExchangeUser, id: string, accepts: boolean) => boolean) | undefined;
}
