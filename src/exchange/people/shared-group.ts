import type { ExchangeUser } from '../exchange-user.js';

/** A shared group, as its followers see it. */
export interface SharedGroup {
  /** CUSTOM_GROUP_ID, the same for all users. */
  readonly id: string;
  readonly name: string;
  /** Users who have the group, its owner first. Empty once the group is over. */
  readonly sharers: readonly { readonly user: ExchangeUser; readonly accepted: boolean }[];
}

/** Follows shared groups, and may answer for a user. */
export interface GroupFollower {
  follow(group: SharedGroup): void;
  restore(groups: readonly SharedGroup[]): void;
  onAnswer: ((user: ExchangeUser, id: string, accepts: boolean) => boolean) | undefined;
}
