/**
 * Stages of a campaign. `idle`: not started. `waiting`: the endpoint is not available. `stopping`: its last calls are
 * in progress.
 */
export const CAMPAIGN_STAGES = [
  'idle',
  'running',
  'waiting',
  'stopping',
  'stopped',
  'ended',
  'failed',
] as const;
export type CampaignStage = (typeof CAMPAIGN_STAGES)[number];
