import type { Socket } from 'node:net';
import { BYTES_PER_SAMPLE } from '../../pcm.js';
import { ByteRing } from './byte-ring.js';
import { dialPort, endSocket, type PortOptions, voiceBytes } from './port-dial.js';
import type { StreamStats, VoiceSource } from './stream.js';

/** An input begins when this much is there, so that a peer that paces itself without a lead is not late at once. */
const PRIME_BYTES = voiceBytes(40);
/** The socket is paused above this: the peer is held back by TCP and no delay builds up here. */
const HIGH_WATER_BYTES = voiceBytes(200);
/** It is read again below this, which is more than a turn that makes up for late ticks can take. */
const LOW_WATER_BYTES = voiceBytes(120);
/** Most that one read takes. Reads are synchronous, so all sockets share one buffer. */
const READ_BYTES = voiceBytes(100);
const readBuffer = new Uint8Array(READ_BYTES);

/** A `SET_INPUT PORT`: reads the peer in real time, with a small buffer. */
export class PortSource implements VoiceSource {
  readonly #patienceMs: number;
  readonly #ring = new ByteRing(HIGH_WATER_BYTES + READ_BYTES);
  #socket: Socket | undefined;
  #open = true;
  #closing = false;
  #paused = false;
  #primed = false;
  #stalled = false;
  #wake: (() => void) | undefined;
  #moved = 0;
  #silenceFilled = 0;

  private constructor(options: PortOptions) {
    this.#patienceMs = options.patienceMs;
  }

  /** Dials `port`. Rejects with the reason when nobody takes the call. */
  static async dial(port: number, options: PortOptions): Promise<PortSource> {
    const source = new PortSource(options);
    const socket = await dialPort(port, {
      onread: { buffer: readBuffer, callback: (count) => source.#take(readBuffer.subarray(0, count)) },
    });
    source.#socket = socket;
    // A reset is an end too: the frames that follow are silence and are counted as such.
    for (const event of ['error', 'end', 'close']) socket.on(event, () => source.#finish());
    return source;
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: this.#silenceFilled, dropped: 0 };
  }

  get active(): boolean {
    return this.#primed && (this.#open || this.#ring.length >= BYTES_PER_SAMPLE);
  }

  read(frame: Int16Array): void | Promise<void> {
    if (!this.#ready(frame.byteLength) && this.#patienceMs > 0 && !this.#stalled) {
      return this.#waitFor(frame.byteLength).then(() => this.#fill(frame));
    }
    this.#fill(frame);
  }

  /** What the peer sent ahead is read and let go: a socket closed on unread bytes would look broken to him. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#finish();
    this.#socket?.resume();
    if (this.#socket) await endSocket(this.#socket);
  }

  #ready(frameBytes: number): boolean {
    return !this.#open || this.#ring.length >= (this.#primed ? frameBytes : PRIME_BYTES);
  }

  async #waitFor(frameBytes: number): Promise<void> {
    const giveUp = setTimeout(() => {
      this.#stalled = true;
      this.#wake?.();
    }, this.#patienceMs);
    while (!this.#stalled && !this.#ready(frameBytes)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(giveUp);
  }

  #fill(frame: Int16Array): void {
    const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
    this.#primed ||= this.#ready(bytes.length);
    // A sample whose second byte has not come stays for the next frame.
    const count = this.#primed ? Math.min(bytes.length, this.#ring.length & ~1) : 0;
    if (count === bytes.length) this.#ring.shift(bytes);
    else {
      this.#ring.shift(bytes.subarray(0, count));
      bytes.fill(0, count);
    }
    this.#moved += count / BYTES_PER_SAMPLE;
    this.#silenceFilled += (bytes.length - count) / BYTES_PER_SAMPLE;
    if (this.#paused && this.#ring.length < LOW_WATER_BYTES) {
      this.#paused = false;
      this.#socket?.resume();
    }
  }

  /** @returns whether to go on reading. */
  #take(bytes: Uint8Array): boolean {
    if (this.#closing) return true;
    this.#ring.push(bytes);
    this.#stalled = false;
    this.#paused = this.#ring.length >= HIGH_WATER_BYTES;
    this.#wake?.();
    if (this.#paused) this.#socket?.pause();
    return !this.#paused;
  }

  #finish(): void {
    this.#open = false;
    this.#wake?.();
  }
}
