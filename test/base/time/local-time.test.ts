import { describe, expect, it } from 'vitest';
import { checkTimeZone, localClock, machineTimeZone } from '../../../src/base/time/local-time.js';

describe('localClock', () => {
  it.each([
    ['UTC', '2027-03-01T00:00:00Z', { date: '2027-03-01', time: '00:00:00', weekday: 'mon', minute: 0 }],
    [
      'UTC',
      '2027-02-28T23:59:59.999Z',
      { date: '2027-02-28', time: '23:59:59', weekday: 'sun', minute: 1439 },
    ],
    [
      'Asia/Tokyo',
      '2027-03-01T16:30:00Z',
      { date: '2027-03-02', time: '01:30:00', weekday: 'tue', minute: 90 },
    ],
    ['America/New_York', '2027-01-01T04:59:00Z', { date: '2026-12-31', time: '23:59:00', weekday: 'thu' }],
    ['Asia/Kathmandu', '2027-03-01T18:14:59Z', { date: '2027-03-01', time: '23:59:59' }],
    ['Pacific/Kiritimati', '2027-03-01T10:00:00Z', { date: '2027-03-02', time: '00:00:00' }],
    ['Pacific/Pago_Pago', '2027-03-01T10:59:00Z', { date: '2027-02-28', time: '23:59:00', weekday: 'sun' }],
    // The hour that is left out, and the one that comes twice.
    ['Europe/Berlin', '2027-03-28T00:59:59Z', { time: '01:59:59' }],
    ['Europe/Berlin', '2027-03-28T01:00:00Z', { time: '03:00:00' }],
    ['Europe/Berlin', '2027-10-31T00:30:00Z', { time: '02:30:00' }],
    ['Europe/Berlin', '2027-10-31T01:30:00Z', { time: '02:30:00' }],
  ])('tells the time in %s at %s', (zone, at, expected) => {
    expect(localClock(zone)(Date.parse(at))).toMatchObject(expected);
  });

  it.each(['Mars/Base', '', 'Europe/Berlin ', undefined, 5])(
    'refuses %j, which is not a time zone',
    (zone) => {
      expect(() => checkTimeZone(zone as string)).toThrow(/timezone must be a time zone/);
    },
  );

  it("knows the machine's zone", () => {
    expect(checkTimeZone(machineTimeZone())).toBe(machineTimeZone());
  });
});
