import { EventEmitter, once } from 'node:events';
import type { Transport } from '../../../src/control/transport/transport.js';

/** The endpoint's side of a transport, as small as can be: what it hears, it keeps; what it is told, it says. */
export abstract class TestEndpoint implements AsyncDisposable {
  /** Leads to this endpoint. */
  abstract readonly transport: Transport;
  readonly #heard: string[] = [];
  readonly #news = new EventEmitter();

  /** Says a line to the client that spoke last. */
  abstract say(line: string): void;
  /** Goes away, as a program that is quit does. */
  abstract stop(): Promise<void>;

  /** What an answer to a line is, for those who answer each. */
  answer: (line: string) => string = () => '';

  protected hear(line: string): void {
    this.#heard.push(line);
    this.#news.emit('line');
  }

  /** The next line that a client sent. */
  async next(): Promise<string> {
    while (this.#heard.length === 0) await once(this.#news, 'line');
    return this.#heard.shift() ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** One transport under the compliance suite. */
export interface TransportCase {
  start(): Promise<TestEndpoint>;
  /** A transport that leads to where no endpoint is. */
  absent(): Promise<Transport>;
}
