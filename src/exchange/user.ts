import type { SoundCard } from './sound-card.js';

/** What an exchange needs to know of a user before he can be called. */
export interface UserOptions {
  /** The Skype name: a letter, then 5 to 31 letters, digits, `.`, `,`, `-` or `_`. */
  readonly handle: string;
  /** Shown as FULLNAME. Default: the handle. */
  readonly fullName?: string;
  /** Default: a sound card that is silent. */
  readonly soundCard?: SoundCard;
}

/** A user of the exchange: his settings and his calls. */
export interface User {
  readonly handle: string;
  readonly fullName: string;
  readonly soundCard: SoundCard;
  /** Settings that `SET <parameter>` changes, by parameter. */
  readonly parameters: Map<string, string>;
}
