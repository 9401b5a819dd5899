import type { BotOutcome } from '../bot-result.js';

const BOT_OUTCOMES = ['done', 'hung-up', 'failed', 'unanswered'] as const satisfies readonly BotOutcome[];

export const CAMPAIGN_OUTCOMES = [
  ...BOT_OUTCOMES,
  ...(['error', 'unsaid', 'do-not-call', 'calling', 'interrupted'] as const),
] as const;

/** A call that a campaign is about to place. */
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
   * `error`: the call could not be placed. `unsaid`: the bot could not say its prompts; such a call does not count as
   * an attempt. `do-not-call`: it was not placed. `calling`: it is in progress. `interrupted`: it was in progress when
   * the program was killed.
   */
  readonly outcome: (typeof CAMPAIGN_OUTCOMES)[number];
  /** The call's last status, as on the wire; empty when there was no call. */
  readonly status: string;
  readonly error?: string;
  /** True when the target is to be called again. */
  readonly retry: boolean;
  /**
   * Time from its end to the next call, in milliseconds, when `retryWhen` has set it. Default: that of the campaign.
   */
  readonly retryAfterMs?: number;
  /** The target's fields, and those that the bot added. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Keeps the calls of a campaign. {@link CampaignLog} makes a store on disk. */
export interface CampaignStore {
  /** Returns the calls that were placed before, oldest first. None of them is placed again. */
  resume(): readonly CampaignResult[] | Promise<readonly CampaignResult[]>;
  /** Records that a call is about to be placed. When this throws, the call is not placed. */
  begin(call: CampaignCall): void | Promise<void>;
  finish(result: CampaignResult): void | Promise<void>;
}

/** Keeps the targets that must not be called: a {@link DoNotCallList}, or your own implementation. */
export interface DoNotCall {
  has(target: string): boolean | Promise<boolean>;
  add(target: string): void | Promise<void>;
}

/** A target that a bot is about to call. */
export interface CampaignLine {
  readonly target: string;
  readonly attempt: number;
  /** The target's fields. Values that the bot adds are kept with the result. */
  readonly variables: Map<string, string>;
  /** Tells the pacing that an agent has the call, so it needs no agent any more. */
  taken(): void;
  /** Tells the pacing that the call needs no agent, for example when a machine has answered. */
  needsNobody(): void;
  /** Adds the target to the do-not-call list. @throws ERR_INVALID_STATE when the campaign has no list. */
  doNotCall(): Promise<void>;
}
