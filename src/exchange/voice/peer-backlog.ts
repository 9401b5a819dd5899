import type { Socket } from 'node:net';
import type { Clock } from '../../clock.js';
import { type Endpoint, SocketTable } from '../../socket-table.js';
import { standStill } from '../stand-still.js';
import { voiceBytes } from './port-dial.js';

/** Most that a peer can have before it: what waits in this process, and what the system holds for it at both ends. */
const MOST_UNREAD_BYTES = voiceBytes(1000);
/** The system is asked when so little may still be sent: its answer is there long before that is used up. */
const ASK_BELOW_BYTES = MOST_UNREAD_BYTES / 2;
/** Who has sent this much since is asked for along with another. */
const ASK_ALONG_BYTES = MOST_UNREAD_BYTES / 4;
/** A peer that reads nothing is looked at again after so many frames that it has missed. */
const RETRY_FRAMES = 12;

/**
 * Knows how much of what was sent the peers of this machine have not read. The system takes megabytes from a sender
 * before it holds him back, two minutes of a call, and only its table of connections tells: both ends of each are in it.
 * One reading answers for all. Where there is no such table, which is everywhere but on Linux, nothing is known.
 */
export class PeerBacklogs {
  readonly #clock: Clock;
  readonly #open = new Set<PeerBacklog>();
  #table: SocketTable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** That of a socket which is connected; to be closed with it. */
  of(socket: Socket): PeerBacklog {
    if (this.#open.size === 0) this.#table = SocketTable.open();
    const backlog = new PeerBacklog(socket, this.#table !== undefined, {
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

/** What one peer may still be sent. */
export class PeerBacklog {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #socket: Socket;
  #known: boolean;
  #found = false;
  readonly #backlogs: { ask(): void; close(): void };
  #left = MOST_UNREAD_BYTES;
  #refused = 0;
  #asked = false;
  /** What waited in this process when the system was asked, and what was sent since. */
  #waited = 0;
  #sent = 0;

  /** @param known whether the system tells. If not, all may be sent. */
  constructor(socket: Socket, known: boolean, backlogs: { ask(): void; close(): void }) {
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
    this.local = { address: localAddress, port: localPort };
    this.remote = { address: remoteAddress, port: remotePort };
    this.#socket = socket;
    this.#known = known;
    this.#backlogs = backlogs;
  }

  /** Bytes sent since the system was asked. */
  get sent(): number {
    return this.#sent;
  }

  /** Whether the system is asked now. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Whether anything may be sent. */
  get canSend(): boolean {
    return this.#left > 0;
  }

  /** @returns whether so many bytes may be sent now; they are then counted as sent. */
  spend(bytes: number): boolean {
    if (!this.#known) return true;
    if (bytes > this.#left) {
      if (this.#refused++ % RETRY_FRAMES === 0 && !this.#asked) this.#backlogs.ask();
      return false;
    }
    this.#refused = 0;
    this.#left -= bytes;
    this.#sent += bytes;
    if (this.#left < ASK_BELOW_BYTES && !this.#asked) this.#backlogs.ask();
    return true;
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
    if (bytes === undefined) {
      this.#known = this.#found;
      return;
    }
    this.#found = true;
    this.#left = MOST_UNREAD_BYTES - bytes - this.#waited - this.#sent;
  }

  close(): void {
    this.#backlogs.close();
  }
}
