import { having } from '../../base/check.js';

/** Reasons for which a whole message fails (reference, "SMS object", FAILUREREASON). */
export const SMS_REFUSALS = [
  'MISC_ERROR',
  'SERVER_CONNECT_FAILED',
  'NO_SMS_CAPABILITY',
  'INSUFFICIENT_FUNDS',
  'USER_BLOCKED',
  'IP_BLOCKED',
  'NODE_BLOCKED',
  'UNKNOWN',
  'NO_SENDERID_CAPABILITY',
] as const satisfies readonly SmsRefusal[];

/** Reason for which a gateway refuses a message. */
export type SmsRefusal =
  | 'MISC_ERROR'
  | 'SERVER_CONNECT_FAILED'
  | 'NO_SMS_CAPABILITY'
  | 'INSUFFICIENT_FUNDS'
  | 'USER_BLOCKED'
  | 'IP_BLOCKED'
  | 'NODE_BLOCKED'
  | 'UNKNOWN'
  | 'NO_SENDERID_CAPABILITY';

/** Knowledge of a gateway about a number before anything is sent. */
export type SmsRoute =
  | {
      readonly kind: 'acceptable';
      /** Price of each chunk, in thousandths of the currency. A whole number, 0 or more. */
      readonly price: number;
    }
  /** No text goes to this number. */
  | { readonly kind: 'not-routable' }
  /** The number is not known; nothing is sent there. */
  | { readonly kind: 'undefined' };

/** A message on its way out, as the gateway gets it. What is told of it too late, or twice, is not heard. */
export interface SmsDispatch {
  /** The user who sends it. */
  readonly from: string;
  /** The validated number that the message shows as its sender; empty for the Skype name. */
  readonly replyTo: string;
  /** Numbers with their `+`. */
  readonly numbers: readonly string[];
  readonly body: string;
  /** The message as it is cut up: one text on a phone for each. */
  readonly chunks: readonly string[];
  /** The server has it, and it is paid for. */
  taken(): void;
  /** The server does not take it. */
  refused(reason: SmsRefusal): void;
  /** The message has arrived at a number. */
  delivered(number: string): void;
  /** The message will not arrive at a number. */
  failed(number: string): void;
}

/** The way of short messages to phones. What it throws is told as a `failure` of the exchange. */
export interface SmsGateway {
  /** Looks at a number. Calls `found` once, at once or later. */
  analyse(number: string, found: (route: SmsRoute) => void): void;
  /** Sends a message. */
  send(dispatch: SmsDispatch): void;
}

/** Accepts an {@link SmsGateway}. */
export const SMS_GATEWAY = having('analyse', 'send');
