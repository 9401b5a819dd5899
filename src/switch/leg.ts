import { having, rule } from '../base/check.js';
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

const KINDS: Readonly<Record<EndCause['kind'], true>> = {
  'hung-up': true,
  cancelled: true,
  refused: true,
  'no-answer': true,
  busy: true,
  'answered-elsewhere': true,
  transferred: true,
  failed: true,
  'dropped-by-host': true,
};

/** Accepts an {@link EndCause}. */
export const CAUSE = rule(`an object whose kind is one of ${Object.keys(KINDS).join(', ')}`, (value) =>
  Object.hasOwn(KINDS, String((Object(value) as Partial<EndCause>).kind)),
);

/** Stage of the search for the other party. */
export type Progress = 'routing' | 'ringing' | 'early-media';

/** Two ends that were put through to each other, as each of them sees it. An end acts through this. */
export interface Conversation {
  readonly legs: readonly [caller: Leg, callee: Leg];
  readonly onHold: boolean;
  /** Handle of the user who hosts the conference that it is part of. */
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

/** Search for the other party of a call, as the caller sees it. */
export interface Placing {
  /** Begins it. */
  start(): void;
  /** Gives up: the caller has hung up before the answer. */
  cancel(cause: EndCause): void;
}

/**
 * One end of one call: a user, a robot, a line to the outside. The switch tells it what happens; it acts through the
 * {@link Placing} or the {@link Conversation} that it was given. What a leg throws is told as a failure of the exchange
 * and keeps nothing from the other end.
 */
export interface Leg {
  readonly identity: Identity;
  /** Voice of this end, asked once a tick while the call is connected. */
  readonly voice: Party;
  /**
   * Places a call from this end: `placing` is to be started, and cancelled when this end hangs up before the answer.
   * Comes again, with another `placing`, when a call that this end placed is transferred.
   */
  place(placing: Placing): void;
  /** Takes news of the call that this end placed. Default: ignored. */
  progress?(step: Progress): void;
  /** Takes the conversation: voice flows from now on. Comes again when the call was transferred. */
  connected(conversation: Conversation): void;
  /** Sends what was kept until both ends are connected. Default: nothing was. */
  begun?(): void;
  /** Takes who holds the call now: this end, the other, or both. Default: ignored; the voice is silent meanwhile. */
  held?(holders: { readonly local: boolean; readonly remote: boolean }): void;
  /** Takes a DTMF digit of the other end, which is heard as well. Default: ignored. */
  digit?(digit: string): void;
  /**
   * Takes the party to which the call that this end placed is being passed on; nothing when the other end, which passes
   * it on, has taken it back. Default: ignored.
   */
  transferred?(to: Identity | undefined): void;
  /** Ends this end. Comes once; `voice.leave` follows. */
  ended(cause: EndCause): void;
}

/** Accepts a {@link Leg}. */
export const LEG = having('place', 'connected', 'ended');
