import { printLine, warnLine } from './terminal-text.js';

/** Prints a command's output: text for people, or one JSON object a line for programs. */
export class Report {
  readonly #json: boolean;

  constructor(json: boolean | undefined) {
    this.#json = json === true;
  }

  /** A result. */
  line(value: object, text: string): void {
    this.lines(value, [text]);
  }

  /** A result that takes several lines for people. */
  lines(value: object, texts: readonly string[]): void {
    for (const text of this.#json ? [JSON.stringify(value)] : texts) printLine(text);
  }

  /** News on the way: in JSON always, for people only where no bar shows them. */
  progress(value: object, text: string): void {
    if (this.#json) this.line(value, text);
    else if (!process.stderr.isTTY) warnLine(text);
  }

  /** Prints text that JSON has in its result already. */
  text(text: string): void {
    if (!this.#json) for (const line of text.split('\n')) printLine(line);
  }
}
