/** Controls, and marks that turn the direction of what follows. Those that join emoji stay. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text that came from outside (a name, a path, a row of a catalogue) in one line that cannot steer a terminal: a
 * character that does is written as JSON would, `\u001b`. JSON stays the same JSON.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Several lines, each made {@link printable}. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
