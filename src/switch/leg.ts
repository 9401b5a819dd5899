import type { Identity } from './identity.js';
import type { Party } from './party.js';

/** Reason why a call failed. Which number a protocol has for it is that protocol's. */
export type FailureReason =
  /** Anything that has no name of its own. */
  | 'error'
  | 'no-such-number'
  | 'offline'
  /** There is no way to phones. */
  | 'no-route'
  /** It went on when the exchange was stopped. */
  | 'cut-off'
  | 'no-codec'
  | 'sound-device'
  /** The sound device of the other end. */
  | 'remote-sound-device'
  /** The one called blocks the caller. */
  | 'blocked'
  | 'not-a-contact'
  | 'not-authorized'
  | 'microphone'
  /** The caller cannot pay for it. */
  | 'not-paid-for'
  | 'dropped-by-host';

/** Cause of a call's end. */
export type EndCause =
  | { readonly kind: 'hung-up' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'answered-elsewhere' }
  | { readonly kind: 'transferred' }
  /** `text` is what the network says of it, for a person to read. */
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly text?: string }
  /** The host of a conference has left it. */
  | { readonly kind: 'dropped-by-host' };

/** How far the search for the other party has come. */
export type Progress = 'routing' | 'ringing' | 'early-media';

/** Two ends that were put through to each other, as each of them sees it. */
export interface Conversation {
  readonly legs: readonly [caller: Leg, callee: Leg];
  readonly onHold: boolean;
  /** Who hosts the conference that it is part of, by handle. */
  readonly host: string | undefined;
  otherThan(leg: Leg): Leg;
  isHeldBy(leg: Leg): boolean;
  /** Puts the call on hold from `leg`'s side, or takes that back. Streams go on, in silence. */
  hold(leg: Leg, on: boolean): void;
  /** `leg` sends a digit. */
  digit(leg: Leg, digit: string): void;
  /** Ends the call for both, by default with one cause. */
  end(cause: EndCause, causeOf?: (leg: Leg) => EndCause): void;
}

/** The search for the other party of a call, as the caller sees it. */
export interface Placing {
  start(): void;
  /** The caller gives up. */
  cancel(cause: EndCause): void;
}

/** One end of a call: a user, a robot, a line of the gateway. What it does, it does through a {@link Conversation}. */
export interface Leg {
  readonly identity: Identity;
  readonly voice: Party;
  /** It calls: `placing` is to be started, and cancelled when it hangs up before the answer. */
  place(placing: Placing): void;
  /** The call that it placed goes on its way. */
  progress(step: Progress): void;
  /** Voice flows from now on. Comes again when the call was transferred. */
  connected(conversation: Conversation): void;
  /** Both ends have been told that they are connected: what was kept for this goes out. Default: nothing was. */
  begun?(): void;
  /** Who holds the call now. */
  held(holders: { readonly local: boolean; readonly remote: boolean }): void;
  /** The other end sent a DTMF digit. */
  digit(digit: string): void;
  /** The call that it placed is being passed on to somebody else; to nobody: the one who did that has it back. */
  transferred(to: Identity | undefined): void;
  /** The call is over. Comes once. */
  ended(cause: EndCause): void;
}
