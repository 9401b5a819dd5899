import { describe, expect, it } from 'vitest';
import { type AnswerRule, type OfferedCall, weighRules } from '../../src/service.js';

const CALL: OfferedCall = {
  endpoint: 'desk',
  caller: 'ann',
  called: 'desk',
  userStatus: 'ONLINE',
  unixMs: Date.UTC(2026, 11, 24, 23, 30),
};
const rule = (conditions: Partial<AnswerRule>): AnswerRule => ({
  name: 'a',
  answer: 'nobody',
  ...conditions,
});
const fits = (conditions: Partial<AnswerRule>, call: Partial<OfferedCall> = {}) =>
  weighRules(
    [rule(conditions)],
    { xmas: ['12-25'], week: ['2026-12-20/2026-12-24'] },
    { ...CALL, ...call },
  )[0];

describe('a rule matches a call', () => {
  it.each<[string, Partial<AnswerRule>, Partial<OfferedCall>]>([
    ['without conditions', {}, {}],
    ['of a caller, whatever its case', { callers: ['ANN'] }, { caller: 'Ann' }],
    ['of anybody', { callers: ['*'] }, { caller: '' }],
    ['of a beginning', { callers: ['+4930*'] }, { caller: '+49 (30) 123-456' }],
    ['of a number that is written otherwise', { called: ['+49 30/123 456'] }, { called: '+4930123456' }],
    ['of a star in the middle, which stands for itself', { callers: ['a*b'] }, { caller: 'A*B' }],
    ['on a day of the zone', { days: ['xmas'], timezone: 'Europe/Berlin' }, {}],
    ['on a day of a range', { days: ['week'], timezone: 'UTC' }, {}],
    ['on no day of others', { notDays: ['xmas'], timezone: 'UTC' }, {}],
    ['in hours that pass midnight', { hours: { from: '22:00', to: '06:00' }, timezone: 'UTC' }, {}],
    ['of a status', { status: ['DND', 'AWAY'] }, { userStatus: 'AWAY' }],
  ])('%s', (_, conditions, call) => {
    expect(fits(conditions, call)).toMatchObject({ fits: true });
  });

  it.each<[string, Partial<AnswerRule>, Partial<OfferedCall>, string]>([
    ['of another', { callers: ['ben', 'ann.lee'] }, {}, 'caller ann is not one of ben, ann.lee'],
    ['that is not known', { callers: ['ben'] }, { caller: '' }, 'caller (unknown) is not one of ben'],
    [
      'of less than a number',
      { called: ['+4930'] },
      { called: '+49301' },
      'called +49301 is not one of +4930',
    ],
    ['on a day before', { days: ['xmas'], timezone: 'UTC' }, {}, '2026-12-24 is not a day of xmas'],
    ['on a holiday', { notDays: ['week'], timezone: 'UTC' }, {}, '2026-12-24 is a day of week'],
    ['of a calendar that is none', { days: ['constructor'] }, {}, 'is not a day of constructor'],
    [
      'at night',
      { hours: { from: '09:00', to: '17:00' }, timezone: 'UTC' },
      {},
      'thu 23:30 in UTC is not within',
    ],
    [
      'of a name that steers the terminal',
      { callers: ['ben'] },
      { caller: 'a\r\n\u001b[2J' },
      'caller a   [2J is not',
    ],
    ['of another endpoint', { endpoints: ['shop'] }, {}, 'endpoint desk is not one of shop'],
  ])('but not %s, with the reason', (_, conditions, call, reason) => {
    const verdict = fits(conditions, call);
    expect(verdict).toMatchObject({ fits: false });
    expect(verdict?.reason).toContain(reason);
  });

  it('by priority, then by order, and each other rule has its reason', () => {
    const rules = [
      rule({ name: 'low', priority: -1 }),
      rule({ name: 'first' }),
      rule({ name: 'second' }),
      rule({ name: 'high', priority: 9, callers: ['ben'] }),
    ];
    const verdicts = weighRules(rules, {}, CALL);
    expect(verdicts.map(({ rule: { name }, fits: does }) => `${name} ${does}`)).toEqual([
      ...['high false', 'first true', 'second true', 'low true'],
    ]);
  });

  it('in bounded time for many patterns and endless names, which are not in the reasons', () => {
    const callers = Array.from({ length: 10_000 }, (_, index) => `${'(+'.repeat(400)}${index}*`);
    const caller = `${'( -'.repeat(30_000)}\r\n\u001b[2J`;
    const verdicts = weighRules(
      [rule({ callers }), rule({ name: 'b', callers: [...callers, '*'] })],
      {},
      {
        ...CALL,
        caller,
      },
    );
    expect(verdicts.map(({ fits: does }) => does)).toEqual([false, true]);
    for (const { reason } of verdicts) {
      expect(reason.length).toBeLessThan(300);
      expect(reason).not.toMatch(/\p{Cc}/u);
    }
  });
});
