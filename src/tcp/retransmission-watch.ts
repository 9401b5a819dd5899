import { type SocketEnd, type SocketRow, SocketTable } from '../base/system/socket-table.js';
import { type CancelTimer, systemClock } from '../base/time/clock.js';

/** Number of looks at the table within the limit. */
const LOOKS = 4;

/**
 * Finds peers whose systems do not acknowledge what is sent to them. While sent bytes are unacknowledged, the system
 * does not use its keep-alive. It retransmits them for a quarter of an hour, and buffers megabytes meanwhile, which is
 * minutes of voice. The system's table of connections tells how often it retransmitted. One reading of the table serves
 * all connections. Only Linux has such a table; elsewhere nothing is found. The watch runs on the machine's clock, as
 * the system's retransmissions do.
 */
export class RetransmissionWatch {
  readonly #limitMs: number;
  readonly #watched = new Set<Watched>();
  #table: SocketTable | undefined;
  #cancel: CancelTimer | undefined;

  /** @param limitMs Longest time, in ms, for which a peer may leave sent bytes unacknowledged. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** @returns a function that ends the watch. It must be called once, also after `onSilent` was called. */
  watch(local: SocketEnd, remote: SocketEnd, onSilent: () => void): () => void {
    if (this.#watched.size === 0) this.#begin();
    const watched = new Watched(local, remote, onSilent);
    this.#watched.add(watched);
    return () => {
      if (this.#watched.delete(watched) && this.#watched.size === 0) this.#end();
    };
  }

  #begin(): void {
    this.#table = SocketTable.open();
    if (this.#table) this.#lookLater(this.#table);
  }

  #lookLater(table: SocketTable): void {
    const at = systemClock.now() + this.#limitMs / LOOKS;
    this.#cancel = systemClock.timerAt(at, () => this.#look(table));
  }

  async #look(table: SocketTable): Promise<void> {
    const looks = [...this.#watched].map(async (watched) => {
      const row = await table.rowOf(watched.local, watched.remote);
      if (this.#watched.has(watched)) watched.update(row, this.#limitMs);
    });
    await Promise.all(looks);
    if (table === this.#table) this.#lookLater(table);
  }

  #end(): void {
    this.#cancel?.();
    this.#table?.close();
    this.#table = undefined;
  }
}

class Watched {
  readonly local: SocketEnd;
  readonly remote: SocketEnd;
  readonly #onSilent: () => void;
  #unacknowledged = 0;
  #silentSince: number | undefined;

  constructor(local: SocketEnd, remote: SocketEnd, onSilent: () => void) {
    this.local = local;
    this.remote = remote;
    this.#onSilent = onSilent;
  }

  /** Takes the newest row. A peer that does not read counts as answering: its system says that it has no room. */
  update(row: SocketRow | undefined, limitMs: number): void {
    if (!row) return;
    const answers = row.unanswered === 0 || row.unacknowledged < this.#unacknowledged;
    this.#unacknowledged = row.unacknowledged;
    if (answers) {
      this.#silentSince = undefined;
      return;
    }
    const now = systemClock.now();
    this.#silentSince ??= now;
    if (now - this.#silentSince >= limitMs) this.#onSilent();
  }
}
