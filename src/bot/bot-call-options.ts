import {
  signal as abortSignal,
  either,
  flag,
  having,
  listOf,
  type Rules,
  rule,
  text,
  within,
  words,
} from '../base/check.js';
import { WAIT_RULES, type WaitOptions } from '../base/wait.js';
import type { CommandOptions } from '../control/client/command-sender.js';
import { SPEAKABLE, type Speakable } from './prompt/speakable.js';

export interface TransferOptions extends WaitOptions {
  /**
   * Longest ringing at the targets, in milliseconds; the call is then taken back. Default 30,000; with `blind`, the
   * endpoint's own limit.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Has the endpoint transfer the call, which then leaves this bot. Only for incoming calls, and where the endpoint
   * supports it (`call.canTransfer`). Default false: the call is held, the targets are called, and the two are bridged.
   */
  readonly blind?: boolean | undefined;
  /** Speech that is repeated to the caller while it rings. Default: the endpoint's own hold. Not with `blind`. */
  readonly music?: Speakable | undefined;
}

/** Report of a transfer that succeeded. */
export interface TransferReport {
  /** Target that took the call; undefined when there were several and the endpoint does not name the one. */
  readonly to: string | undefined;
  /** The side that hung up first. Absent with `blind`, where the conversation still goes on. */
  readonly endedBy?: 'caller' | 'target';
}

export interface HoldOptions extends WaitOptions {
  /** Speech or sound that is repeated to the waiting caller. Default: the endpoint's own hold, which is silent. */
  readonly music?: Speakable | undefined;
}

export interface SendDigitsOptions extends CommandOptions {
  /** Between two digits, in milliseconds: 0 to 10,000. Default 200. */
  readonly pauseMs?: number;
}

export const TIME = within(0, Infinity, 'ms');
export const SIGNAL_RULES: Rules<{ readonly signal?: AbortSignal | undefined }> = { signal: abortSignal };
export const DIGITS = rule(
  'of 0-9, * and #',
  (value) => typeof value === 'string' && /^[0-9*#]*$/.test(value),
);
export const DIGITS_RULES: Rules<SendDigitsOptions> = { ...WAIT_RULES, pauseMs: within(0, 10_000, 'ms') };
export const TARGETS = either(words, listOf(words, 1));
export const HOLD_RULES: Rules<HoldOptions> = { ...WAIT_RULES, music: SPEAKABLE };
export const TRANSFER_RULES: Rules<TransferOptions> = { ...HOLD_RULES, blind: flag };

/** The rule of a text that is sent as a message. */
export const SENT_TEXT = text(1, 100_000);

/** The rule of an argument that is a bot's call. */
export const BOT_CALL = having('listen', 'pause');
