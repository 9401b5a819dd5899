import type { Duplex } from 'node:stream';
import { checkArgument, rule } from '../../base/check.js';
import { JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { Clock } from '../../base/time/clock.js';
import { checkWait } from '../../base/wait.js';
import { ApiError } from '../../protocol/api-error.js';
import type { StreamName } from '../../protocol/catalogue/value-type.js';
import type { CommandOptions } from '../client/command-sender.js';
import { type BytesOptions, bytesOver } from './application-bytes.js';
import { Condition } from './condition.js';

/** Events of an {@link ApplicationStream}. */
export interface ApplicationStreamEvents extends FencedEvents {
  /** A datagram was received. Without a listener it is dropped. */
  datagram: [text: string];
  /** The stream is closed. Texts that were received before can still be read. */
  closed: [];
}

/** Sends an action about a stream. @returns the text of the answer, behind the stream's name. */
type StreamActor = (
  action: 'WRITE' | 'READ' | 'DATAGRAM' | 'DISCONNECT',
  stream: string,
  text: string,
  options: CommandOptions,
) => Promise<string>;

/** Functions of its application that a stream uses. */
export interface StreamApplication {
  readonly clock: Clock;
  readonly act: StreamActor;
  /** Asks for the number of bytes on their way. The answer is reported as news. */
  askSending(options: CommandOptions): Promise<unknown>;
}

/** Number of bytes on their way at which {@link ApplicationStream.write} waits. */
const WINDOW_BYTES = 131_072;

const TEXT = rule(
  'a string of at least one character',
  (value) => typeof value === 'string' && value.length > 0,
);

/** One stream of an {@link Application}: texts in order, and datagrams. */
export class ApplicationStream extends FencedEmitter<ApplicationStreamEvents> {
  /** The user at the other end. */
  readonly handle: string;
  /** Its id on the wire: `bob:1`. */
  readonly id: string;
  readonly #act: StreamActor;
  readonly #askSending: StreamApplication['askSending'];
  readonly #condition: Condition;
  #isOpen = true;
  #lost: Error | undefined;
  /** Bytes on their way, and bytes that wait to be read, as last reported by the endpoint. */
  #sending = 0;
  #waiting = 0;
  /** Number of reports about bytes that wait to be read. */
  #told = 0;
  /** Requested writes, in the order of sending. */
  readonly #writes: symbol[] = [];

  /** Used by {@link Application}. @internal */
  constructor({ handle, stream }: StreamName, { clock, act, askSending }: StreamApplication) {
    super();
    this.handle = handle;
    this.id = `${handle}:${stream}`;
    this.#act = act;
    this.#askSending = askSending;
    this.#condition = new Condition(clock);
  }

  /** True until one side has closed it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes that were written and not yet taken by the other side. */
  get bytesSending(): number {
    return this.#sending;
  }

  /** Bytes that were received and not yet read. */
  get bytesWaiting(): number {
    return this.#waiting;
  }

  /**
   * Sends a text. It arrives whole and in order. Waits first until the other side has taken enough of the earlier
   * texts: a reader that stops reading stops the writer.
   *
   * @throws ERR_INVALID_ARG for an empty text, ERR_LINE_BREAK for one with CR, LF or NUL; ERR_CLOSED; ERR_API;
   * ERR_TIMEOUT; ERR_ABORTED.
   */
  async write(text: string, options: CommandOptions = {}): Promise<void> {
    checkArgument('text', text, TEXT);
    const write = Symbol('write');
    this.#writes.push(write);
    try {
      await this.#write(write, text, options);
    } finally {
      this.#writes.splice(this.#writes.indexOf(write), 1);
      this.#condition.changed();
    }
  }

  /** Resolves when the other side has taken all written texts. @throws ERR_CLOSED, ERR_API, ERR_TIMEOUT, ERR_ABORTED */
  async drained(options: CommandOptions = {}): Promise<void> {
    const isWritten = () => this.#checkOpen() && this.#writes.length === 0;
    await this.#condition.until(`${this.id} to be written`, isWritten, options);
    // The endpoint may not have reported the newest text yet.
    await this.#askSending(options);
    await this.#condition.until(
      `${this.id} to be empty`,
      () => this.#checkOpen() && this.#sending === 0,
      options,
    );
  }

  /**
   * Reads the next text; `undefined` when the stream is closed and no text is left. Unread texts stay at the endpoint
   * and stop the writer.
   *
   * @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED; ERR_CLOSED when the client is closed.
   */
  async read(options: CommandOptions = {}): Promise<string | undefined> {
    for (;;) {
      await this.#condition.until(`a text on ${this.id}`, () => this.#waiting > 0 || !this.#isOpen, options);
      if (this.#lost) throw this.#lost;
      if (this.#waiting === 0) return undefined;
      const text = await this.#take(options);
      if (text !== '') return text;
    }
  }

  /** Yields the received texts until the stream is closed. @throws as {@link read} */
  async *messages(options: CommandOptions = {}): AsyncGenerator<string, void, void> {
    for (;;) {
      const text = await this.read(options);
      if (text === undefined) return;
      yield text;
    }
  }

  /**
   * Sends a text that overtakes waiting ones. It may be lost.
   *
   * @throws as {@link write}
   */
  async sendDatagram(text: string, options: CommandOptions = {}): Promise<void> {
    checkArgument('text', text, TEXT);
    this.#checkOpen();
    await this.#act('DATAGRAM', this.id, text, options);
  }

  /**
   * Gives the stream as bytes, for as long as it lasts. Each text is the base64 of some of them. The text `.` ends the
   * bytes of its side. The other side must use the same form. Do not read texts at the same time.
   */
  duplex(options: BytesOptions = {}): Duplex {
    return bytesOver(this, options);
  }

  /** Closes the stream on both sides. Does nothing when it is closed. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED */
  async close(options: CommandOptions = {}): Promise<void> {
    checkWait(options);
    if (!this.#isOpen) return;
    try {
      await this.#act('DISCONNECT', this.id, '', options);
    } catch (error) {
      // The other side has closed it first.
      if (!(error instanceof ApiError)) throw error;
    }
    this.end();
  }

  /** Takes the endpoint's report of the bytes on their way. @internal */
  tellSending(bytes: number): void {
    this.#sending = bytes;
    this.#condition.changed();
  }

  /** Takes the endpoint's report of the bytes that wait to be read. @internal */
  tellReceived(bytes: number): void {
    this.#waiting = bytes;
    this.#told++;
    this.#condition.changed();
  }

  /** Closes the stream; called by its application. @internal */
  end(lost?: Error): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#lost = lost;
    this.#sending = 0;
    this.#condition.changed();
    this.emit('closed');
  }

  async #write(write: symbol, text: string, options: CommandOptions): Promise<void> {
    let room = WINDOW_BYTES;
    const mayGo = () => this.#checkOpen() && this.#writes[0] === write && this.#sending < room;
    for (;;) {
      await this.#condition.until(`room on ${this.id}`, mayGo, options);
      try {
        await this.#act('WRITE', this.id, text, options);
        return;
      } catch (error) {
        // An endpoint with a smaller window accepts the text after something was read.
        if (!isFull(error) || this.#sending === 0) throw error;
        room = this.#sending;
      }
    }
  }

  async #take(options: CommandOptions): Promise<string> {
    const told = this.#told;
    try {
      const text = await this.#act('READ', this.id, '', options);
      // A report since then is newer than this answer.
      if (this.#told === told) {
        this.#waiting = text === '' ? 0 : Math.max(0, this.#waiting - Buffer.byteLength(text));
      }
      return text;
    } catch (error) {
      // An endpoint may drop the received texts of a closed stream.
      if (this.#isOpen || !(error instanceof ApiError)) throw error;
      this.#waiting = 0;
      return '';
    }
  }

  /** @throws ERR_CLOSED */
  #checkOpen(): true {
    if (this.#isOpen) return true;
    throw this.#lost ?? new JackfieldError('ERR_CLOSED', `The stream ${this.id} is closed: connect again.`);
  }
}

function isFull(error: unknown): boolean {
  return error instanceof ApiError && error.number === OPERATION_FAILED;
}

/** Number of the reference's error of an endpoint that cannot accept a text now. */
const OPERATION_FAILED = 541;
