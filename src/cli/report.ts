import { printLine, warnLine } from './terminal-text.js';

/** Prints a command's output: text for people, or one JSON object per line for programs. */
export class Report {
  readonly #json: boolean;

  constructor(json: boolean | undefined) {
    this.#json = json === true;
  }

  /** Prints a result. */
  line(value: object, text: string): void {
    this.lines(value, [text]);
  }

  /** Prints a result with several lines for people. */
  lines(value: object, texts: readonly string[]): void {
    for (const text of this.#json ? [JSON.stringify(value)] : texts) printLine(text);
  }

  /** Prints progress: always in JSON, for people only when there is no progress bar. */
  progress(value: object, text: string): void {
    if (this.#json) this.line(value, text);
    else if (!process.stderr.isTTY) warnLine(text);
  }

  /** Prints text that is already part of the JSON result. */
  text(text: string): void {
    if (!this.#json) for (const line of text.split('\n')) printLine(line);
  }
}
