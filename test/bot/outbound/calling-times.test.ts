import { describe, expect, it } from 'vitest';
import { CallingTimes, type CallingTimesOptions } from '../../../src/bot/outbound/calling-times.js';

const times = (
  options: Partial<CallingTimesOptions> = {},
  targets: { target: string; fields: Record<string, string> }[] = [],
) =>
  new CallingTimes(
    {
      ...{ hours: { from: '09:00', to: '17:00' }, timezone: 'UTC', zoneField: 'timezone', holidays: [] },
      zones: { '+49': 'Europe/Berlin', '+1': 'America/New_York', '+1808': 'Pacific/Honolulu' },
      ...options,
    },
    targets,
  );
const who = (target: string, fields: Record<string, string> = {}) => ({ target, fields });
const next = (at: string, target: string, options: Partial<CallingTimesOptions> = {}, fields = {}) =>
  new Date(times(options).next(who(target, fields), Date.parse(at))).toISOString().slice(0, 16);

describe('permitted times of calls', () => {
  it.each([
    ['+4930123', {}, 'Europe/Berlin'],
    ['+12125550100', {}, 'America/New_York'],
    ['+18085550100', {}, 'Pacific/Honolulu'],
    ['anna', {}, 'UTC'],
    ['anna', { timezone: 'Asia/Tokyo' }, 'Asia/Tokyo'],
    ['+4930123', { timezone: 'Asia/Tokyo' }, 'Asia/Tokyo'],
    ['+4930123', { timezone: '' }, 'Europe/Berlin'],
  ])('are by the zone of %s %j: %s', (target, fields, zone) => {
    expect(times().zoneOf(who(target, fields))).toBe(zone);
  });

  it('keep to the hours of that zone, on the days of clock changes too', () => {
    expect(next('2027-03-01T12:00Z', '+4930123')).toBe('2027-03-01T12:00');
    expect(next('2027-03-01T12:00Z', '+12125550100')).toBe('2027-03-01T14:00');
    expect(next('2027-03-01T12:00Z', '+18085550100')).toBe('2027-03-01T19:00');
    expect(next('2027-03-28T05:00Z', '+4930123')).toBe('2027-03-28T07:00');
    expect(next('2027-03-27T17:00Z', '+4930123')).toBe('2027-03-28T07:00');
  });

  it('leave out holidays, by the date in the zone of the target', () => {
    const holidays = ['2027-12-25', '2027-12-26'];
    expect(next('2027-12-24T23:30Z', '+4930123', { holidays })).toBe('2027-12-27T08:00');
    expect(next('2027-12-24T23:30Z', '+4930123', { holidays, hours: undefined })).toBe('2027-12-26T23:00');
    expect(next('2027-12-24T23:30Z', '+12125550100', { holidays, hours: undefined })).toBe(
      '2027-12-24T23:30',
    );
    const german = { '+49': ['2027-10-03'], '': ['2027-01-01'] };
    expect(next('2027-10-03T10:00Z', '+4930123', { holidays: german })).toBe('2027-10-04T07:00');
    expect(next('2027-10-03T10:00Z', 'anna', { holidays: german })).toBe('2027-10-03T10:00');
    expect(next('2027-01-01T10:00Z', 'anna', { holidays: german })).toBe('2027-01-02T09:00');
    // A day of 23 hours.
    expect(next('2027-03-28T00:30Z', '+4930123', { holidays: ['2027-03-28'], hours: undefined })).toBe(
      '2027-03-28T22:00',
    );
  });

  it.each<[string, Partial<CallingTimesOptions>, { target: string; fields: Record<string, string> }[]]>([
    ['zones.+49', { zones: { '+49': 'Mars/Base' } }, []],
    ['holidays', { holidays: ['25.12.2027'] }, []],
    ['holidays.+49', { holidays: { '+49': ['2027-13-01'] } }, []],
    ['timezone of anna', {}, [who('anna', { timezone: 'Mars/Base' })]],
  ])('refuse an invalid zone, holiday or time zone by its name: %s', (name, options, targets) => {
    expect(() => times(options, targets)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG', message: expect.stringContaining(name) }),
    );
  });
});
