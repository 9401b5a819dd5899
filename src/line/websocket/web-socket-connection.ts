import type { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import type { RawData } from 'ws';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { readInto } from '../../base/system/read-into.js';
import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { WireMessage } from '../dialect/media-event.js';
import {
  type ConnectionListener,
  MAX_BUFFERED_BYTES,
  MAX_UNHEARD_MESSAGES,
  type MediaConnection,
} from '../media/media-connection.js';
import { PlainFrames } from './plain-frames.js';
import { ProbeTimes } from './probe-times.js';
import { frameOf } from './web-socket-frame.js';

/** Largest message that is read, in bytes. The largest known are those of Telnyx, up to 30 s of audio. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** Time between pings, in milliseconds. A peer that does not answer one counts as gone. */
const PING_MS = 20_000;
/** Time after which a peer that does not answer the close is cut off, in milliseconds. */
const CLOSE_MS = 2000;

/** Side of a WebSocket. */
export type WebSocketSide = 'client' | 'server';

/**
 * WebSocket as a {@link MediaConnection}. Messages are written as whole frames directly to the connection below, and
 * plain messages are read from it. All else is left to `ws`: control frames, fragments, faults.
 */
export class WebSocketConnection implements MediaConnection {
  readonly #socket: WebSocket;
  readonly #below: Duplex;
  readonly #isClient: boolean;
  readonly #clock: Clock;
  #waiting: WireMessage[] = [];
  #listener: ConnectionListener | undefined;
  #end: { readonly error?: Error } | undefined;
  #cancelTimer: CancelTimer | undefined;
  #isAlive = true;
  #isClosing = false;
  readonly #probes: ProbeTimes;
  readonly #onWritten = () => this.#listener?.drained?.();

  /** @param below Connection that the WebSocket uses, without extensions. */
  constructor(socket: WebSocket, below: Duplex, side: WebSocketSide, clock: Clock) {
    this.#socket = socket;
    this.#below = below;
    this.#isClient = side === 'client';
    this.#clock = clock;
    this.#probes = new ProbeTimes(clock);
    if (socket.readyState === socket.OPEN) this.#readPlain();
    else socket.once('open', () => this.#readPlain());
    socket.on('message', (data, isBinary) => this.#take(messageOfData(data, isBinary)));
    socket.on('pong', () => {
      this.#isAlive = true;
      this.#probes.answered();
      this.#listener?.drained?.();
    });
    socket.on('error', (cause) => this.#over(brokenBy(cause)));
    socket.on('close', (code, reason) => this.#over(this.#isClosing ? undefined : brokenOff(code, reason)));
    this.#watch();
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  get lagMs(): number {
    return this.#probes.lagMs;
  }

  probe(): void {
    if (this.#socket.readyState === this.#socket.OPEN && this.#probes.begin()) this.#socket.ping();
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
    for (const message of this.#waiting.splice(0)) listener.message(message);
    if (this.#end) listener.closed(this.#end.error);
  }

  send(message: WireMessage): void {
    if (this.#end || this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#socket.terminate();
      this.#over(new JackfieldError('ERR_LIMIT', 'The other end of a WebSocket does not read its data.'));
      return;
    }
    const frame = frameOf(message, this.#isClient);
    if (this.#listener?.drained) this.#below.write(frame, this.#onWritten);
    else this.#below.write(frame);
  }

  close(): void {
    // The connection has ended already. A timer would only keep the process alive.
    if (this.#end) return;
    this.#isClosing = true;
    this.#cancelTimer?.();
    this.#socket.close(1000);
    this.#cancelTimer = this.#clock.timerAt(this.#clock.now() + CLOSE_MS, () => this.#socket.terminate());
  }

  abort(): void {
    this.#isClosing = true;
    this.#cancelTimer?.();
    this.#socket.close(1008);
    this.#socket.terminate();
  }

  /** Reads plain messages itself. `ws` gets what it had read otherwise. */
  #readPlain(): void {
    const below = this.#below;
    const listeners = below.listeners('data');
    below.removeAllListeners('data');
    const frames = new PlainFrames(!this.#isClient, MAX_MESSAGE_BYTES, {
      message: (message) => this.#take(message),
      others: (bytes) => {
        const copy = Buffer.from(bytes);
        for (const listener of listeners) Reflect.apply(listener, below, [copy]);
      },
    });
    readInto(below, (bytes) => {
      if (!this.#end && !below.destroyed) frames.push(bytes);
    });
  }

  #take(message: WireMessage): void {
    this.#isAlive = true;
    if (this.#listener) this.#listener.message(message);
    else if (this.#waiting.length < MAX_UNHEARD_MESSAGES) this.#waiting.push(message);
    else this.#socket.terminate();
  }

  #watch(): void {
    this.#cancelTimer = this.#clock.timerAt(this.#clock.now() + PING_MS, () => {
      if (!this.#isAlive) {
        this.#socket.terminate();
        this.#over(new JackfieldError('ERR_PEER', 'The other end of a WebSocket does not answer.'));
        return;
      }
      this.#isAlive = false;
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
      this.#watch();
    });
  }

  #over(error?: Error): void {
    if (this.#end) return;
    this.#end = error ? { error } : {};
    this.#cancelTimer?.();
    this.#listener?.closed(error);
  }
}

function messageOfData(data: RawData, isBinary: boolean): WireMessage {
  const bytes = Array.isArray(data)
    ? Buffer.concat(data)
    : data instanceof ArrayBuffer
      ? Buffer.from(data)
      : data;
  return isBinary ? bytes : bytes.toString('utf8');
}

/**
 * Close codes of RFC 6455 that are errors. 1000 and 1001 are normal ends, and codes from 4000 on belong to the
 * application.
 */
const FAULTS = { first: 1002, last: 1015 };
const NO_CODE = 1005;
const NO_WORD = 1006;

/** Returns the error of a connection that the other end has closed; undefined for a normal end. */
function brokenOff(code: number, reason: Buffer): JackfieldError | undefined {
  if (code < FAULTS.first || code > FAULTS.last || code === NO_CODE) return undefined;
  const why = printable(reason.toString('utf8')).slice(0, 200);
  return new JackfieldError(
    'ERR_PEER',
    code === NO_WORD
      ? 'A WebSocket was lost without a close frame.'
      : `The other end closed a WebSocket with code ${code}${why && `: ${why}`}.`,
  );
}

const TOO_LONG: readonly unknown[] = [
  'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
  'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
];

function brokenBy(cause: Error): JackfieldError {
  const isTooLong = 'code' in cause && TOO_LONG.includes(cause.code);
  return new JackfieldError(
    isTooLong ? 'ERR_LIMIT' : 'ERR_PEER',
    isTooLong
      ? `A message of a WebSocket is longer than ${MAX_MESSAGE_BYTES} bytes.`
      : `A WebSocket broke: ${messageOf(cause)}`,
    { cause },
  );
}
