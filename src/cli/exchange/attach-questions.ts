import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { AttachRequest } from '../../exchange.js';
import { askFor, printable } from '../terminal-text.js';
import type { ExchangeView } from './exchange-view.js';

/** Clients that can wait for an answer; more are turned away, and can ask again. */
const MAX_WAITING = 8;
const MAX_NAME = 60;

/** Asks at the terminal who may attach, about one client at a time. */
export class AttachQuestions {
  readonly #ending = new AbortController();
  /** The view that is not drawn while a question waits for its answer. */
  view: ExchangeView | undefined;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** True when there is anybody to ask. */
  get possible(): boolean {
    return process.stdin.isTTY === true && process.stderr.isTTY === true;
  }

  /** True when the client may attach; undefined without an answer. */
  async ask({ name, handle }: AttachRequest): Promise<boolean | undefined> {
    const client = plain(name);
    if (!this.possible || this.#waiting >= MAX_WAITING) {
      const why = this.possible ? 'too many others wait for an answer' : 'there is no terminal to ask at';
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

  /** Ends. Questions without an answer stay open: they are asked again. */
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
      // The exchange ends.
      return undefined;
    } finally {
      lines.close();
      this.view?.pause(false);
    }
  }
}

/** A name that a client has given itself, fit for a terminal. */
function plain(name: string): string {
  const shown = printable(name.slice(0, MAX_NAME));
  return shown === '' ? 'a client without a name' : shown;
}
