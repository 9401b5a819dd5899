import { drawText } from './terminal-text.js';
import { isUnread } from './unread-output.js';

/** Lines at the end of a terminal that are drawn anew in place, with what happens above them. */
export class LiveArea implements Disposable {
  readonly #lines: () => readonly string[];
  readonly #write: (text: string) => void;
  readonly #timer: NodeJS.Timeout;
  #drawn = 0;

  /** @param lines The lines at the moment; each shorter than the terminal is wide, and fewer than it has lines. */
  constructor(lines: () => readonly string[], write = drawText) {
    this.#lines = lines;
    this.#write = write;
    this.#timer = setInterval(() => this.draw(), REDRAW_MS);
  }

  /** Adds text above the lines; it ends with its line break. */
  print(text: string): void {
    this.#put(text);
  }

  /** Draws the lines anew. A terminal that stands still is left alone until it goes on. */
  draw(): void {
    if (!isUnread()) this.#put('');
  }

  /** Takes the lines away. */
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
