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

/** Result of a gateway's analysis of a number. */
export type SmsRoute =
  | {
      readonly kind: 'acceptable';
      /** Price of each chunk, in thousandths of the currency. A whole number, 0 or more. */
      readonly price: number;
    }
  /** Texts cannot be sent to this number. */
  | { readonly kind: 'not-routable' }
  /** The number is unknown. Nothing is sent to it. */
  | { readonly kind: 'undefined' };

/** An outgoing message, as the gateway gets it. Late or repeated reports about it are ignored. */
export interface SmsDispatch {
  /** Handle of the sender. */
  readonly from: string;
  /** The validated number that is shown as the sender; empty for the Skype name. */
  readonly replyTo: string;
  /** Numbers, each with its `+`. */
  readonly numbers: readonly string[];
  readonly body: string;
  /** The body cut into chunks. Each chunk is one text on the phone. */
  readonly chunks: readonly string[];
  /** Reports that the server has the message. It is then paid for. */
  taken(): void;
  /** Reports that the server refuses the message. */
  refused(reason: SmsRefusal): void;
  /** Reports that the message has arrived at a number. */
  delivered(number: string): void;
  /** Reports that the message will not arrive at a number. */
  failed(number: string): void;
}

/** Delivers short messages to phones. An error that it throws is reported as a `failure` of the exchange. */
export interface SmsGateway {
  /** Analyses a number. Calls `found` once, immediately or later. */
  analyse(number: string, found: (route: SmsRoute) => void): void;
  /** Sends a message. */
  send(dispatch: SmsDispatch): void;
}

/** Accepts an {@link SmsGateway}. */
export const SMS_GATEWAY = having('analyse', 'send');
