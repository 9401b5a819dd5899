import type { BotOutcome } from '../bot-result.js';

const BOT_OUTCOMES = ['done', 'hung-up', 'failed', 'unanswered'] as const satisfies readonly BotOutcome[];

export const CAMPAIGN_OUTCOMES = [
  ...BOT_OUTCOMES,
  ...(['error', 'unsaid', 'do-not-call', 'calling', 'interrupted'] as const),
] as const;

/** A call of a campaign that is to be placed. */
export interface CampaignCall {
  readonly target: string;
  /** 1 for the first call to the target. */
  readonly attempt: number;
  /** Time at which it was placed, in milliseconds since the Unix epoch. */
  readonly placedAtMs: number;
}

/** One call of a campaign. */
export interface CampaignResult extends CampaignCall {
  readonly durationMs: number;
  /**
   * `error`: the call could not be placed. `unsaid`: the bot could not say what it had to; such a call is none of the
   * target's attempts. `do-not-call`: it was not placed. `calling`: it is under way. `interrupted`: it was under way when the
   * program was killed.
   */
  readonly outcome: (typeof CAMPAIGN_OUTCOMES)[number];
  /** The call's last status, as on the wire; empty when there was no call. */
  readonly status: string;
  readonly error?: string;
  /** True when the target is to be called again. */
  readonly retry: boolean;
  /** From its end to the next call, in milliseconds, where `retryWhen` has said so. Default: that of the campaign. */
  readonly retryAfterMs?: number;
  /** The target's fields, and those that the bot has added. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Keeps the calls of a campaign; {@link CampaignLog} does so in a catalogue. */
export interface CampaignStore {
  /** The calls that were placed before, oldest first; none of them is placed again. */
  resume(): readonly CampaignResult[] | Promise<readonly CampaignResult[]>;
  /** A call is about to be placed; when this throws, it is not. */
  begin(call: CampaignCall): void | Promise<void>;
  finish(result: CampaignResult): void | Promise<void>;
}

/** Keeps the targets that must not be called: a {@link DoNotCallList}, or a list of your own. */
export interface DoNotCall {
  has(target: string): boolean | Promise<boolean>;
  add(target: string): void | Promise<void>;
}

/** Target that a bot is about to call. */
export interface CampaignLine {
  readonly target: string;
  readonly attempt: number;
  /** The target's fields; what the bot puts there is kept with the result. */
  readonly variables: Map<string, string>;
  /** To be called when an agent has the call: the pace of the campaign counts it no more. */
  taken(): void;
  /** To be called when the call needs no agent, such as when a machine has answered. */
  needsNobody(): void;
  /** Puts the target on the list of those that must not be called. @throws ERR_INVALID_STATE where there is no list. */
  doNotCall(): Promise<void>;
}
