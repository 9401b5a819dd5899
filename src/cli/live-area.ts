import { drawText } from './terminal-text.js';

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
    this.#erase();
    this.#write(text);
    this.draw();
  }

  draw(): void {
    this.#erase();
    const lines = this.#lines();
    if (lines.length > 0) this.#write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  /** Takes the lines away. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #erase(): void {
    if (this.#drawn > 0) this.#write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}

const REDRAW_MS = 250;
