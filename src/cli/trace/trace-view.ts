import type { TraceLine } from '../../control.js';
import { parseReply } from '../../protocol.js';
import { printable, printedTimeOfDay } from '../terminal-text.js';

/** SGR codes for colours of a terminal. */
const COLOURS = { dim: 2, bold: 1, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Colour = keyof typeof COLOURS;

/** Largest number of commands without an answer whose time is kept. */
const MAX_TIMED = 1000;

/** Colours of answers, errors and notifications. */
const LOOKS = { answer: 'green', error: 'red', notification: 'yellow' } as const;

/** Formats the lines of a trace for people: time, direction, message, and response time. */
export class TraceView {
  readonly #coloured: boolean;
  /** Send times of commands without an answer, by identifier. */
  readonly #sentAt = new Map<string, number>();

  constructor(options: { readonly coloured: boolean }) {
    this.#coloured = options.coloured;
  }

  /** Formats one line, without a line break. */
  format({ direction, line, atMs }: TraceLine): string {
    const time = this.#paint('dim', printedTimeOfDay(atMs));
    const [, id, text = ''] = /^(?:(#\S+) )?(.*)$/s.exec(line) ?? [];
    const tag = id === undefined ? '' : `${this.#paint('dim', id)} `;
    if (direction === 'sent') {
      this.#remember(id, atMs);
      return `${time} ${this.#paint('cyan', '->')} ${tag}${this.#paint('bold', text)}`;
    }
    const took = this.#took(id, atMs);
    return `${time} ${this.#paint('cyan', '<-')} ${tag}${this.#paint(LOOKS[kindOf(line, id)], text)}${took}`;
  }

  /** Formats a message of the tracer itself. */
  note(text: string): string {
    return this.#paint('dim', `-- ${text}`);
  }

  #remember(id: string | undefined, atMs: number): void {
    if (id === undefined) return;
    this.#sentAt.set(id, atMs);
    const [oldest] = this.#sentAt.keys();
    if (this.#sentAt.size > MAX_TIMED && oldest !== undefined) this.#sentAt.delete(oldest);
  }

  #took(id: string | undefined, atMs: number): string {
    const sentAt = id === undefined ? undefined : this.#sentAt.get(id);
    if (id === undefined || sentAt === undefined) return '';
    this.#sentAt.delete(id);
    return ` ${this.#paint('dim', `(${atMs - sentAt} ms)`)}`;
  }

  #paint(colour: Colour, text: string): string {
    return this.#coloured ? `\x1b[${COLOURS[colour]}m${printable(text)}\x1b[0m` : printable(text);
  }
}

function kindOf(line: string, id: string | undefined): keyof typeof LOOKS {
  if (parseReply(line).kind === 'error') return 'error';
  return id === undefined ? 'notification' : 'answer';
}
