import type { Socket } from 'node:net';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { IdleWatch } from '../../base/system/peer-limits.js';
import { ASK_FOR_NUL } from '../../protocol/attach-names.js';
import { LineFramer } from '../../protocol/line-framer.js';
import type { Session, SessionClient } from '../api/session.js';
import { asLine } from '../wire-value.js';
import { type Door, noRoom, notRead } from './door.js';
import type { TokenCheck } from './token-check.js';

const LF = 0x0a;
const CR = 0x0d;
const NUL = '\0';
/** Errors of a connection whose peer does not answer. */
const VANISHED: ReadonlySet<string> = new Set([
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
]);

/** The part of a listener that a {@link TcpClient} uses. */
export interface TcpClientContext {
  readonly door: Door;
  /** Checks tokens; undefined when no token is required. */
  readonly tokens: TokenCheck | undefined;
  /** Longest time without traffic, in ms; 0 for no limit. */
  readonly idleMs: number;
  connect(client: SessionClient): Session;
  /** Called when the client has sent the right token. */
  trusted(client: TcpClient): void;
}

/** One TCP connection. After the token is accepted it carries the lines of a session. */
export class TcpClient {
  readonly #socket: Socket;
  readonly #context: TcpClientContext;
  readonly #framer: LineFramer;
  /** Bytes received before the line of the token was complete; undefined once the token was accepted. */
  #head: Buffer | undefined;
  #session: Session | undefined;
  /** Terminator of messages to the client. */
  #end = '\n';
  #cancelTimeout = () => {};

  constructor(socket: Socket, context: TcpClientContext) {
    this.#socket = socket;
    this.#context = context;
    const { limits, clock } = context.door;
    this.#framer = new LineFramer({ maxLineBytes: limits.lineBytes });
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', (error) => this.#broken(error));
    const idleWatch = this.#watch();
    socket.on('close', () => {
      idleWatch?.stop();
      this.#cancelTimeout();
      this.#session?.disconnect();
    });
    if (!context.tokens) {
      this.#attach();
      return;
    }
    this.#head = Buffer.alloc(0);
    this.#cancelTimeout = clock.timerAt(clock.now() + limits.authenticateMs, () => {
      socket.destroy();
    });
  }

  #watch(): IdleWatch | undefined {
    const { idleMs, door } = this.#context;
    if (idleMs === 0) return undefined;
    const socket = this.#socket;
    const passed = () => socket.bytesRead + socket.bytesWritten - socket.writableLength;
    return new IdleWatch(door.clock, idleMs, passed, () => {
      const text = `A client on TCP was idle for ${idleMs} ms and was dropped.`;
      door.fence.tell(new JackfieldError('ERR_PEER', text), 'TCP');
      socket.destroy();
    });
  }

  /** Handles a socket error. A connection that the client ended is not reported; a peer that does not answer is. */
  #broken(cause: NodeJS.ErrnoException): void {
    this.#socket.destroy();
    if (!VANISHED.has(cause.code ?? '')) return;
    const text = `The connection to a client on TCP failed (${cause.message}): the client was dropped.`;
    this.#context.door.fence.tell(new JackfieldError('ERR_PEER', text, { cause }), 'TCP');
  }

  #take(chunk: Buffer): void {
    if (this.#head) this.#takeToken(Buffer.concat([this.#head, chunk]));
    else this.#takeLines(chunk);
  }

  #takeToken(head: Buffer): void {
    const { door, tokens } = this.#context;
    const end = head.indexOf(LF);
    if (end > door.limits.bytesBeforeToken || (end < 0 && head.length > door.limits.bytesBeforeToken)) {
      this.#socket.destroy();
      return;
    }
    this.#head = head;
    if (end < 0) return;
    this.#head = undefined;
    this.#socket.pause();
    const line = head.subarray(0, head[end - 1] === CR ? end - 1 : end);
    const shown = tokens?.look(line, (knows) => {
      if (this.#socket.destroyed) return;
      if (!knows) {
        this.#socket.destroy();
        return;
      }
      this.#cancelTimeout();
      this.#attach('OK');
      this.#socket.resume();
      this.#takeLines(head.subarray(end + 1));
    });
    // The check may be delayed by wrong tokens of others. Meanwhile the connection keeps its place.
    if (shown) this.#context.trusted(this);
  }

  #attach(greeting?: string): void {
    const { door } = this.#context;
    if (door.full()) {
      this.#refuse(noRoom(door));
      return;
    }
    if (greeting !== undefined) this.#socket.write(`${greeting}\n`);
    const multiline = () => this.#end === NUL;
    this.#session = this.#context.connect({
      get multiline() {
        return multiline();
      },
      deliver: (line) => this.#deliver(line),
      closed: () => this.#socket.end(),
    });
  }

  #takeLines(chunk: Buffer): void {
    try {
      for (const line of this.#framer.push(chunk)) {
        if (line === ASK_FOR_NUL) this.#endWithNul();
        else this.#session?.receive(line);
      }
    } catch (error) {
      // The line is not text, or too long without an end: the bytes that follow cannot be interpreted.
      this.#refuse(`ERROR 1 General syntax error: ${asLine(messageOf(error))}`);
    }
  }

  /** Accepts the client's request to end messages with NUL. The client switches after it has read the answer. */
  #endWithNul(): void {
    this.#end = NUL;
    this.#framer.expectNulAfter('');
    this.#socket.write(`${ASK_FOR_NUL}${NUL}`);
  }

  #deliver(line: string): void {
    const { limits, fence } = this.#context.door;
    this.#socket.write(`${line}${this.#end}`);
    if (this.#socket.writableLength <= limits.unsentBytes) return;
    fence.tell(notRead(this.#context.door, 'TCP'), 'TCP');
    this.#socket.destroy();
  }

  /** Sends the reason, then closes, whatever the peer does. */
  #refuse(line: string): void {
    this.#socket.pause();
    this.#socket.write(`${line}\n`);
    this.#socket.destroySoon();
  }
}
