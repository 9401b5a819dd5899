import { drawText } from './terminal-text.js';
import { isUnread } from './unread-output.js';

/** Lines at the end of a terminal that are redrawn in place. Other output goes above them. */
export class LiveArea implements Disposable {
  readonly #lines: () => readonly string[];
  readonly #write: (text: string) => void;
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  /** @param lines Returns the current lines. They must fit the width and height of the terminal. */
  constructor(lines: () => readonly string[], write = drawText) {
    this.#lines = lines;
    this.#write = write;
    this.#timer = setInterval(() => this.draw(), REDRAW_MS);
  }

  /** Adds text above the lines. It must end with a line break. */
  print(text: string): void {
    this.#put(text);
  }

  /** Redraws the lines, unless the terminal is blocked. */
  draw(): void {
    if (!isUnread()) this.#put('');
  }

  /** Removes the lines. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    if (this.#drawn > 0) this.#write(this.#erased());
  }

  #put(text: string): void {
    const erased = this.#erased();
    const lines = isUnread() ? [] : this.#lines();
    this.#drawn = lines.length;
    this.#write(`${erased}${text}${lines.map((line) => `${line}\n`).join('')}`);
  }

  #erased(): string {
    return this.#drawn > 0 ? `\u001b[${this.#drawn}A\u001b[J` : '';
  }
}

const REDRAW_MS = 250;
