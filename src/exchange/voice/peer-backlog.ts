import type { Socket } from 'node:net';
import { type SocketEnd, SocketTable } from '../../base/system/socket-table.js';
import type { Clock } from '../../base/time/clock.js';
import { FRAME_BYTES } from '../../switch/party.js';
import { standStill } from '../stand-still.js';
import { voiceBytes } from './port-dial.js';

/**
 * Most bytes that the operating system may hold for a peer, at both ends. Bytes in its buffers cannot be taken back.
 */
const MOST_IN_SYSTEM_BYTES = voiceBytes(500);
/**
 * Most bytes that wait here for a peer that does not read. Together with the limit above, a peer may be one second
 * behind.
 */
const MOST_HELD_BYTES = voiceBytes(500);
/**
 * Most bytes that wait here while the system is being asked. A machine that was suspended catches up by up to two
 * seconds at once.
 */
const MOST_HELD_ASKING_BYTES = voiceBytes(2000);
/** The system is asked when fewer bytes than this may still be sent. */
const ASK_BELOW_BYTES = MOST_IN_SYSTEM_BYTES / 4;
/** A connection that has sent this much is included when another one is asked about. */
const ASK_ALONG_BYTES = MOST_IN_SYSTEM_BYTES / 2;
/** Frames after which a peer that has not read is checked again. */
const RETRY_FRAMES = 6;

/** Sends or drops the frames of a {@link PeerBacklog}. */
export interface BacklogOutlet {
  send(frame: Uint8Array): void;
  drop(bytes: number): void;
}

/**
 * Measures how many of the sent bytes the peers on this machine have not read. The operating system buffers megabytes
 * before it holds a sender back, which are two minutes of a call. Only its table of connections shows the buffered
 * bytes, because it has both ends of each connection. One reading serves all connections. Only Linux has such a table;
 * on other systems nothing is known.
 */
export class PeerBacklogs {
  readonly #clock: Clock;
  readonly #open = new Set<PeerBacklog>();
  #table: SocketTable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes the backlog of a connected socket. It must be closed together with the socket. */
  of(socket: Socket, outlet: BacklogOutlet): PeerBacklog {
    if (this.#open.size === 0) this.#table = SocketTable.open();
    const known = this.#table !== undefined;
    const backlog = new PeerBacklog(socket, known, outlet, {
      ask: () => this.#ask(backlog),
      close: () => this.#close(backlog),
    });
    this.#open.add(backlog);
    return backlog;
  }

  #ask(backlog: PeerBacklog): void {
    const along = [...this.#open].filter((other) => other !== backlog && other.sent >= ASK_ALONG_BYTES);
    const asked = [backlog, ...along].filter((each) => !each.asked);
    const answered = Promise.all(asked.map((each) => this.#answer(each))).then(() => undefined);
    // A virtual clock waits for the answer so that it does not run ahead of a reading peer. It does not wait for a peer
    // that does not read.
    if (backlog.canSend) void standStill(this.#clock, answered);
  }

  async #answer(backlog: PeerBacklog): Promise<void> {
    const { local, remote } = backlog;
    backlog.begin();
    const rows = [this.#table?.rowOf(local, remote), this.#table?.rowOf(remote, local)] as const;
    const [own, peers] = await Promise.all(rows);
    backlog.answer(own && own.unacknowledged + (peers?.unread ?? 0));
  }

  #close(backlog: PeerBacklog): void {
    this.#open.delete(backlog);
    if (this.#open.size > 0) return;
    this.#table?.close();
    this.#table = undefined;
  }
}

/**
 * Queues the frames for one peer. The system may hold half a second. When that is full, half a second waits here, and
 * is sent when the peer reads again. When that is full too, the peer is more than a second behind. The waiting frames
 * are then dropped, and so are further frames until the system has room again. A peer that reads again therefore hears
 * half a second of old voice, then the present voice. A peer that stopped only briefly misses nothing.
 */
export class PeerBacklog {
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  readonly #socket: Socket;
  readonly #outlet: BacklogOutlet;
  readonly #backlogs: { ask(): void; close(): void };
  #known: boolean;
  /** True once the system has reported this connection. */
  #found = false;
  #left = MOST_IN_SYSTEM_BYTES;
  #held: Uint8Array[] = [];
  #stalled = false;
  #refused = 0;
  #asked = false;
  /** Bytes that were waiting in the socket when the system was asked, and bytes sent since. */
  #waited = 0;
  #sent = 0;

  /** @param known true when the system reports buffered bytes. Otherwise everything is sent. */
  constructor(
    socket: Socket,
    known: boolean,
    outlet: BacklogOutlet,
    backlogs: { ask(): void; close(): void },
  ) {
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
    this.local = { address: localAddress, port: localPort };
    this.remote = { address: remoteAddress, port: remotePort };
    this.#socket = socket;
    this.#known = known;
    this.#outlet = outlet;
    this.#backlogs = backlogs;
  }

  /** Bytes sent since the system was asked. */
  get sent(): number {
    return this.#sent;
  }

  /** True while the system is being asked. */
  get asked(): boolean {
    return this.#asked;
  }

  /** True when bytes may be sent. */
  get canSend(): boolean {
    return this.#left > 0;
  }

  /** Bytes that wait here. */
  get held(): number {
    return this.#heldBytes;
  }

  /** Sends, queues or drops the next frame. The caller keeps the frame's memory. */
  offer(frame: Uint8Array): void {
    if (this.#held.length === 0 && this.#spend(frame.length)) this.#outlet.send(frame);
    else if (this.#stalled) this.#outlet.drop(frame.length);
    else this.#hold(frame);
    const wanted = this.#left < ASK_BELOW_BYTES && (this.canSend || this.#refused++ % RETRY_FRAMES === 0);
    if (this.#known && wanted && !this.#asked) this.#backlogs.ask();
  }

  /** Notes that the system is being asked. */
  begin(): void {
    this.#asked = true;
    this.#waited = this.#socket.writableLength;
    this.#sent = 0;
  }

  /**
   * Takes the answer that the system holds `bytes`. Bytes sent meanwhile are added, although they may be included
   * already. Undefined: the connection was not found, which can happen while the table changes. It is then asked for
   * again, unless it was never found.
   */
  answer(bytes: number | undefined): void {
    this.#asked = false;
    if (bytes === undefined) this.#known = this.#found;
    else {
      this.#found = true;
      this.#left = MOST_IN_SYSTEM_BYTES - bytes - this.#waited - this.#sent;
    }
    if (this.#left >= FRAME_BYTES) this.#stalled = false;
    this.#sendHeld();
    if (this.#heldBytes > MOST_HELD_BYTES) this.#stall();
  }

  /** Sends the waiting frames and closes the backlog. */
  close(): void {
    this.#known = false;
    this.#sendHeld();
    this.#backlogs.close();
  }

  get #heldBytes(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0);
  }

  /** Counts `bytes` as sent. @returns false, with nothing counted, when they may not be sent now. */
  #spend(bytes: number): boolean {
    if (this.#known && bytes > this.#left) return false;
    this.#refused = 0;
    this.#left -= bytes;
    this.#sent += bytes;
    return true;
  }

  #hold(frame: Uint8Array): void {
    this.#held.push(frame.slice());
    if (this.#heldBytes > (this.#asked ? MOST_HELD_ASKING_BYTES : MOST_HELD_BYTES)) this.#stall();
  }

  #sendHeld(): void {
    for (let next = this.#held[0]; next && this.#spend(next.length); next = this.#held[0]) {
      this.#outlet.send(next);
      this.#held.shift();
    }
  }

  #stall(): void {
    this.#stalled = true;
    this.#outlet.drop(this.#heldBytes);
    this.#held = [];
  }
}
