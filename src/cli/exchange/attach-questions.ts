import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AttachRequest } from '../../exchange.js';
import { askFor, printable } from '../terminal-text.js';
import type { ExchangeView } from './exchange-view.js';

/** Largest number of clients that wait for an answer. Others are refused and can try again. */
const MAX_WAITING = 8;
const MAX_NAME = 60;

/** Asks at the terminal if a client may attach, one client at a time. */
export class AttachQuestions {
  readonly #ending = new AbortController();
  /** The view that is paused while a question is open. */
  view: ExchangeView | undefined;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** True when there is a terminal to ask at. */
  get possible(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true;
  }

  /** Resolves to true when the client may attach; to undefined without an answer. */
  async ask({ name, handle }: AttachRequest): Promise<boolean | undefined> {
    const client = plain(name);
    if (!this.possible || this.#waiting >= MAX_WAITING) {
      const why = this.possible
        ? 'too many clients are waiting for an answer'
        : 'there is no terminal to ask on';
      this.view?.note('refused', { handle, name }, `${handle}: ${client} may not attach: ${why}.`);
      return undefined;
    }
    this.#waiting++;
    const asked = this.#last.then(() => this.#question(`May ${client} attach to ${handle}? [y/n] `));
    this.#last = asked;
    try {
      return await asked;
    } finally {
      this.#waiting--;
    }
  }

  /** Ends all questions. Unanswered ones are asked again the next time. */
  end(): void {
    this.#ending.abort();
  }

  async #question(text: string): Promise<boolean | undefined> {
    const { signal } = this.#ending;
    if (signal.aborted) return undefined;
    const lines = createInterface({ input: process.stdin, terminal: false });
    this.view?.pause(true);
    try {
      for (;;) {
        askFor(text);
        const [answer] = await Promise.race([
          once(lines, 'line', { signal }),
          once(lines, 'close', { signal }),
        ]);
        if (answer === undefined) return undefined;
        if (/^y(es)?$/i.test(answer.trim())) return true;
        if (/^no?$/i.test(answer.trim())) return false;
      }
    } catch {
      // The exchange is ending.
      return undefined;
    } finally {
      lines.close();
      this.view?.pause(false);
    }
  }
}

/** The name of a client, shortened and made printable. */
function plain(name: string): string {
  const shown = printable(name.slice(0, MAX_NAME));
  return shown === '' ? 'a client without a name' : shown;
}
