/** Digits of RFC 4733, in the order of their codes (section 3.2). */
const DIGITS = '0123456789*#ABCD';

/** Telephone event, as in one of its packets (RFC 4733, section 2.3). */
export interface TelephoneEvent {
  readonly event: number;
  readonly end: boolean;
  /** Level of the tone below full scale, in dBm0: 0 to 63. */
  readonly volume: number;
  /** Duration so far, in timestamp units: 16 bits. */
  readonly duration: number;
}

const BYTES = 4;

/** Reads an event; undefined for a payload that is too short. */
export function readTelephoneEvent(payload: Buffer): TelephoneEvent | undefined {
  if (payload.length < BYTES) return undefined;
  const flags = payload.readUInt8(1);
  return {
    event: payload.readUInt8(0),
    end: (flags & 0x80) !== 0,
    volume: flags & 0x3f,
    duration: payload.readUInt16BE(2),
  };
}

export function writeTelephoneEvent({ event, end, volume, duration }: TelephoneEvent): Buffer {
  const payload = Buffer.alloc(BYTES);
  payload.writeUInt8(event, 0);
  payload.writeUInt8((end ? 0x80 : 0) | volume, 1);
  payload.writeUInt16BE(Math.min(duration, 0xffff), 2);
  return payload;
}

/** Returns the digit of an event code; undefined for a flash and other codes that are not digits. */
export function digitOf(event: number): string | undefined {
  return DIGITS[event];
}

/** Returns the event code of a digit; undefined when it has none. */
export function eventOf(digit: string): number | undefined {
  const event = DIGITS.indexOf(digit.toUpperCase());
  return digit.length === 1 && event >= 0 ? event : undefined;
}

/** Event of the current or the last key press. */
interface Pressed {
  readonly timestamp: number;
  readonly event: number;
  duration: number;
  ended: boolean;
}

/** Beginning or end of a key press. `duration` is in timestamp units. */
export type Press =
  | { readonly type: 'begin'; readonly event: number }
  | { readonly type: 'end'; readonly event: number; readonly duration: number };

/**
 * Turns event packets into key presses. All packets of a press have the same timestamp, the last one is sent three
 * times, and any of them may be lost (RFC 4733, sections 2.5.1 and 2.5.2).
 */
export class TelephoneEventReader {
  #pressed: Pressed | undefined;

  /** True during a press. */
  get pressing(): boolean {
    return this.#pressed?.ended === false;
  }

  /** Takes an event; `timestamp` is unwrapped. */
  take({ event, end, duration }: TelephoneEvent, timestamp: number): Press[] {
    const found: Press[] = [];
    const last = this.#pressed;
    // A press too long for the 16-bit duration continues in segments. Each begins where the one before it ended.
    const goesOn =
      last &&
      !last.ended &&
      last.event === event &&
      timestamp > last.timestamp &&
      timestamp <= last.timestamp + last.duration;
    if (last && !goesOn && timestamp < last.timestamp) return found;
    let pressed = last;
    if (!last || (timestamp !== last.timestamp && !goesOn)) {
      found.push(...this.finish(), { type: 'begin', event });
      pressed = { timestamp, event, duration: 0, ended: false };
      this.#pressed = pressed;
    }
    if (!pressed || pressed.ended) return found;
    const sofar = timestamp - pressed.timestamp + duration;
    pressed.duration = Math.max(pressed.duration, sofar);
    if (end) found.push(...this.finish());
    return found;
  }

  /** Ends a press whose last packets were all lost. */
  finish(): Press[] {
    const pressed = this.#pressed;
    if (!pressed || pressed.ended) return [];
    pressed.ended = true;
    return [{ type: 'end', event: pressed.event, duration: pressed.duration }];
  }
}
