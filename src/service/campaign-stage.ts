/** Stages of a campaign: `idle` before anybody begins it, `waiting` for its endpoint, `stopping` while its last calls go on. */
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
