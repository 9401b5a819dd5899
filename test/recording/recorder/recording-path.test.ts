import { describe, expect, it } from 'vitest';
import { fillTemplate } from '../../../src/recording/recorder/recording-path.js';

describe('fillTemplate', () => {
  const at = (iso: string, timezone?: string) =>
    fillTemplate('{year}/{month}/{day}/{date}-{time}', {
      ...{ startedAt: new Date(iso), partner: 'p', call: 1, id: 'x', segment: 1, direction: 'in' },
      ...(timezone !== undefined && { timezone }),
    });

  it('gives dates and times in UTC, or in the zone that is asked for', () => {
    expect(at('2026-12-31T23:30:00Z')).toBe('2026/12/31/2026-12-31-233000');
    expect(at('2026-12-31T23:30:00Z', 'Europe/Berlin')).toBe('2027/01/01/2027-01-01-003000');
    expect(at('2027-01-01T00:30:05Z', 'America/New_York')).toBe('2026/12/31/2026-12-31-193005');
    // The night on which clocks are put back.
    expect(at('2027-10-31T01:30:00Z', 'Europe/Berlin')).toBe('2027/10/31/2027-10-31-023000');
  });
});
