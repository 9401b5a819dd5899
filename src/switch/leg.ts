import { having, rule } from '../base/check.js';
import type { Identity } from './identity.js';
import type { Party } from './party.js';

/** Reason why a call failed. Each protocol maps it to a number of its own. */
export type FailureReason =
  /** Any other reason. */
  | 'error'
  | 'no-such-number'
  | 'offline'
  /** There is no route to phones. */
  | 'no-route'
  /** The exchange was stopped during the call. */
  | 'cut-off'
  | 'no-codec'
  | 'sound-device'
  /** The sound device of the other end. */
  | 'remote-sound-device'
  /** The called party blocks the caller. */
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
  /** `text` is the reason that the network gives, for a person to read. */
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly text?: string }
  /** The host has left the conference. */
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

/** Two connected ends, as each end sees them. An end acts through this interface. */
export interface Conversation {
  readonly legs: readonly [caller: Leg, callee: Leg];
  readonly onHold: boolean;
  /** Handle of the host, when it is part of a conference. */
  readonly host: string | undefined;
  otherThan(leg: Leg): Leg;
  isHeldBy(leg: Leg): boolean;
  /** Puts the call on hold by `leg`, or resumes it. Streams go on with silence. */
  hold(leg: Leg, on: boolean): void;
  /** Sends a digit of `leg` to the other end. */
  digit(leg: Leg, digit: string): void;
  /** Ends the call for both. `causeOf` gives each end a cause of its own; by default both get `cause`. */
  end(cause: EndCause, causeOf?: (leg: Leg) => EndCause): void;
}

/** Search for the other party of a call, as the caller sees it. */
export interface Placing {
  /** Begins the search. */
  start(): void;
  /** Gives up, because the caller has hung up before the answer. */
  cancel(cause: EndCause): void;
}

/**
 * One end of one call: a user, a robot, or a line to the outside. The switch calls it with news of the call. It acts
 * through the {@link Placing} or the {@link Conversation} that it was given. An error that a leg throws is reported as
 * a failure of the exchange, and does not affect the other end.
 */
export interface Leg {
  readonly identity: Identity;
  /** Voice of this end, called once a tick while the call is connected. */
  readonly voice: Party;
  /**
   * Places a call from this end. The leg starts `placing`, and cancels it when it hangs up before the answer. Called
   * again with another `placing` when a call that this end placed is transferred.
   */
  place(placing: Placing): void;
  /** Takes news of the call that this end placed. Default: ignored. */
  progress?(step: Progress): void;
  /** Takes the conversation. Voice flows from now on. Called again after the call was transferred. */
  connected(conversation: Conversation): void;
  /** Called once both ends are connected, to send what was kept until then. Default: nothing is kept. */
  begun?(): void;
  /**
   * Takes the current holders of the call: this end, the other, or both. Default: ignored; the voice is silent during a
   * hold.
   */
  held?(holders: { readonly local: boolean; readonly remote: boolean }): void;
  /** Takes a DTMF digit of the other end. The digit is in the audio as well. Default: ignored. */
  digit?(digit: string): void;
  /**
   * Takes the party to which the call that this end placed is being transferred; undefined when the other end has taken
   * the transfer back. Default: ignored.
   */
  transferred?(to: Identity | undefined): void;
  /** Ends this end. Called once; `voice.leave` follows. */
  ended(cause: EndCause): void;
}

/** Accepts a {@link Leg}. */
export const LEG = having('place', 'connected', 'ended');
