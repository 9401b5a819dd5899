import type WebSocket from 'ws';
import { deferred } from '../../base/deferred.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import { statusError } from '../../base/web/http-status.js';
import { bytesOfSamples } from '../process/pcm-bytes.js';

/** Time between messages that keep the connection alive: a service closes it after 10 s without any. */
const KEEP_ALIVE_MS = 4000;
/** Audio that may wait for the network, in bytes: 10 s. */
const MAX_BUFFERED = 320_000;
/** WebSocket codes for a normal end of the stream. */
const GOOD_ENDS: readonly number[] = [1000, 1001, 1005];

/** One connection to a service with the Listen interface: sends the audio, and reports the end. */
export class ListenConnection {
  readonly opened: Promise<void>;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #over = deferred<void>();
  #cancelKeepAlive: CancelTimer = () => undefined;
  #hasEnded = false;

  /** @param take Takes a message of the service; an error that it throws ends the connection. */
  constructor(socket: WebSocket, host: string, clock: Clock, take: (text: string) => void) {
    this.#socket = socket;
    this.#clock = clock;
    this.opened = new Promise<void>((resolve) => socket.once('open', resolve));
    this.over.catch(() => undefined);
    socket.on('message', (data, isBinary) => {
      try {
        if (!isBinary) take(String(data));
      } catch (error) {
        this.fail(error as Error);
      }
    });
    socket.on('error', (cause) => this.fail(broken(cause)));
    socket.on('unexpected-response', (_, { statusCode = 0 }) => this.fail(statusError(host, statusCode)));
    socket.on('close', (code) => this.#closed(code));
  }

  /**
   * Resolves when the service has closed it normally, after {@link end}. @throws ERR_PEER; the error of {@link fail}.
   */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Ends it at once, with an error. */
  fail(error: Error): void {
    this.#over.reject(error);
    this.#socket.terminate();
  }

  send(samples: Int16Array): void {
    this.#socket.send(Uint8Array.from(bytesOfSamples(samples)));
  }

  /** Resolves when the network has taken enough of the sent audio. */
  async room(): Promise<void> {
    const socket = this.#socket;
    // An empty binary message would end the stream.
    while (socket.bufferedAmount > MAX_BUFFERED && socket.readyState === socket.OPEN)
      await new Promise<void>((resolve) => socket.ping(undefined, undefined, () => resolve()));
  }

  /** Sends messages that keep it alive for as long as no audio is sent. */
  keepAlive(): void {
    this.#cancelKeepAlive();
    this.#cancelKeepAlive = this.#clock.timerAt(this.#clock.now() + KEEP_ALIVE_MS, () => {
      if (this.#socket.readyState === this.#socket.OPEN)
        this.#socket.send(JSON.stringify({ type: 'KeepAlive' }));
      this.keepAlive();
    });
  }

  /** Tells the service that no more audio comes. The service answers with the last words and closes. */
  end(): void {
    this.#hasEnded = true;
    this.#socket.send(JSON.stringify({ type: 'CloseStream' }));
  }

  close(): void {
    this.#cancelKeepAlive();
    this.#socket.terminate();
  }

  #closed(code: number): void {
    if (this.#hasEnded && GOOD_ENDS.includes(code)) this.#over.resolve();
    else
      this.#over.reject(new JackfieldError('ERR_PEER', `The service closed the connection early (${code}).`));
  }
}

function broken(cause: Error): JackfieldError {
  return new JackfieldError('ERR_PEER', `The transcription service failed: ${messageOf(cause)}`, { cause });
}
