import { EventEmitter, once } from 'node:events';
import { UnavailableError } from '../../src/control/transport/link-errors.js';
import type { MemoryEndpoint, MemorySession } from '../../src/control/transport/memory-transport.js';

/** Answers a command without its identifier; `undefined` leaves it unanswered. */
export type Script = (command: string) => string | undefined;

const GREETING: Readonly<Record<string, string>> = {
  'NAME jackfield': 'OK',
  'PROTOCOL 8': 'PROTOCOL 8',
  'SEARCH ACTIVECALLS': 'CALLS ',
};

/** An endpoint that says what a test tells it to, in the same process. */
export class ScriptedEndpoint implements MemoryEndpoint {
  /** Commands as they came, with their identifiers. */
  readonly heard: string[] = [];
  /** Whether it takes clients. */
  present = true;
  script: Script;
  readonly #news = new EventEmitter();
  #client: { deliver(line: string): void; closed(): void } | undefined;

  constructor(script: Script | Readonly<Record<string, string>> = {}) {
    this.script = typeof script === 'function' ? script : (command) => script[command];
  }

  connect(client: { deliver(line: string): void; closed(): void }): MemorySession {
    if (!this.present) throw new UnavailableError('memory', 'it is away', 'wait');
    this.#client = client;
    return { receive: (line) => this.#hear(line), disconnect: () => undefined };
  }

  /** The commands so far, without identifiers. */
  get commands(): string[] {
    return this.heard.map((line) => line.replace(/^#\S+ /, ''));
  }

  /** Says lines to the client. Resolves when it has taken them in. */
  async say(...lines: string[]): Promise<void> {
    for (const line of lines) this.#client?.deliver(line);
    await settled();
  }

  /** Resolves to the identifier of this command, with its `#`, when it has come. */
  async idOf(command: string): Promise<string> {
    for (;;) {
      const line = this.heard.findLast((heard) => heard.endsWith(` ${command}`));
      if (line) return line.slice(0, line.indexOf(' '));
      await once(this.#news, 'heard');
    }
  }

  /** Ends the session, and takes no other until {@link present} is set. */
  async leave(): Promise<void> {
    this.present = false;
    this.#client?.closed();
    await settled();
  }

  #hear(line: string): void {
    this.heard.push(line);
    this.#news.emit('heard');
    const [, id = '', command = ''] = /^(#\S+ )(.*)$/s.exec(line) ?? [];
    const answer = this.script(command) ?? GREETING[command];
    if (answer !== undefined) this.#client?.deliver(`${id}${answer}`);
  }
}

/** Lets everything that is ready to run, run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
