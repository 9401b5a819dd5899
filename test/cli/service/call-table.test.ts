import { describe, expect, it } from 'vitest';
import { LiveArea } from '../../../src/cli/live-area.js';
import { CallTable } from '../../../src/cli/service/call-table.js';
import type { FeedEvent, ToldEvent } from '../../../src/service.js';

const START = Date.UTC(2026, 0, 1);
const of = { account: 'desk', call: 7 } as const;

function tableOf(...events: readonly ToldEvent[]): CallTable {
  const table = new CallTable();
  for (const event of events) table.take({ v: 1, at: new Date(START).toISOString(), ...event } as FeedEvent);
  return table;
}
const called = (call: number, partner = 'anna') =>
  ({ type: 'call', account: 'desk', call, direction: 'in', partner }) as const;
const wide = { width: 100, height: 24 };

describe('the table of calls', () => {
  it('has a row for each call in progress, with the parties and the state of the recording', () => {
    const talking: readonly ToldEvent[] = [
      called(7),
      { type: 'state', ...of, status: 'INPROGRESS', phase: 'talking' },
      { type: 'bot', ...of, bot: 'greeter', what: 'talking' },
      { type: 'recording', ...of, what: 'begun' },
    ];
    expect(tableOf(...talking).lines(START + 65_000, wide)).toEqual([
      expect.stringMatching(/^account +call +partner +status +bot +recorded +time$/),
      expect.stringMatching(/^desk +7 +anna +INPROGRESS +greeter +yes +1:05$/),
    ]);
    const over = tableOf(...talking, { type: 'state', ...of, status: 'FINISHED', phase: 'ended' });
    expect(over.lines(START, wide).at(-1)).toBe('  no calls; Ctrl-C ends');
  });

  it('fits the terminal, for any names of callers, and shows how many rows are left out', () => {
    const table = tableOf(
      ...Array.from({ length: 50 }, (_, call) => called(call, `\u001b[2J${'x'.repeat(500)}\n`)),
    );
    for (const width of [20, 40, 80]) {
      const lines = table.lines(START, { width, height: 10 });
      expect(lines.length).toBeLessThan(10);
      expect(lines.at(-1)).toBe('  and 44 more');
      for (const line of lines) {
        expect(line.length).toBeLessThan(width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there.
        expect(line).not.toMatch(/[\u0000-\u001f]/);
      }
    }
  });

  it('shows which endpoints are away', () => {
    const lost = { type: 'endpoint', account: 'desk', endpoint: 'front', what: 'lost' } as const;
    expect(tableOf(lost).lines(START, wide).at(-1)).toBe('  away: front');
    expect(tableOf(lost, { ...lost, what: 'returned' }).lines(START, wide)).not.toContain('  away: front');
  });
});

it('lines printed above a live area move it down without leaving parts of it', () => {
  let written = '';
  const area = new LiveArea(
    () => ['one', 'two'],
    (text) => {
      written += text;
    },
  );
  area.print('first\n');
  area.print('second\n');
  area[Symbol.dispose]();
  expect(written).toBe('first\none\ntwo\n\u001b[2A\u001b[Jsecond\none\ntwo\n\u001b[2A\u001b[J');
});
