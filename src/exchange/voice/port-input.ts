import type { Socket } from 'node:net';
import { ByteRing } from './byte-ring.js';
import { dialPort, endSocket, voiceBytes } from './port-dial.js';

/** Level above which the socket is paused. TCP then holds the peer back, and no delay builds up here. */
const HIGH_WATER_BYTES = voiceBytes(200);
/** Level below which the peer is read again. It is more than a turn that catches up can take. */
export const LOW_WATER_BYTES = voiceBytes(120);
/** Most bytes of one read. Reads are synchronous, so all sockets share one buffer. */
const READ_BYTES = voiceBytes(100);
const readBuffer = new Uint8Array(READ_BYTES);

/** Bytes from a peer that the call has not taken yet. There are few, because TCP holds back a peer that sends ahead. */
export class PortInput {
  readonly #ring = new ByteRing(HIGH_WATER_BYTES + READ_BYTES);
  readonly #changed: (event: 'bytes' | 'end') => void;
  #state: 'reading' | 'held back' | 'ended' | 'closing' = 'reading';
  #socket: Socket | undefined;

  /** @param changed called when bytes have arrived, and when the input has ended. */
  constructor(changed: (event: 'bytes' | 'end') => void) {
    this.#changed = changed;
  }

  /** Connects to `port`. @throws the reason when nothing answers */
  async dial(port: number): Promise<void> {
    this.#socket = await dialPort(port, {
      onread: { buffer: readBuffer, callback: (count) => this.#receive(readBuffer.subarray(0, count)) },
    });
    // A reset also ends the input. The frames that follow are silence and are counted as such.
    for (const event of ['error', 'end', 'close']) this.#socket.on(event, () => this.#end('ended'));
  }

  /** Number of bytes that wait. */
  get length(): number {
    return this.#ring.length;
  }

  /** True when no more bytes will arrive. */
  get over(): boolean {
    return this.#state === 'ended' || this.#state === 'closing';
  }

  /** Moves the oldest bytes into `target`, as many as fit or are there. */
  take(target: Uint8Array): void {
    this.skip(this.#ring.peek(target));
  }

  /** Copies the oldest bytes into `target`, as many as fit or are there. */
  peek(target: Uint8Array): void {
    this.#ring.peek(target);
  }

  /** Removes the `count` oldest bytes. There must be at least so many. */
  skip(count: number): void {
    this.#ring.skip(count);
    if (this.#state !== 'held back' || this.#ring.length >= LOW_WATER_BYTES) return;
    this.#state = 'reading';
    this.#socket?.resume();
  }

  /**
   * Closes the socket after it has read and dropped the bytes that the peer sent ahead. To the peer, a socket closed
   * with unread bytes looks broken.
   */
  async close(): Promise<void> {
    this.#end('closing');
    this.#socket?.resume();
    if (this.#socket) await endSocket(this.#socket);
  }

  /** Takes bytes from the socket. @returns true to go on reading. */
  #receive(bytes: Uint8Array): boolean {
    if (this.#state === 'closing') return true;
    this.#ring.push(bytes);
    if (this.#state === 'reading' && this.#ring.length >= HIGH_WATER_BYTES) this.#state = 'held back';
    this.#changed('bytes');
    if (this.#state !== 'held back') return true;
    this.#socket?.pause();
    return false;
  }

  #end(state: 'ended' | 'closing'): void {
    if (this.#state !== 'closing') this.#state = state;
    this.#changed('end');
  }
}
