import { connect, type Socket } from 'node:net';
import { abortedError, invalidArgument, JackfieldError, messageOf } from '../errors.js';
import { LineFramer } from '../protocol/line-framer.js';
import type { Link, Transport, TransportHandlers } from './transport.js';

/** Options of {@link TcpTransport}. */
export interface TcpTransportOptions {
  /** 1 to 65535. */
  readonly port: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
}

/** Attaches over TCP: one line per message, ended by LF. */
export class TcpTransport implements Transport {
  readonly name: string;
  readonly #port: number;
  readonly #host: string;

  /** @throws ERR_INVALID_ARG when the port is outside its range. */
  constructor(options: TcpTransportOptions) {
    if (!Number.isInteger(options.port) || options.port < 1 || options.port > 65_535) {
      throw invalidArgument('port', 'an integer from 1 to 65535', options.port);
    }
    this.#port = options.port;
    this.#host = options.host ?? '127.0.0.1';
    this.name = `tcp ${this.#host}:${this.#port}`;
  }

  async open(handlers: TransportHandlers, options: { readonly signal?: AbortSignal } = {}): Promise<Link> {
    const socket = await this.#connect(options.signal);
    return new TcpLink(socket, handlers);
  }

  #connect(signal: AbortSignal | undefined): Promise<Socket> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(abortedError(this.name, signal));
      const socket = connect({ host: this.#host, port: this.#port, noDelay: true });
      const abort = () => socket.destroy();
      const settle = (act: () => void) => {
        socket.removeAllListeners();
        signal?.removeEventListener('abort', abort);
        act();
      };
      signal?.addEventListener('abort', abort, { once: true });
      socket.once('connect', () => settle(() => resolve(socket)));
      socket.once('close', () => settle(() => signal && reject(abortedError(this.name, signal))));
      socket.once('error', (error) =>
        settle(() =>
          reject(
            new JackfieldError(
              'ERR_ATTACH_UNAVAILABLE',
              `No endpoint answers at ${this.name} (${messageOf(error)}): start one, for instance with "jackfield exchange".`,
              { cause: error },
            ),
          ),
        ),
      );
    });
  }
}

class TcpLink implements Link {
  readonly #socket: Socket;
  readonly #handlers: TransportHandlers;
  readonly #framer = new LineFramer();
  #closing = false;
  #error: Error | undefined;

  constructor(socket: Socket, handlers: TransportHandlers) {
    this.#socket = socket;
    this.#handlers = handlers;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('close', () => this.#closed());
  }

  async send(line: string): Promise<undefined> {
    if (this.#closing || !this.#socket.writable) {
      throw new JackfieldError('ERR_CLOSED', 'The link to the endpoint is closed: attach again.', {
        cause: this.#error,
      });
    }
    if (!this.#socket.write(`${line}\n`)) await this.#room();
  }

  async close(): Promise<void> {
    if (this.#socket.closed) return;
    this.#closing = true;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      this.#socket.end();
      // The endpoint may be gone without a word; what is said on this link now has no reader anyway.
      this.#socket.destroySoon();
    });
  }

  #take(chunk: Buffer): void {
    try {
      for (const line of this.#framer.push(chunk)) this.#handlers.line(line);
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      this.#socket.destroy();
    }
  }

  #closed(): void {
    if (this.#closing) {
      this.#handlers.closed();
      return;
    }
    const why = this.#error ? messageOf(this.#error) : 'it closed the connection';
    this.#handlers.closed(
      new JackfieldError('ERR_CLOSED', `The endpoint is gone: ${why}. Attach again when it is back.`, {
        cause: this.#error,
      }),
    );
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }
}
