import { describe, expect, it } from 'vitest';
import {
  digitOf,
  eventOf,
  type Press,
  readTelephoneEvent,
  TelephoneEventReader,
  writeTelephoneEvent,
} from '../../../src/line/rtp/telephone-event.js';

/** The packets of a press of `length` packets: [timestamp, payload]. */
function press(event: number, timestamp: number, length: number): [number, Buffer][] {
  const packets: [number, Buffer][] = [];
  for (let n = 1; n <= length + 2; n++) {
    const duration = 160 * Math.min(n, length);
    packets.push([timestamp, writeTelephoneEvent({ event, end: n >= length, volume: 10, duration })]);
  }
  return packets;
}

function pressesOf(packets: readonly [number, Buffer][]): Press[] {
  const reader = new TelephoneEventReader();
  const found = packets.flatMap(([timestamp, payload]) => {
    const event = readTelephoneEvent(payload);
    return event ? reader.take(event, timestamp) : [];
  });
  return [...found, ...reader.finish()];
}

describe('telephone events', () => {
  it('knows the digits of the keypad, and no others', () => {
    for (const digit of '0123456789*#ABCD') expect(digitOf(eventOf(digit) ?? -1)).toBe(digit);
    expect(eventOf('a')).toBe(12);
    expect([eventOf('x'), eventOf(''), eventOf('12'), digitOf(16)]).toEqual(Array(4).fill(undefined));
  });

  it('makes one press of its packets, whichever of them are lost', () => {
    const packets = [...press(5, 1000, 5), ...press(5, 3000, 4)];
    const whole = pressesOf(packets);
    expect(whole).toEqual([
      { type: 'begin', event: 5 },
      { type: 'end', event: 5, duration: 800 },
      { type: 'begin', event: 5 },
      { type: 'end', event: 5, duration: 640 },
    ]);
    for (let mask = 0; mask < 2 ** packets.length; mask += 3) {
      const kept = packets.filter((_, i) => (mask >> i) & 1);
      const stamps = new Set(kept.map(([timestamp]) => timestamp));
      const presses = pressesOf(kept);
      expect(presses.filter(({ type }) => type === 'begin')).toHaveLength(stamps.size);
      expect(presses.filter(({ type }) => type === 'end')).toHaveLength(stamps.size);
    }
  });

  it('assigns late and duplicate packets to their press', () => {
    const [first = [], second = []] = [press(1, 1000, 3), press(2, 2000, 3)];
    const late = first[1] ?? [0, Buffer.alloc(0)];
    const presses = pressesOf([...first, ...first, ...second.slice(0, 2), late, ...second.slice(2)] as [
      number,
      Buffer,
    ][]);
    expect(presses.map(({ type, event }) => `${type} ${event}`)).toEqual([
      'begin 1',
      'end 1',
      'begin 2',
      'end 2',
    ]);
  });

  it('joins the segments of a long press', () => {
    const part = (timestamp: number, duration: number, end = false): [number, Buffer] => [
      timestamp,
      writeTelephoneEvent({ event: 3, end, volume: 10, duration }),
    ];
    const presses = pressesOf([part(0, 160), part(0, 0xffff), part(0xffff, 160), part(0xffff, 320, true)]);
    expect(presses).toEqual([
      { type: 'begin', event: 3 },
      { type: 'end', event: 3, duration: 0xffff + 320 },
    ]);
  });
});
