import { type SocketEnd, type SocketRow, SocketTable } from '../base/system/socket-table.js';
import { type CancelTimer, systemClock } from '../base/time/clock.js';

/** Looks are taken so often within the limit. */
const LOOKS = 4;

/**
 * Finds peers whose systems do not answer what is sent to them. While bytes are on their way the system does not use its
 * keep-alive: it sends them again, for a quarter of an hour, and takes megabytes meanwhile, which is minutes of voice. Its
 * table of connections tells how often it had to. One reading answers for all connections. Where there is no such table,
 * which is everywhere but on Linux, nothing is found. It lives on the machine's clock, as the system does.
 */
export class AnswerWatch {
  readonly #limitMs: number;
  readonly #watched = new Set<Watched>();
  #table: SocketTable | undefined;
  #cancel: CancelTimer | undefined;

  /** @param limitMs How long a peer may leave what is sent without an answer. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** @returns what ends the watch; it is to be called once, whether `onSilent` was or not. */
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

  /** A peer that does not read answers all the same: it says that it has no room. */
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
