import { describe, expect, it } from 'vitest';
import type { CampaignResult } from '../../../src/bot/outbound/campaign-call.js';
import { campaignReport } from '../../../src/bot/outbound/campaign-report.js';
import { parseCsv } from '../../../src/bot/outbound/parse-csv.js';

const call = (target: string, more: Partial<CampaignResult> = {}): CampaignResult => ({
  ...{ target, attempt: 1, placedAtMs: 0, durationMs: 61_000, outcome: 'done', status: 'FINISHED' },
  ...{ retry: false, variables: {}, ...more },
});

describe('the report of a campaign', () => {
  const EVIL = [
    '=1+1',
    '+1+cmd',
    '-2+3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '  =1',
    '|calc',
    '＝1',
    '%0A=1',
    '"=1',
    'a\n=b',
  ];

  it.each(EVIL)('has no cell that a spreadsheet takes for a formula: %j', (evil) => {
    const text = campaignReport([call('anna', { variables: { evil }, error: evil })], { format: 'csv' });
    const { rows, problem } = parseCsv(text);
    expect(problem).toBeUndefined();
    const cells = rows[1]?.cells ?? [];
    expect(cells).toHaveLength(9);
    for (const cell of [cells[7], cells[8]]) {
      expect(cell).toMatch(/^(?![\s\0]*[=+\-@|%＝])/);
      expect(cell?.replace(/^'/, '')).toBe(evil);
    }
  });

  it('leaves numbers as they are, so that they can be called again', () => {
    const text = campaignReport([call('+4930123456', { variables: { sum: '-4.5' } })], { format: 'csv' });
    expect(text).toContain(',+4930123456,1,61.0,done,FINISHED,no,');
    expect(text).toContain(',-4.5\r\n');
  });

  it('has figures by the last call to each target', () => {
    const calls = [
      call('anna', { outcome: 'unanswered', retry: true }),
      call('Anna', { attempt: 2 }),
      call('ben', { outcome: 'do-not-call', durationMs: 0 }),
    ];
    const report = JSON.parse(campaignReport(calls, { format: 'json', title: 'spring' }));
    expect(report).toMatchObject({
      title: 'spring',
      figures: { targets: 2, calls: 2, outcomes: { done: 1, 'do-not-call': 1 }, totalMs: 122_000 },
    });
    expect(report.calls).toHaveLength(3);
  });

  it('is a page in which nothing that came from outside is markup', () => {
    const evil = `<img src=x onerror=alert(1)>"'&`;
    const html = campaignReport([call('anna', { variables: { [`<b>`]: evil } })], {
      format: 'html',
      title: evil,
    });
    expect(html).not.toMatch(/<img|<b>/);
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    expect(html).toContain("default-src 'none'");
  });
});
