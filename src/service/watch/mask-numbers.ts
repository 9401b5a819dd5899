import type { FeedEvent } from '../feed/feed-event.js';

/** Fields that may contain the number of the other party. */
const MASKED: ReadonlySet<string> = new Set(['partner', 'target', 'text', 'reason', 'file']);

/** A phone number in text: seven or more digits, with up to two separators between digits. */
const NUMBER = /\+?\d(?:[ ().-]{0,2}\d){6,}/g;
/** A phone number in a path. Separators are not allowed, because dates and times use them. */
const NUMBER_IN_PATH = /\+\d{4,}|\d{7,}/g;
/** Number of digits at the end that stay visible. */
const LEFT = 3;

/**
 * Masks phone numbers in an event except for the last three digits. The key of a `digit` event is masked completely.
 */
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
