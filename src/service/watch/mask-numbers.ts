import type { FeedEvent } from '../feed/feed-event.js';

/** Fields that may hold the other side's number. */
const MASKED: ReadonlySet<string> = new Set(['partner', 'target', 'text', 'reason', 'file']);

/** A phone number as people write it: seven digits or more, with up to two marks between them. */
const NUMBER = /\+?\d(?:[ ().-]{0,2}\d){6,}/g;
/** In a path, where dates and times are written with marks as well. */
const NUMBER_IN_PATH = /\+\d{4,}|\d{7,}/g;
/** Digits at the end of a number that are left. */
const LEFT = 3;

/** An event whose phone numbers show their last three digits alone; `digit` shows none. */
export function maskNumbers(event: FeedEvent): FeedEvent {
  const masked = Object.entries(event).map(([name, value]) => [name, maskField(event, name, value)]);
  return Object.fromEntries(masked) as FeedEvent;
}

function maskField({ type }: FeedEvent, name: string, value: unknown): unknown {
  if (type === 'digit' && name === 'digit') return '*';
  if (typeof value !== 'string' || !MASKED.has(name)) return value;
  return maskText(value, name === 'file' ? NUMBER_IN_PATH : NUMBER);
}

function maskText(text: string, numbers: RegExp): string {
  return text.replaceAll(numbers, (number) => {
    const digits = number.replaceAll(/\D/g, '').length;
    let seen = 0;
    return number.replaceAll(/\d/g, (digit) => (++seen > digits - LEFT ? digit : '*'));
  });
}
