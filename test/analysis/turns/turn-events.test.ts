import { expect, test } from 'vitest';
import { turnsOf } from '../../../src/analysis/turns/turn-events.js';

const RULES = { backchannel: 600, interruption: 250, dualStart: 200, resume: 1000, lapse: 5000 };

/** Units as `from-to from-to`, in ms. */
function units(text: string) {
  return text === ''
    ? []
    : text.split(' ').map((each) => {
        const [from = 0, to = 0] = each.split('-').map(Number);
        return { from, to };
      });
}

function eventsOf(first: string, second: string) {
  const { events } = turnsOf([units(first), units(second)], RULES);
  return events.map((event) => `${event.kind} ${event.leg} ${'offset' in event ? event.offset : ''}`.trim());
}

test.each([
  ['a gap', '0-2000', '2300-4000', ['transfer 1 300']],
  ['an overlap at the end of a turn', '0-2000', '1900-4000', ['transfer 1 -100']],
  ['turns to and fro', '0-1000 3000-4000', '1200-2800', ['transfer 1 200', 'transfer 0 200']],
  ['a pause is no change of speaker', '0-1000 1500-2500', '', []],
  ['an interruption: the other stops', '0-2000', '1500-4000', ['interruption 1 -500']],
  ['a barge-in that fails: the other goes on', '0-5000', '1500-2800', ['failed-barge-in 1']],
  ['a backchannel', '0-5000', '1500-1900', ['backchannel 1']],
  ['a backchannel into the beginning of a pause', '0-2000 2300-5000', '1800-2200', ['backchannel 1']],
  ['a short answer that is a turn', '0-2000 6000-7000', '2200-2600', ['transfer 1 200', 'transfer 0 3400']],
  [
    'a dual start after silence; the longer one has the floor',
    '0-1000 2000-2500 6000-7000',
    '2100-5500',
    ['dual-start 1', 'transfer 0 500'],
  ],
  ['a dual start at the very beginning', '0-3000', '100-600', ['dual-start 1']],
  ['after a long silence nobody has the floor', '0-1000', '7000-8000', []],
  ['nobody speaks', '', '', []],
  [
    'the floor stays through several backchannels',
    '0-9000',
    '1000-1400 3000-3300 9200-9900',
    ['backchannel 1', 'backchannel 1', 'transfer 1 200'],
  ],
])('%s', (_name, first, second, expected) => {
  expect(eventsOf(first, second)).toEqual(expected);
});

test('the events do not depend on which leg is which', () => {
  const [first, second] = ['0-2000 4000-6000 8000-9000', '1500-3900 4500-4900 6200-7900'];
  const swapped = eventsOf(second, first).map((text) =>
    text.replace(/ [01]/, (leg) => ` ${1 - Number(leg)}`),
  );
  expect(eventsOf(first, second)).toEqual(swapped);
});

test('a turn lasts from taking the floor to the last word before it is lost', () => {
  const { turns } = turnsOf([units('0-1000 1300-2000 5000-6000'), units('500-700 2200-4800')], RULES);
  expect(turns).toEqual([
    { leg: 0, from: 0, to: 2000 },
    { leg: 1, from: 2200, to: 4800 },
    { leg: 0, from: 5000, to: 6000 },
  ]);
});
