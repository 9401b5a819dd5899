/** Control characters, and marks that change the direction of text. Characters that join emoji stay. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Turns a text from outside (a name, a path, a row of a catalogue) into one line that cannot control a terminal. A
 * control character is escaped as in JSON: `\u001b`. JSON text keeps its meaning.
 */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Several lines, each made {@link printable}. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
