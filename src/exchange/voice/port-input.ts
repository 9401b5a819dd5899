import type { Socket } from 'node:net';
import { ByteRing } from './byte-ring.js';
import { dialPort, endSocket, voiceBytes } from './port-dial.js';

/** The socket is paused above this: the peer is held back by TCP and no delay builds up here. */
const HIGH_WATER_BYTES = voiceBytes(200);
/** Level below which the peer is read again: more than a turn that makes up for late ticks can take. */
export const LOW_WATER_BYTES = voiceBytes(120);
/** Most that one read takes. Reads are synchronous, so all sockets share one buffer. */
const READ_BYTES = voiceBytes(100);
const readBuffer = new Uint8Array(READ_BYTES);

/** Bytes that a peer has sent and the call has not taken yet: few, as TCP holds back a peer that sends ahead. */
export class PortInput {
  readonly #ring = new ByteRing(HIGH_WATER_BYTES + READ_BYTES);
  readonly #changed: (event: 'bytes' | 'end') => void;
  #state: 'reading' | 'held back' | 'ended' | 'closing' = 'reading';
  #socket: Socket | undefined;

  /** @param changed Called when bytes have come, and when no more will. */
  constructor(changed: (event: 'bytes' | 'end') => void) {
    this.#changed = changed;
  }

  /** Dials `port`. @throws the reason when nothing answers */
  async dial(port: number): Promise<void> {
    this.#socket = await dialPort(port, {
      onread: { buffer: readBuffer, callback: (count) => this.#receive(readBuffer.subarray(0, count)) },
    });
    // A reset is an end too: the frames that follow are silence and are counted as such.
    for (const event of ['error', 'end', 'close']) this.#socket.on(event, () => this.#end('ended'));
  }

  /** Bytes that wait. */
  get length(): number {
    return this.#ring.length;
  }

  /** True when no more will come. */
  get over(): boolean {
    return this.#state === 'ended' || this.#state === 'closing';
  }

  /** Moves the oldest bytes into `target`, as many as it holds or there are. */
  take(target: Uint8Array): void {
    this.skip(this.#ring.peek(target));
  }

  /** Copies the oldest bytes into `target`, as many as it holds or there are. */
  peek(target: Uint8Array): void {
    this.#ring.peek(target);
  }

  /** Forgets the `count` oldest bytes, of which there are no fewer. */
  skip(count: number): void {
    this.#ring.skip(count);
    if (this.#state !== 'held back' || this.#ring.length >= LOW_WATER_BYTES) return;
    this.#state = 'reading';
    this.#socket?.resume();
  }

  /** Reads and drops what the peer sent ahead: a socket that is closed on unread bytes looks broken to the peer. */
  async close(): Promise<void> {
    this.#end('closing');
    this.#socket?.resume();
    if (this.#socket) await endSocket(this.#socket);
  }

  /** @returns whether to go on reading. */
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
