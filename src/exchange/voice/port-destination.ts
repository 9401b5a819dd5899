import { once } from 'node:events';
import type { Socket } from 'node:net';
import { dialPort, endSocket, type PortOptions, voiceBytes } from './port-dial.js';
import type { StreamStats, VoiceDestination } from './stream.js';

/** An output that is this far behind loses frames instead of building up delay. */
const OUTPUT_BACKLOG_BYTES = voiceBytes(1000);

/** A `SET_OUTPUT PORT` or `SET_CAPTURE_MIC PORT`: one frame a tick, in pieces. */
export class PortDestination implements VoiceDestination {
  readonly #socket: Socket;
  readonly #options: PortOptions;
  #batch: Uint8Array[] = [];
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
    return { moved: this.#moved, silenceFilled: 0, dropped: this.#dropped };
  }

  write(frame: Int16Array): void | Promise<void> {
    if (this.#behind && this.#options.patienceMs > 0 && this.#socket.writable) {
      return this.#drained().then(() => this.#send(frame));
    }
    this.#send(frame);
  }

  close(): Promise<void> {
    this.#flush();
    return endSocket(this.#socket);
  }

  get #behind(): boolean {
    return this.#socket.writableLength >= OUTPUT_BACKLOG_BYTES;
  }

  #send(frame: Int16Array): void {
    if (!this.#socket.writable || this.#behind) {
      this.#dropped += frame.length;
      return;
    }
    // The frame is the bridge's and changes with the next tick; what waits in the socket must not.
    this.#batch.push(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength).slice());
    if (this.#batch.length === 1) queueMicrotask(() => this.#flush());
    this.#moved += frame.length;
  }

  /** Ticks that are made up for in one turn go out in one write: a busy machine catches up with less work. */
  #flush(): void {
    const [first, ...more] = this.#batch;
    this.#batch = [];
    if (!first || !this.#socket.writable) return;
    const bytes = more.length === 0 ? first : Buffer.concat([first, ...more]);
    const piece = more.length === 0 ? voiceBytes(this.#options.pieceMs) : bytes.length;
    for (let start = 0; start < bytes.length; start += piece) {
      this.#socket.write(bytes.subarray(start, start + piece));
    }
  }

  async #drained(): Promise<void> {
    const signal = AbortSignal.timeout(this.#options.patienceMs);
    await Promise.race([
      once(this.#socket, 'drain', { signal }),
      once(this.#socket, 'close', { signal }),
    ]).catch(() => undefined);
  }
}
