import type { Socket } from 'node:net';
import { BYTES_PER_SAMPLE } from '../../base/pcm.js';
import { FRAME_BYTES, FRAME_SAMPLES } from '../../switch/party.js';
import { ByteRing } from './byte-ring.js';
import { Lateness } from './lateness.js';
import { dialPort, endSocket, type PortOptions, voiceBytes } from './port-dial.js';
import { shorten } from './shorten.js';
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
/** Kept in store while a peer makes up for being late: two frames, and as many for the next hitch. */
const SPARE_BYTES = 4 * FRAME_BYTES;
/** Two frames on their way to become one. Reads are synchronous, so all sources share them. */
const twoFrames = new Int16Array(2 * FRAME_SAMPLES);

/**
 * A `SET_INPUT PORT`: reads the peer in real time, with a small buffer. A frame that is not there in time is silence;
 * when what should have been heard then comes all the same, it is said a little faster until it is on time again, so
 * that one hitch does not delay the rest of the call.
 */
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
  #shortened = 0;
  readonly #lateness = new Lateness();

  private constructor(options: PortOptions) {
    this.#patienceMs = options.patienceMs;
  }

  /** Dials `port`. Rejects with the reason when nobody takes the call. */
  static async dial(port: number, options: PortOptions): Promise<PortSource> {
    const source = new PortSource(options);
    const socket = await dialPort(port, {
      onread: { buffer: readBuffer, callback: (count) => source.#receive(readBuffer.subarray(0, count)) },
    });
    source.#socket = socket;
    // A reset is an end too: the frames that follow are silence and are counted as such.
    for (const event of ['error', 'end', 'close']) socket.on(event, () => source.#finish());
    return source;
  }

  get stats(): StreamStats {
    return {
      moved: this.#moved,
      silenceFilled: this.#silenceFilled,
      late: this.#lateness.filled / BYTES_PER_SAMPLE,
      dropped: this.#shortened,
    };
  }

  get active(): boolean {
    return this.#primed && (this.#open || this.#ring.length >= BYTES_PER_SAMPLE);
  }

  get over(): boolean {
    return !this.#open;
  }

  read(frame: Int16Array): void | Promise<void> {
    if (!this.#ready(frame.byteLength) && this.#patienceMs > 0 && !this.#stalled) {
      return this.#waitFor(frame.byteLength).then(() => this.#fill(frame));
    }
    this.#fill(frame);
  }

  /** Reads and drops what the peer sent ahead: a socket that is closed on unread bytes looks broken to the peer. */
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
    if (count < bytes.length) this.#fillUp(bytes, count);
    else this.#fillWhole(frame, bytes);
    this.#moved += count / BYTES_PER_SAMPLE;
    if (this.#paused && this.#ring.length < LOW_WATER_BYTES) {
      this.#paused = false;
      this.#socket?.resume();
    }
  }

  /** As much as there is, then silence. */
  #fillUp(bytes: Uint8Array, count: number): void {
    this.#ring.shift(bytes.subarray(0, count));
    bytes.fill(0, count);
    const missing = bytes.length - count;
    this.#silenceFilled += missing / BYTES_PER_SAMPLE;
    if (this.#primed) this.#lateness.fill(missing);
  }

  /** A frame that is there, or, where the peer is late and more than that has come, up to two of them in one. */
  #fillWhole(frame: Int16Array, bytes: Uint8Array): void {
    this.#lateness.endBreak();
    if (this.#lateness.bytes >= FRAME_BYTES / 2 && this.#ring.length >= SPARE_BYTES) {
      this.#catchUp(frame);
      return;
    }
    this.#ring.shift(bytes);
    this.#lateness.forget();
  }

  #catchUp(frame: Int16Array): void {
    this.#ring.peek(new Uint8Array(twoFrames.buffer));
    const left = shorten(twoFrames, frame);
    this.#ring.skip((frame.length + left) * BYTES_PER_SAMPLE);
    this.#lateness.makeUp(left * BYTES_PER_SAMPLE);
    this.#shortened += left;
  }

  /** @returns whether to go on reading. */
  #receive(bytes: Uint8Array): boolean {
    if (this.#closing) return true;
    this.#ring.push(bytes);
    this.#stalled = false;
    if (this.#ring.length - this.#lateness.bytes > LOW_WATER_BYTES) this.#lateness.clear();
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
