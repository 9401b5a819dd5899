import type { Socket } from 'node:net';
import { type SocketEnd, SocketTable } from '../../base/system/socket-table.js';
import type { Clock } from '../../base/time/clock.js';
import { FRAME_BYTES } from '../../switch/party.js';
import { standStill } from '../stand-still.js';
import { voiceBytes } from './port-dial.js';

/** Most that the system may hold for a peer, at both ends: what it holds cannot be taken back. */
const MOST_IN_SYSTEM_BYTES = voiceBytes(500);
/** Most that waits here for a peer that does not read. With the above, the second that it may be behind. */
const MOST_HELD_BYTES = voiceBytes(500);
/** Most that waits while the system is asked: a machine that was away makes up for two seconds at once. */
const MOST_HELD_ASKING_BYTES = voiceBytes(2000);
/** The system is asked when so little may still be sent. */
const ASK_BELOW_BYTES = MOST_IN_SYSTEM_BYTES / 4;
/** A connection that has sent this much is asked about along with another. */
const ASK_ALONG_BYTES = MOST_IN_SYSTEM_BYTES / 2;
/** A peer that has not read is looked at again after so many frames. */
const RETRY_FRAMES = 6;

/** Takes the frames of a {@link PeerBacklog}. */
export interface BacklogOutlet {
  send(frame: Uint8Array): void;
  drop(bytes: number): void;
}

/**
 * Measures how much of what was sent the peers on this machine have not read. The system takes megabytes from a sender
 * before it holds it back, which are two minutes of a call. Only its table of connections tells: it
 * has both ends of each. One reading answers for all. Where there is no such table, which is everywhere but on Linux, nothing is known.
 */
export class PeerBacklogs {
  readonly #clock: Clock;
  readonly #open = new Set<PeerBacklog>();
  #table: SocketTable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Backlog of a connected socket; to be closed with it. */
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
    // A virtual clock does not run away from a peer that reads; one that does not is not waited for.
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
 * The frames on their way to one peer. Half a second may be in the system; when that is used up, half a second waits
 * here, and is sent when the peer reads on. When it does not, it is more than a second behind: what waits is dropped, and
 * so is what follows, until there is room in the system again. So a peer that reads on hears half a second of old
 * voice, then what is said now, and one that has only hesitated misses nothing.
 */
export class PeerBacklog {
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  readonly #socket: Socket;
  readonly #outlet: BacklogOutlet;
  readonly #backlogs: { ask(): void; close(): void };
  #known: boolean;
  /** True once the system has told of this connection. */
  #found = false;
  #left = MOST_IN_SYSTEM_BYTES;
  #held: Uint8Array[] = [];
  #stalled = false;
  #refused = 0;
  #asked = false;
  /** Bytes that waited in the socket when the system was asked, and those sent since. */
  #waited = 0;
  #sent = 0;

  /** @param known whether the system tells. If not, all is sent. */
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

  /** True while the system is asked. */
  get asked(): boolean {
    return this.#asked;
  }

  /** True when anything may be sent. */
  get canSend(): boolean {
    return this.#left > 0;
  }

  /** Bytes that wait here. */
  get held(): number {
    return this.#heldBytes;
  }

  /** Takes the next frame, which belongs to the caller: sends it, keeps it for later, or drops it. */
  offer(frame: Uint8Array): void {
    if (this.#held.length === 0 && this.#spend(frame.length)) this.#outlet.send(frame);
    else if (this.#stalled) this.#outlet.drop(frame.length);
    else this.#hold(frame);
    const wanted = this.#left < ASK_BELOW_BYTES && (this.canSend || this.#refused++ % RETRY_FRAMES === 0);
    if (this.#known && wanted && !this.#asked) this.#backlogs.ask();
  }

  /** The system is asked. */
  begin(): void {
    this.#asked = true;
    this.#waited = this.#socket.writableLength;
    this.#sent = 0;
  }

  /**
   * It holds `bytes`. What was sent meanwhile may be among them; it is counted on top. Nothing: the connection was not
   * found, which can be while the table changes, and is asked for again; one that was never found is not looked for.
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

  /** Sends what is held. */
  close(): void {
    this.#known = false;
    this.#sendHeld();
    this.#backlogs.close();
  }

  get #heldBytes(): number {
    return this.#held.reduce((sum, { length }) => sum + length, 0);
  }

  /** @returns whether so many bytes may be sent now; they are then counted as sent. */
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
