import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { JackfieldError } from '../../base/errors.js';
import { IdleWatch } from '../../base/system/peer-limits.js';
import { systemClock } from '../../base/time/clock.js';
import { waitFor } from '../../base/wait.js';
import { ASK_FOR_NUL } from '../../protocol/attach-names.js';
import { FramingError, LineFramer } from '../../protocol/line-framer.js';
import { linkClosed, UnavailableError } from './link-errors.js';
import { LinkLifetime } from './link-lifetime.js';
import { type TcpTarget, type TcpTransportOptions, tcpTarget } from './tcp-options.js';
import {
  checkOpening,
  type Link,
  type Transport,
  type TransportHandlers,
  type TransportWait,
} from './transport.js';

const LF = '\n';
const NUL = '\0';
const REMEDY = 'start an endpoint, for instance with "jackfield exchange"';

/**
 * Attaches over TCP: one line per message, ended by LF. An endpoint may offer NUL as the end of a message, as an
 * exchange of Jackfield does. Then the texts of chats may have several lines.
 */
export class TcpTransport implements Transport {
  readonly name: string;
  readonly #target: TcpTarget;

  /** @throws ERR_INVALID_ARG for a port outside its range, or another machine without `tls` and proof of identity. */
  constructor(options: TcpTransportOptions) {
    this.#target = tcpTarget(options);
    const { host, port, tls } = this.#target;
    this.name = `${tls ? 'tls' : 'tcp'} ${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  async open(handlers: TransportHandlers, options: TransportWait = {}): Promise<Link> {
    checkOpening(handlers, options);
    const { signal } = options;
    const socket = await this.#connect(signal);
    const { token, idleMs } = this.#target;
    if (token === undefined) return new TcpLink(socket, handlers, idleMs).askForNul();
    return await this.#authenticate(socket, token, handlers, signal);
  }

  #connect(signal: AbortSignal | undefined): Promise<Socket> {
    return waitFor({
      what: this.name,
      signal,
      begin: (resolve, reject) => {
        const { socket, ready } = dial(this.#target);
        const fail = (why: unknown) => reject(new UnavailableError(this.name, why, REMEDY));
        let connected = false;
        socket.once(ready, () => {
          connected = true;
          resolve(socket);
        });
        socket.once('error', fail);
        socket.once('close', () => fail('it closed the connection'));
        return () => {
          socket.removeAllListeners(ready).removeAllListeners('error').removeAllListeners('close');
          if (!connected) socket.on('error', () => undefined).destroy();
        };
      },
    });
  }

  /** Sends the token. Lines before the endpoint's OK are not passed to the client. */
  #authenticate(
    socket: Socket,
    token: string,
    handlers: TransportHandlers,
    signal: AbortSignal | undefined,
  ): Promise<Link> {
    return waitFor<Link>({
      what: this.name,
      signal,
      begin: (resolve, reject) => {
        let decided = false;
        let accepted = false;
        const line = (line: string) => {
          if (decided) return handlers.line(line);
          if (line !== 'OK') return reject(refusedToken(this.name));
          accepted = true;
          resolve(link.askForNul());
        };
        const closed = (error?: Error) => {
          if (decided) handlers.closed(error);
          else reject(refusedToken(this.name));
        };
        const link = new TcpLink(socket, { line, closed }, this.#target.idleMs);
        link.send(`AUTH ${token}`).catch(reject);
        return () => {
          decided = true;
          if (!accepted) void link.close();
        };
      },
    });
  }
}

function dial(target: TcpTarget): { socket: Socket; ready: 'connect' | 'secureConnect' } {
  const { host, port, tls, keepAliveMs } = target;
  const keepAlive = { keepAlive: keepAliveMs > 0, keepAliveInitialDelay: keepAliveMs };
  if (!tls) return { socket: connect({ host, port, noDelay: true, ...keepAlive }), ready: 'connect' };
  const { serverName = host, ...credentials } = tls;
  const socket = connectTls({ host, port, servername: serverName, minVersion: 'TLSv1.2', ...credentials });
  socket.setNoDelay(true).setKeepAlive(keepAliveMs > 0, keepAliveMs);
  return { socket, ready: 'secureConnect' };
}

function refusedToken(name: string): JackfieldError {
  return new JackfieldError(
    'ERR_ATTACH_REFUSED',
    `The endpoint at ${name} did not accept the token: check it.`,
  );
}

/** Longest message of an endpoint, in bytes: one message can list all ids of a long chat. */
const MAX_LINE_BYTES = 16_777_216;

class TcpLink implements Link {
  readonly #socket: Socket;
  readonly #lifetime: LinkLifetime;
  readonly #framer = new LineFramer({ maxLineBytes: MAX_LINE_BYTES });
  /** Terminator of sent messages. */
  #end = LF;
  /** True while the answer about NUL as the terminator is awaited. */
  #hasAsked = false;
  readonly #idleWatch: IdleWatch | undefined;
  #error: unknown;
  /** Number of chunks received. `#asked` is true when something was sent since the last of them. */
  #heard = 0;
  #asked = false;
  #draining: Promise<void> | undefined;

  /** @param idleMs Longest silence of an endpoint after something was sent to it, in milliseconds; 0 for no limit. */
  constructor(socket: Socket, handlers: TransportHandlers, idleMs: number) {
    this.#socket = socket;
    this.#lifetime = new LinkLifetime(handlers);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => {
      this.#error ??= error;
    });
    socket.on('close', () => {
      this.#idleWatch?.stop();
      this.#lifetime.lose(this.#error ?? 'it closed the connection');
    });
    if (idleMs === 0) return;
    const heard = () => (this.#asked ? this.#heard : undefined);
    this.#idleWatch = new IdleWatch(systemClock, idleMs, heard, () => {
      socket.destroy(new JackfieldError('ERR_PEER', `it sent nothing for ${idleMs} ms`));
    });
  }

  get multiline(): boolean {
    return this.#end === NUL;
  }

  /** Asks the endpoint to end messages with NUL. Nothing waits for the answer. */
  askForNul(): this {
    this.#framer.expectNulAfter(ASK_FOR_NUL);
    this.#hasAsked = true;
    this.#socket.write(`${ASK_FOR_NUL}${LF}`);
    return this;
  }

  async send(line: string): Promise<undefined> {
    this.#lifetime.check();
    if (!this.#socket.writable) throw linkClosed(this.#error);
    this.#asked = true;
    if (!this.#socket.write(`${line}${this.#end}`)) await this.#room();
  }

  async close(): Promise<void> {
    if (!this.#lifetime.close() || this.#socket.closed) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('close', () => resolve());
      // Nothing reads further messages of the endpoint, so the socket is destroyed as soon as everything is written.
      this.#socket.end();
      this.#socket.destroySoon();
    });
  }

  #take(chunk: Buffer): void {
    this.#heard++;
    this.#asked = false;
    try {
      for (const line of this.#framer.push(chunk)) this.#hear(line);
    } catch (error) {
      this.#error = error;
      if (error instanceof FramingError) for (const line of error.lines) this.#lifetime.line(line);
      this.#socket.destroy();
    }
  }

  #hear(line: string): void {
    if (this.#hasAsked && line === ASK_FOR_NUL && this.#framer.terminator === 'nul') {
      // The endpoint accepts NUL. An empty message tells it where the client begins to use it.
      this.#hasAsked = false;
      this.#end = NUL;
      this.#socket.write(NUL);
    } else if (this.#hasAsked && line.startsWith('ERROR ')) {
      // The endpoint does not know the question. Commands have identifiers, so this answers none of them.
      this.#hasAsked = false;
    } else this.#lifetime.line(line);
  }

  /** Resolves when the written data was sent. All callers share one pair of listeners. */
  #room(): Promise<void> {
    this.#draining ??= new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        this.#draining = undefined;
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
    return this.#draining;
  }
}
