import { expect, test } from 'vitest';
import { ConversationAnalysis } from '../../../src/analysis/conversation-analysis.js';
import { htmlReport } from '../../../src/analysis/report/html-report.js';
import { murmur } from '../murmur.js';

const analysis = new ConversationAnalysis({ deadAirMs: 2000 });
analysis.push([
  murmur(12, [
    [1, 3],
    [6, 8],
  ]),
  murmur(12, [[2.5, 4]], 2),
]);
analysis.end();
const report = analysis.report();

test('the page has both legs, what was said, and every figure', () => {
  const page = htmlReport(report, {
    title: 'A call',
    names: ['agent', 'customer'],
    envelopes: [Float32Array.of(0, 0.5, 1), Float32Array.of(0.1, 0.2, 0.3)],
    said: [{ leg: 1, from: 40_000, to: 60_000, text: 'wait a moment' }],
  });
  expect(page.match(/class="speech" x/g)).toHaveLength(3);
  expect(page.match(/class="wave"/g)).toHaveLength(2);
  expect(page).toContain('wait a moment');
  expect(page).toContain('class="dead" x');
  for (const figure of ['overlapMs', 'activeLevelDbov', 'longestMonologueMs']) expect(page).toContain(figure);
  expect(page).not.toMatch(/<script|NaN|Infinity|undefined|https?:/);
});

test('each event is named, with its side and its time, and the picture has room for a long call', () => {
  const { talk, ...rest } = report;
  const events = Array.from({ length: 40 }, (_, i) => ({
    kind: 'backchannel' as const,
    leg: 1 as const,
    at: i * 4000,
  }));
  const interruption = { kind: 'interruption' as const, leg: 0 as const, at: 80_000, offset: -8000 };
  const page = htmlReport(
    { ...rest, talk: { ...talk, events: [...events, interruption] } },
    { names: ['ann', 'ben'] },
  );
  expect(page.match(/● backchannel<\/td><td>ben/g)).toHaveLength(40);
  expect(page).toContain('<td class="n">0:05.0</td><td>▲ interruption</td><td>ann</td>');
  // Where there is no room for a name, the sign has it.
  expect(page.match(/<title>backchannel, ben, /g)).toHaveLength(40);
  const long = htmlReport({ ...report, samples: 3600 * 16_000 });
  expect(Number(/<svg width="(\d+)"/.exec(long)?.[1])).toBeGreaterThan(10_000);
  expect(long).toContain('>1:00:00<');
});

test('names and words of callers are never markup', () => {
  const evil = '"><script>alert(1)</script>';
  const said = [{ leg: 0, from: 16_000, to: 32_000, text: evil }];
  const page = htmlReport(report, { title: evil, names: [evil, evil], said });
  expect(page).not.toContain('<script>');
});

test('a call without samples has a page, too', () => {
  const empty = new ConversationAnalysis();
  empty.end();
  expect(htmlReport(empty.report())).not.toMatch(/NaN|Infinity|undefined/);
});
