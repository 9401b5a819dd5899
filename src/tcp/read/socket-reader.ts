import type { OnReadOpts, Socket } from 'node:net';
import type { TimingWheel, WheelMember } from '../../base/time/timing-wheel.js';
import type { ReadClass } from '../../stream/pcm-stream.js';
import { HOT_BYTES, Revisits } from './revisits.js';

/** Takes what a reader has read. */
export interface ReaderEvents {
  /**
   * Takes the bytes of `buffer` from `start` to `end`, which are valid during the call. With a `headroom`, the receiver
   * may write to them and to that many bytes before them. Without headroom it may not write to them.
   */
  data(buffer: Uint8Array, start: number, end: number, headroom: number): void;
  /** Called when the peer has closed its side and everything that it sent was given out. */
  ended(): void;
  /** Called when the connection broke. */
  broken(error: Error): void;
  /** Bytes that may be given out now. A reader that cannot know the length of a read beforehand may exceed it once. */
  readonly room: number;
}

/** The connection that a reader reads for. */
export interface ReaderOwner extends ReaderEvents {
  /** The paused socket, made on first use. The owner handles its end and its errors. */
  readonly socket: Socket;
}

/** Reads one connection, in either read class. A reader begins paused. */
export interface SocketReader {
  /** Buffer for the socket to read into, for a socket that accepts one. */
  readonly onread: OnReadOpts | undefined;
  /** Begins or continues to read, in this class. */
  read(readClass: ReadClass): void;
  /** Moves the reader to `wheel`, which visits it from now on. */
  moveTo(wheel: TimingWheel): void;
  /** Stops. Bytes that were not given out wait for the next {@link read}. */
  pause(): void;
  /** Gives out what the kernel holds, up to `room`, then stops and calls `onDrained`. */
  drain(onDrained: () => void): void;
  /** Stops for good. */
  close(): void;
}

/**
 * Reads with the public API of `net.Socket` only. In the batched class the socket is paused, and resumed for one read
 * at each visit.
 */
export class PublicReader implements SocketReader, WheelMember {
  readonly onread = undefined;
  #socket: Socket | undefined;
  #wheel: TimingWheel;
  readonly #owner: ReaderOwner;
  #mode: ReadClass | 'paused' | 'draining' = 'paused';
  readonly #revisits = new Revisits(this);
  #gaveOut = false;
  #onDrained: (() => void) | undefined;

  constructor(wheel: TimingWheel, owner: ReaderOwner) {
    this.#wheel = wheel;
    this.#owner = owner;
  }

  read(readClass: ReadClass): void {
    if (this.#onDrained) {
      this.#mode = 'draining';
      this.#resume();
      this.#drainTurn(0);
      return;
    }
    this.#mode = readClass;
    if (readClass === 'batched') this.#wheel.add(this);
    else this.#wheel.delete(this);
    this.#resume();
  }

  moveTo(wheel: TimingWheel): void {
    this.#wheel.handOver(this, wheel);
    this.#wheel = wheel;
  }

  pause(): void {
    this.#wheel.delete(this);
    this.#mode = 'paused';
    this.#socket?.pause();
  }

  drain(onDrained: () => void): void {
    this.#wheel.delete(this);
    this.#onDrained = onDrained;
    this.read('immediate');
  }

  close(): void {
    this.#wheel.delete(this);
    this.#revisits.cancel();
    this.#mode = 'paused';
  }

  visit(): void {
    if (this.#mode === 'batched') this.#resume();
  }

  #resume(): void {
    if (!this.#socket) {
      this.#socket = this.#owner.socket;
      this.#socket.on('data', (bytes: Buffer) => this.#data(bytes));
    }
    this.#socket.resume();
  }

  #data(bytes: Buffer): void {
    this.#gaveOut = true;
    if (this.#mode === 'batched') {
      if (bytes.length < HOT_BYTES) this.#socket?.pause();
      this.#revisits.after(bytes.length);
    }
    this.#owner.data(bytes, 0, bytes.length, 0);
  }

  /**
   * Waits for the kernel's bytes, which come in the turn after the socket was resumed. After two turns without any, the
   * kernel has no more.
   */
  #drainTurn(quietTurns: number): void {
    this.#gaveOut = false;
    setImmediate(() => {
      if (this.#mode !== 'draining') return;
      const quiet = this.#gaveOut ? 0 : quietTurns + 1;
      if (quiet < 2) {
        this.#drainTurn(quiet);
        return;
      }
      this.pause();
      this.#onDrained?.();
    });
  }
}
