import type { SipLine, SipWire } from '../../line.js';
import { printable } from '../terminal-text.js';

/** Width of a message's arrow, in characters. */
const WIDTH = 56;

/** Prints the messages of a line as a ladder: one arrow per message, with the time. */
export class SipLadder {
  readonly #line: SipLine;
  readonly #print: (text: string) => void;
  readonly #options: { readonly messages: boolean; readonly json: boolean };
  readonly #startedAt = performance.now();

  constructor(
    line: SipLine,
    options: { readonly messages: boolean; readonly json: boolean },
    print: (text: string) => void,
  ) {
    this.#line = line;
    this.#options = options;
    this.#print = print;
    line.on('wire', this.#show);
  }

  close(): void {
    this.#line.off('wire', this.#show);
  }

  readonly #show = (wire: SipWire): void => {
    const ms = Math.round(performance.now() - this.#startedAt);
    if (this.#options.json) {
      this.#print(JSON.stringify({ ms, ...wire }));
      return;
    }
    this.#print(arrowOf(wire, ms));
    if (!this.#options.messages) return;
    for (const each of withoutSecrets(wire.text).trimEnd().split('\r\n'))
      this.#print(`    ${printable(each)}`);
  };
}

/** Formats one message: ` 120 ms --- INVITE sip:... (7) --------> UDP 192.0.2.1:5060`. */
export function arrowOf({ direction, transport, remote, text }: SipWire, ms: number): string {
  const [first = ''] = text.split('\r\n');
  const cseq = /\r\ncseq:\s*(\d+)\s+(\w+)/i.exec(text);
  const status = /^SIP\/2\.0 (.*)/i.exec(first)?.[1];
  const label = printable(
    status === undefined ? first.replace(/ SIP\/2\.0$/, '') : `${status} (${cseq?.[2] ?? ''})`,
  );
  const shown = `${label.slice(0, WIDTH - 10)} ${cseq?.[1] ?? ''} `;
  const dashes = '-'.repeat(Math.max(2, WIDTH - shown.length - 5));
  const line = direction === 'out' ? `--- ${shown}${dashes}>` : `<-- ${shown}${dashes}-`;
  return `${String(ms).padStart(6)} ms  ${line} ${transport} ${remote.host}:${remote.port}`;
}

/** Removes digest responses, which could be used to guess the password. */
function withoutSecrets(text: string): string {
  return text.replace(/(response=")[0-9a-f]+/gi, '$1…');
}
