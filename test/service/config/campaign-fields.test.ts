import { expect, it } from 'vitest';
import type { CampaignSource } from '../../../src/bot.js';
import { serviceConfigSchema } from '../../../src/service/config/service-config.js';

/** Every field that a campaign of the command can have; the type says when one is missing. */
const EVERY: Required<Omit<CampaignSource, 'script' | 'agent'>> = {
  ...{ list: 'list.csv', flow: 'flow.yaml', hooks: 'hooks.mjs', http: { hosts: ['api.example.org'] } },
  ...{ hours: { from: '09:00', to: '19:00' }, weekdays: ['mon'], timezone: 'Europe/Berlin' },
  ...{ zones: { '+44': 'Europe/London' }, holidays: ['2027-12-25'] },
  ...{ doNotCall: 'robinson.txt', doNotCallKey: '9', callsPerSecond: 2, concurrency: 3, callsPerMinute: 60 },
  ...{ attempts: 2, retryAfterMs: 60_000, ringMs: 20_000 },
};

it('a campaign of a service has every option of the command', () => {
  const config = { endpoints: { desk: { attach: 'tcp:4100' } }, campaigns: { all: EVERY } };
  const { error, data } = serviceConfigSchema.safeParse(config);
  expect(error).toBeUndefined();
  expect(data?.campaigns?.['all']).toEqual(EVERY);
  const tooFast = { ...config, campaigns: { all: { ...EVERY, callsPerSecond: 101 } } };
  expect(serviceConfigSchema.safeParse(tooFast).success).toBe(false);
});
