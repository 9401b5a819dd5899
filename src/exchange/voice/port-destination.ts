import { once } from 'node:events';
import type { Socket } from 'node:net';
import { BYTES_PER_SAMPLE } from '../../pcm.js';
import { FRAME_BYTES } from './party.js';
import { dialPort, endSocket, type PortOptions, voiceBytes } from './port-dial.js';
import type { StreamStats, VoiceDestination } from './stream.js';

/** An output that is this far behind loses frames instead of building up delay. */
const OUTPUT_BACKLOG_BYTES = voiceBytes(1000);
/** Frames that can be collected in one turn: a machine that was away makes up for several at once. */
const BATCH_BYTES = 8 * FRAME_BYTES;

/** Destinations that have something to send when this turn is over. */
let unsent: (() => void)[] = [];

function sendAll(): void {
  const flushes = unsent;
  unsent = [];
  for (const flush of flushes) flush();
}

/** A `SET_OUTPUT PORT` or `SET_CAPTURE_MIC PORT`: one frame a tick, in pieces. */
export class PortDestination implements VoiceDestination {
  readonly #socket: Socket;
  readonly #options: PortOptions;
  readonly #flushLater = () => this.#flush();
  #batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #batched = 0;
  #moved = 0;
  #dropped = 0;

  private constructor(socket: Socket, options: PortOptions) {
    this.#socket = socket;
    this.#options = options;
    // What the peer sends on a receiving stream has no meaning; it is read so that his end can be seen.
    socket.resume();
    // After a reset frames are counted as dropped; the call goes on.
    socket.on('error', () => socket.destroy());
  }

  /** Dials `port`. Rejects with the reason when nobody takes the call. */
  static async dial(port: number, options: PortOptions): Promise<PortDestination> {
    return new PortDestination(await dialPort(port), options);
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, late: 0, dropped: this.#dropped };
  }

  get over(): boolean {
    return !this.#socket.writable;
  }

  write(frame: Int16Array): void | Promise<void> {
    if (this.#behind && this.#options.patienceMs > 0 && this.#socket.writable) {
      return this.#drained().then(() => this.#send(frame));
    }
    this.#send(frame);
  }

  async close(): Promise<void> {
    this.#flush();
    this.#drop(await endSocket(this.#socket));
  }

  get #behind(): boolean {
    return this.#socket.writableLength >= OUTPUT_BACKLOG_BYTES;
  }

  /** Ticks that are made up for in one turn go out in one write: a busy machine catches up with less work. */
  #send(frame: Int16Array): void {
    if (!this.#socket.writable || this.#behind) {
      this.#dropped += frame.length;
      return;
    }
    if (this.#batched + frame.byteLength > BATCH_BYTES) this.#flush();
    if (this.#batched === 0) {
      if (unsent.length === 0) queueMicrotask(sendAll);
      unsent.push(this.#flushLater);
    }
    // The frame is the bridge's and changes with the next tick.
    this.#batch.set(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength), this.#batched);
    this.#batched += frame.byteLength;
    this.#moved += frame.length;
  }

  #flush(): void {
    const length = this.#batched;
    this.#batched = 0;
    if (length === 0) return;
    if (!this.#socket.writable) {
      this.#drop(length);
      return;
    }
    const piece = length > FRAME_BYTES ? length : voiceBytes(this.#options.pieceMs);
    for (let start = 0; start < length; start += piece) {
      this.#socket.write(this.#batch.subarray(start, Math.min(start + piece, length)));
    }
    // What the system did not take at once waits in this memory.
    if (this.#socket.writableLength > 0) this.#batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  }

  /** What was to be sent, and was not. */
  #drop(bytes: number): void {
    this.#moved -= bytes / BYTES_PER_SAMPLE;
    this.#dropped += bytes / BYTES_PER_SAMPLE;
  }

  async #drained(): Promise<void> {
    const signal = AbortSignal.timeout(this.#options.patienceMs);
    await Promise.race([
      once(this.#socket, 'drain', { signal }),
      once(this.#socket, 'close', { signal }),
    ]).catch(() => undefined);
  }
}
