import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BYTES_PER_SAMPLE, msToSamples } from '../pcm.js';
import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';

const DIAL_TIMEOUT_MS = 2000;
const FLUSH_TIMEOUT_MS = 2000;
const bytesOf = (ms: number) => msToSamples(ms) * BYTES_PER_SAMPLE;
/** An input begins when this much is there, so that a peer that paces itself without a lead is not late at once. */
const PRIME_BYTES = bytesOf(40);
/** The socket is paused above this: the peer is held back by TCP and no delay builds up here. */
const INPUT_BUFFER_BYTES = bytesOf(200);
/** An output that is this far behind loses frames instead of building up delay. */
const OUTPUT_BACKLOG_BYTES = bytesOf(1000);

/** How redirected ports behave. */
export interface PortOptions {
  /**
   * How long, in real milliseconds, a tick waits for a peer before it goes on without him. 0 in real time, where a
   * late peer means silence; on a virtual clock time stands still while a tick waits.
   */
  readonly patienceMs: number;
  /** Length of the pieces that an output is written in, in milliseconds: 10 (as Skype did) or 20. */
  readonly pieceMs: 10 | 20;
}

/** Dials the PCM server that listens on `port` of this machine. Rejects with the socket's error. */
export async function dialPort(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const timer = setTimeout(
    () => socket.destroy(new Error(`no answer in ${DIAL_TIMEOUT_MS} ms`)),
    DIAL_TIMEOUT_MS,
  );
  try {
    await once(socket, 'connect');
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

/** A `SET_INPUT PORT`: reads the peer in real time, with a small buffer. */
export class PortSource implements VoiceSource {
  readonly #socket: Socket;
  readonly #patienceMs: number;
  readonly #chunks: Buffer[] = [];
  #buffered = 0;
  #open = true;
  #primed = false;
  #stalled = false;
  #wake: (() => void) | undefined;
  #moved = 0;
  #silenceFilled = 0;

  constructor(socket: Socket, options: PortOptions) {
    this.#socket = socket;
    this.#patienceMs = options.patienceMs;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    // A reset is an end too: the frames that follow are silence and are counted as such.
    socket.on('error', () => this.#finish());
    socket.on('end', () => this.#finish());
    socket.on('close', () => this.#finish());
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: this.#silenceFilled, dropped: 0 };
  }

  read(frame: Int16Array): void | Promise<void> {
    if (!this.#ready(frame.byteLength) && this.#patienceMs > 0 && !this.#stalled) {
      return this.#waitFor(frame.byteLength).then(() => this.#fill(frame));
    }
    this.#fill(frame);
  }

  /** What the peer sent ahead is read and let go: a socket closed on unread bytes would look broken to him. */
  async close(): Promise<void> {
    this.#finish();
    this.#socket.removeAllListeners('data').resume();
    await endSocket(this.#socket);
  }

  #ready(frameBytes: number): boolean {
    return !this.#open || this.#buffered >= (this.#primed ? frameBytes : PRIME_BYTES);
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
    const count = this.#primed ? Math.min(bytes.length, this.#buffered & ~1) : 0;
    this.#drain(bytes.subarray(0, count));
    bytes.fill(0, count);
    this.#moved += count / BYTES_PER_SAMPLE;
    this.#silenceFilled += (bytes.length - count) / BYTES_PER_SAMPLE;
    if (this.#buffered < INPUT_BUFFER_BYTES) this.#socket.resume();
  }

  #drain(target: Uint8Array): void {
    let filled = 0;
    while (filled < target.length) {
      const chunk = this.#chunks[0];
      if (!chunk) break;
      const part = chunk.subarray(0, target.length - filled);
      target.set(part, filled);
      filled += part.length;
      if (part.length === chunk.length) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(part.length);
    }
    this.#buffered -= filled;
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    this.#stalled = false;
    if (this.#buffered >= INPUT_BUFFER_BYTES) this.#socket.pause();
    this.#wake?.();
  }

  #finish(): void {
    this.#open = false;
    this.#wake?.();
  }
}

/** A `SET_OUTPUT PORT` or `SET_CAPTURE_MIC PORT`: one frame a tick, in pieces. */
export class PortDestination implements VoiceDestination {
  readonly #socket: Socket;
  readonly #options: PortOptions;
  #moved = 0;
  #dropped = 0;

  constructor(socket: Socket, options: PortOptions) {
    this.#socket = socket;
    this.#options = options;
    // What the peer sends on a receiving stream has no meaning; it is read so that his end can be seen.
    socket.resume();
    // After a reset frames are counted as dropped; the call goes on.
    socket.on('error', () => socket.destroy());
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, dropped: this.#dropped };
  }

  write(frame: Int16Array): void | Promise<void> {
    const behind = this.#socket.writableLength >= OUTPUT_BACKLOG_BYTES;
    if (behind && this.#options.patienceMs > 0 && this.#socket.writable) {
      return this.#drained().then(() => this.#send(frame));
    }
    this.#send(frame);
  }

  close(): Promise<void> {
    return endSocket(this.#socket);
  }

  #send(frame: Int16Array): void {
    if (!this.#socket.writable || this.#socket.writableLength >= OUTPUT_BACKLOG_BYTES) {
      this.#dropped += frame.length;
      return;
    }
    const bytes = Buffer.from(new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength));
    const piece = bytesOf(this.#options.pieceMs);
    for (let start = 0; start < bytes.length; start += piece)
      this.#socket.write(bytes.subarray(start, start + piece));
    this.#moved += frame.length;
  }

  async #drained(): Promise<void> {
    const signal = AbortSignal.timeout(this.#options.patienceMs);
    await Promise.race([
      once(this.#socket, 'drain', { signal }),
      once(this.#socket, 'close', { signal }),
    ]).catch(() => undefined);
  }
}

/** Flushes, ends, and waits for the peer's end; a peer that does not end is cut off. */
async function endSocket(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const closed = once(socket, 'close').catch(() => undefined);
  const timer = setTimeout(() => socket.destroy(), FLUSH_TIMEOUT_MS);
  socket.end();
  await closed;
  clearTimeout(timer);
}
