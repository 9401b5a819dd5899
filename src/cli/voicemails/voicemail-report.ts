import type { VoicemailFacts } from '../../voicemail.js';
import { type ProgressBar, progressBar } from '../progress-bar.js';
import { printedTime, printLine, warnLine } from '../terminal-text.js';

/** Prints a command's output: text for people, or one JSON object a line for programs. */
export class Report {
  readonly #json: boolean;

  constructor(json: boolean | undefined) {
    this.#json = json === true;
  }

  /** A result. */
  line(value: object, text: string): void {
    printLine(this.#json ? JSON.stringify(value) : text);
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

/** A progress bar, unless the output is for a program. */
export function barFor(what: string, json: boolean | undefined): ProgressBar {
  return json ? { onProgress: () => undefined, stop: () => undefined } : progressBar(what);
}

/** A message in one line; nothing in a name can move the cursor. */
export function messageLine({
  id,
  timestamp,
  type,
  partner,
  partnerName,
  durationSeconds,
}: VoicemailFacts): string {
  const at = printedTime(timestamp * 1000);
  const name = partnerName && partnerName !== partner ? `${partner} (${partnerName})` : partner;
  return `${id}  ${at}  ${type}  ${name}  ${durationSeconds} s`;
}
