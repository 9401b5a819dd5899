import { once } from 'node:events';
import type { Socket } from 'node:net';
import { BYTES_PER_SAMPLE } from '../../base/pcm.js';
import type { Clock } from '../../base/time/clock.js';
import { FRAME_BYTES } from '../../switch/party.js';
import { type BacklogOutlet, type PeerBacklog, PeerBacklogs } from './peer-backlog.js';
import { dialPort, endSocket, type PortOptions, voiceBytes } from './port-dial.js';
import { SendTurn } from './send-turn.js';
import type { StreamStats, VoiceDestination } from './stream.js';

/** Backlog at which an output drops frames, so that the delay does not grow. */
const OUTPUT_BACKLOG_BYTES = voiceBytes(1000);
/**
 * Size of the batch that is collected in one turn. A machine that was suspended catches up by several frames at once.
 */
const BATCH_BYTES = 8 * FRAME_BYTES;

/** State shared by the port outputs of one exchange. */
export class PortOutputs {
  readonly options: PortOptions;
  readonly turn: SendTurn;
  readonly #backlogs: PeerBacklogs;

  constructor(options: PortOptions, clock: Clock) {
    this.options = options;
    this.turn = new SendTurn(clock);
    this.#backlogs = new PeerBacklogs(clock);
  }

  /** Makes the backlog of a socket. Undefined when ticks wait for the peer, because nothing is dropped then. */
  backlogOf(socket: Socket, outlet: BacklogOutlet): PeerBacklog | undefined {
    return this.options.patienceMs > 0 ? undefined : this.#backlogs.of(socket, outlet);
  }

  /** Connects to `port`. Rejects with the reason when nothing answers. */
  async dial(port: number): Promise<PortDestination> {
    return new PortDestination(await dialPort(port), port, this);
  }
}

/** A `SET_OUTPUT PORT` or `SET_CAPTURE_MIC PORT`. It sends one frame per tick, in pieces. */
export class PortDestination implements VoiceDestination {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #outputs: PortOutputs;
  readonly #backlog: PeerBacklog | undefined;
  readonly #flushLater = () => this.#flush();
  #batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #batched = 0;
  /** The second piece of a frame, until it is sent. */
  #rest: Buffer | undefined;
  readonly #sendRest = () => {
    if (this.#rest) this.#write(this.#rest);
    this.#rest = undefined;
  };
  #moved = 0;
  #dropped = 0;

  constructor(socket: Socket, port: number, outputs: PortOutputs) {
    this.#socket = socket;
    this.#port = port;
    this.#outputs = outputs;
    this.#backlog = outputs.backlogOf(socket, {
      send: (bytes) => this.#gather(bytes),
      drop: (bytes) => {
        this.#dropped += bytes / BYTES_PER_SAMPLE;
      },
    });
    // Data from the peer of an output has no meaning. It is read so that the end of the connection is seen.
    socket.resume();
    // After a reset, frames are counted as dropped. The call goes on.
    socket.on('error', () => socket.destroy());
  }

  get stats(): StreamStats {
    return { moved: this.#moved, silenceFilled: 0, late: 0, dropped: this.#dropped };
  }

  get reach(): { readonly port: number; readonly position: number } {
    return { port: this.#port, position: this.#moved + (this.#backlog?.held ?? 0) / BYTES_PER_SAMPLE };
  }

  get over(): boolean {
    return !this.#socket.writable;
  }

  write(frame: Int16Array): void | Promise<void> {
    if (this.#behind && this.#outputs.options.patienceMs > 0 && this.#socket.writable) {
      return this.#drained().then(() => this.#send(frame));
    }
    this.#send(frame);
  }

  async close(): Promise<void> {
    this.#backlog?.close();
    this.#flush();
    this.#sendRest();
    this.#drop(await endSocket(this.#socket));
  }

  get #behind(): boolean {
    return this.#socket.writableLength >= OUTPUT_BACKLOG_BYTES;
  }

  #send(frame: Int16Array): void {
    const bytes = new Uint8Array(frame.buffer, frame.byteOffset, frame.byteLength);
    if (!this.#socket.writable || this.#behind) this.#dropped += frame.length;
    else if (this.#backlog) this.#backlog.offer(bytes);
    else this.#gather(bytes);
  }

  /** Adds a frame to the batch, which is sent at the end of the turn. */
  #gather(bytes: Uint8Array): void {
    if (this.#batched + bytes.length > BATCH_BYTES) this.#flush();
    if (this.#batched === 0) this.#outputs.turn.add(this.#flushLater);
    // The memory of the frame belongs to the bridge and is reused at the next tick.
    this.#batch.set(bytes, this.#batched);
    this.#batched += bytes.length;
    this.#moved += bytes.length / BYTES_PER_SAMPLE;
  }

  /** Sends the batch. @returns a function that sends the second piece, when a frame is sent in two. */
  #flush(): (() => void) | undefined {
    this.#sendRest();
    const all = this.#batch.subarray(0, this.#batched);
    this.#batched = 0;
    if (all.length === 0) return undefined;
    // Frames that catch up are sent at once.
    const first = all.length > FRAME_BYTES ? all.length : voiceBytes(this.#outputs.options.pieceMs);
    this.#write(all.subarray(0, first));
    if (first < all.length) this.#rest = Buffer.from(all.subarray(first));
    // Bytes that the system did not accept yet stay in this memory.
    if (this.#socket.writableLength > 0) this.#batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
    return this.#rest && this.#sendRest;
  }

  #write(piece: Buffer): void {
    if (this.#socket.writable) this.#socket.write(piece);
    else this.#drop(piece.length);
  }

  /** Counts dropped bytes. */
  #drop(bytes: number): void {
    this.#moved -= bytes / BYTES_PER_SAMPLE;
    this.#dropped += bytes / BYTES_PER_SAMPLE;
  }

  async #drained(): Promise<void> {
    const signal = AbortSignal.timeout(this.#outputs.options.patienceMs);
    await Promise.race([
      once(this.#socket, 'drain', { signal }),
      once(this.#socket, 'close', { signal }),
    ]).catch(() => undefined);
  }
}
