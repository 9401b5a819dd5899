import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkHours, type Hours, isWithinHours, nextWithinHours } from '../../../src/base/time/hours.js';
import { localClock, WEEKDAYS } from '../../../src/base/time/local-time.js';

const FRIDAY_NIGHT: Hours = { from: '22:00', to: '06:00', weekdays: ['fri'] };
const SUNDAY_NIGHT: Hours = { from: '01:00', to: '04:00', weekdays: ['sun'] };
const ALL_DAY: Hours = { from: '00:00', to: '24:00' };

describe('isWithinHours', () => {
  it.each([
    // The night belongs to the day on which it begins.
    [FRIDAY_NIGHT, 'Europe/Berlin', '2027-03-05T22:30:00Z', true],
    [FRIDAY_NIGHT, 'Europe/Berlin', '2027-03-06T01:00:00Z', true],
    [FRIDAY_NIGHT, 'Europe/Berlin', '2027-03-06T04:59:59Z', true],
    [FRIDAY_NIGHT, 'Europe/Berlin', '2027-03-06T05:00:00Z', false],
    [FRIDAY_NIGHT, 'Europe/Berlin', '2027-03-05T01:00:00Z', false],
    [FRIDAY_NIGHT, 'Europe/Berlin', '2027-03-06T22:00:00Z', false],
    [FRIDAY_NIGHT, 'UTC', '2027-03-05T21:59:59Z', false],
    [{ from: '22:00', to: '06:00', weekdays: ['sun'] }, 'UTC', '2027-03-08T02:00:00Z', true],
    // Whole days, said in each way.
    [ALL_DAY, 'Asia/Tokyo', '2027-03-05T15:00:00Z', true],
    [ALL_DAY, 'Asia/Tokyo', '2027-03-05T14:59:59Z', true],
    [{ ...ALL_DAY, weekdays: ['fri'] }, 'UTC', '2027-03-05T23:59:59Z', true],
    [{ ...ALL_DAY, weekdays: ['fri'] }, 'UTC', '2027-03-06T00:00:00Z', false],
    [{ from: '00:00', to: '00:00' }, 'UTC', '2027-03-05T12:00:00Z', true],
    [{ from: '18:00', to: '24:00' }, 'UTC', '2027-03-05T23:59:59Z', true],
    [{ from: '18:00', to: '24:00' }, 'UTC', '2027-03-06T00:00:00Z', false],
    // 24 hours from 10:00 on.
    [{ from: '10:00', to: '10:00', weekdays: ['fri'] }, 'UTC', '2027-03-06T09:59:00Z', true],
    [{ from: '10:00', to: '10:00', weekdays: ['fri'] }, 'UTC', '2027-03-05T09:59:00Z', false],
    [{ from: '00:00', to: '23:59' }, 'UTC', '2027-03-05T23:59:30Z', false],
    // Clocks are put forward from 02:00 to 03:00, and back from 03:00 to 02:00.
    [SUNDAY_NIGHT, 'Europe/Berlin', '2027-03-28T00:59:59Z', true],
    [SUNDAY_NIGHT, 'Europe/Berlin', '2027-03-28T01:59:59Z', true],
    [SUNDAY_NIGHT, 'Europe/Berlin', '2027-03-28T02:00:00Z', false],
    [SUNDAY_NIGHT, 'Europe/Berlin', '2027-10-31T02:59:59Z', true],
    [SUNDAY_NIGHT, 'Europe/Berlin', '2027-10-31T03:00:00Z', false],
    [{ from: '02:15', to: '02:45' }, 'America/New_York', '2027-03-14T07:00:00Z', false],
    // Half an hour, in the south.
    [{ from: '01:30', to: '02:00' }, 'Australia/Lord_Howe', '2027-04-03T14:45:00Z', true],
    [{ from: '09:00', to: '17:00' }, 'Asia/Kathmandu', '2027-03-05T03:15:00Z', true],
    [{ from: '09:00', to: '17:00' }, 'Asia/Kathmandu', '2027-03-05T03:14:59Z', false],
  ] as const)('%j in %s at %s: %s', (hours, zone, at, expected) => {
    expect(isWithinHours(hours, Date.parse(at), zone)).toBe(expected);
  });

  it.each([
    { from: '24:00', to: '10:00' },
    { from: '9:00', to: '10:00' },
    { from: '09:00', to: '24:01' },
    { from: '09:60', to: '10:00' },
    { from: '09:00' },
    { from: '09:00', to: '10:00', weekdays: [] },
    { from: '09:00', to: '10:00', weekdays: ['Fri'] },
  ])('refuses %j', (hours) => {
    expect(() => checkHours(hours as Hours)).toThrow(/hours\.(from|to|weekdays) must be/);
  });
});

const times = fc.integer({ min: 0, max: 1439 }).map((minute) => {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
});
const anyHours = fc.record({
  from: times,
  to: fc.oneof(times, fc.constant('24:00')),
  weekdays: fc.option(fc.subarray([...WEEKDAYS], { minLength: 1 }), { nil: undefined }),
});
const zones = fc.constantFrom(
  ...['UTC', 'Europe/Berlin', 'America/Havana', 'Asia/Kathmandu', 'Australia/Lord_Howe', 'Pacific/Apia'],
);
// Around the days on which clocks are changed, in the north and in the south.
const moments = fc
  .tuple(
    fc.constantFrom('2027-03-14', '2027-03-28', '2027-04-04', '2027-10-31', '2027-11-07'),
    fc.nat(5 * 1440),
  )
  .map(([day, minutes]) => Date.parse(`${day}T00:00:00Z`) + (minutes - 3 * 1440) * 60_000);

describe('hours', () => {
  it('hold for exactly the minutes of the days and times that they name', () => {
    fc.assert(
      fc.property(anyHours, zones, moments, (hours, zone, at) => {
        const { from, to, weekdays = WEEKDAYS } = hours;
        const { weekday, time } = localClock(zone)(at);
        const yesterday = WEEKDAYS[(WEEKDAYS.indexOf(weekday) + 6) % 7]!;
        const clock = time.slice(0, 5);
        const passesMidnight = to <= from;
        const today = weekdays.includes(weekday) && clock >= from && (passesMidnight || clock < to);
        const late = passesMidnight && weekdays.includes(yesterday) && clock < to;
        expect(isWithinHours(hours, at, zone)).toBe(today || late);
      }),
      { numRuns: 2000 },
    );
  });

  it('begin at the minute that nextWithinHours gives, and no earlier', () => {
    fc.assert(
      fc.property(anyHours, zones, moments, (hours, zone, at) => {
        const next = nextWithinHours(hours, at, zone);
        expect(isWithinHours(hours, next, zone)).toBe(true);
        expect(next).toBeGreaterThanOrEqual(at);
        if (next === at) return;
        // A sample of the minutes before it, and the one right before.
        for (let back = 1; next - back * 60_000 >= at; back += 17) {
          expect(isWithinHours(hours, next - back * 60_000, zone)).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });
});
