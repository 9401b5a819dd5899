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
  /** A datagram has come in. Nobody keeps those that nobody listens for. */
  datagram: [text: string];
  /** The stream is closed. What has come in before can still be read. */
  closed: [];
}

/** Sends an action about a stream. @returns the text of the answer, behind the stream's name. */
type StreamActor = (
  action: 'WRITE' | 'READ' | 'DATAGRAM' | 'DISCONNECT',
  stream: string,
  text: string,
  options: CommandOptions,
) => Promise<string>;

/** The part of its application that a stream uses. */
export interface StreamApplication {
  readonly clock: Clock;
  readonly act: StreamActor;
  /** Asks how much is on its way, which is told then. */
  askSending(options: CommandOptions): Promise<unknown>;
}

/** Bytes on their way from which on {@link ApplicationStream.write} waits. */
const WINDOW_BYTES = 131_072;

const TEXT = rule(
  'a text of one character or more',
  (value) => typeof value === 'string' && value.length > 0,
);

/** One stream of an {@link Application}: texts in their order, and datagrams. */
export class ApplicationStream extends FencedEmitter<ApplicationStreamEvents> {
  /** The user at the other end. */
  readonly handle: string;
  /** The stream as on the wire: `bob:1`. */
  readonly id: string;
  readonly #act: StreamActor;
  readonly #askSending: StreamApplication['askSending'];
  readonly #condition: Condition;
  #isOpen = true;
  #lost: Error | undefined;
  /** Bytes on their way, and bytes that wait to be read, as the endpoint has told. */
  #sending = 0;
  #waiting = 0;
  /** Number of times that the endpoint has told of what waits to be read. */
  #told = 0;
  /** Writes that were asked for, in the order in which they are sent. */
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

  /** True until one of both sides has closed it. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Bytes that were written and that the other side has not taken yet. */
  get bytesSending(): number {
    return this.#sending;
  }

  /** Bytes that have come in and that nobody has read yet. */
  get bytesWaiting(): number {
    return this.#waiting;
  }

  /**
   * Sends a text, which arrives whole and in its turn. Waits first until the other side has taken enough of what was
   * written before: a reader that stops reading holds up the writer.
   *
   * @throws ERR_INVALID_ARG for no text, ERR_LINE_BREAK for one with CR, LF or NUL; ERR_CLOSED; ERR_API; ERR_TIMEOUT;
   * ERR_ABORTED.
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

  /** Resolves when the other side has taken all that was written. @throws ERR_CLOSED, ERR_API, ERR_TIMEOUT, ERR_ABORTED */
  async drained(options: CommandOptions = {}): Promise<void> {
    const isWritten = () => this.#checkOpen() && this.#writes.length === 0;
    await this.#condition.until(`${this.id} to be written`, isWritten, options);
    // Of the newest text the endpoint may not have told yet.
    await this.#askSending(options);
    await this.#condition.until(
      `${this.id} to be empty`,
      () => this.#checkOpen() && this.#sending === 0,
      options,
    );
  }

  /**
   * The next text that has come in; `undefined` when the stream is closed and nothing is left. What nobody reads stays
   * at the endpoint, and holds up the writer.
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

  /** The texts that come in, until the stream is closed. @throws as {@link read} */
  async *messages(options: CommandOptions = {}): AsyncGenerator<string, void, void> {
    for (;;) {
      const text = await this.read(options);
      if (text === undefined) return;
      yield text;
    }
  }

  /**
   * Sends a text past those that wait. It may be lost.
   *
   * @throws as {@link write}
   */
  async sendDatagram(text: string, options: CommandOptions = {}): Promise<void> {
    checkArgument('text', text, TEXT);
    this.#checkOpen();
    await this.#act('DATAGRAM', this.id, text, options);
  }

  /**
   * The stream as bytes, for as long as it lasts: each text is the base64 of some of them, and a text `.` is the end of
   * what its side sends. The other side has to do the same. Read no texts beside it.
   */
  duplex(options: BytesOptions = {}): Duplex {
    return bytesOver(this, options);
  }

  /** Closes the stream on both sides. Does nothing where it is closed. @throws ERR_API, ERR_TIMEOUT, ERR_ABORTED */
  async close(options: CommandOptions = {}): Promise<void> {
    checkWait(options);
    if (!this.#isOpen) return;
    try {
      await this.#act('DISCONNECT', this.id, '', options);
    } catch (error) {
      // The other side was first.
      if (!(error instanceof ApiError)) throw error;
    }
    this.end();
  }

  /** The endpoint tells how much is on its way. @internal */
  tellSending(bytes: number): void {
    this.#sending = bytes;
    this.#condition.changed();
  }

  /** The endpoint tells how much waits to be read. @internal */
  tellReceived(bytes: number): void {
    this.#waiting = bytes;
    this.#told++;
    this.#condition.changed();
  }

  /** The stream is closed. @internal */
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
        // An endpoint with less room takes it once something has been read.
        if (!isFull(error) || this.#sending === 0) throw error;
        room = this.#sending;
      }
    }
  }

  async #take(options: CommandOptions): Promise<string> {
    const told = this.#told;
    try {
      const text = await this.#act('READ', this.id, '', options);
      // What was told meanwhile is newer than this answer.
      if (this.#told === told) {
        this.#waiting = text === '' ? 0 : Math.max(0, this.#waiting - Buffer.byteLength(text));
      }
      return text;
    } catch (error) {
      // An endpoint may forget what has come in on a stream that is closed.
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

/** The reference's number of the error of an endpoint that cannot take a text now. */
const OPERATION_FAILED = 541;
