import type { CancelTimer, Clock } from '../../base/time/clock.js';
import type { IncomingFile } from './incoming-file.js';
import type { OutgoingFile } from './outgoing-file.js';
import type { TransferView } from './transfer-view.js';

/** Interval between progress notifications, in milliseconds. */
const TICK_MS = 1000;
/** Most bytes that are read at once. */
const PIECE_BYTES = 1_048_576;

/** Both sides of a transfer in progress, and their files. */
export interface RunSides {
  readonly sender: TransferView;
  readonly receiver: TransferView;
  readonly source: OutgoingFile;
  readonly target: IncomingFile;
}

/** Clock and callbacks of a run. */
export interface RunSettings {
  readonly clock: Clock;
  readonly bytesPerSecond: number;
  /** Called when the file is complete and has its final name. */
  completed(): void;
  /** Called when the disk of one side has failed. */
  failed(side: 'read' | 'write', error: unknown): void;
  /** Called when more data has arrived. */
  moved(): void;
}

/**
 * Moves the bytes of one transfer at a fixed rate. It reports the progress to both sides as in the reference's example.
 */
export class TransferRun {
  readonly sides: RunSides;
  readonly #settings: RunSettings;
  readonly #from: number;
  readonly #beganAt: number;
  #sent: number;
  #ticks = 0;
  #cancel: CancelTimer = () => undefined;
  #stopped = false;
  /** The piece that is being moved. */
  #moving: Promise<void> = Promise.resolve();

  /** @param from bytes that arrived before. */
  constructor(sides: RunSides, from: number, settings: RunSettings) {
    this.sides = sides;
    this.#settings = settings;
    this.#from = from;
    this.#sent = from;
    this.#beganAt = settings.clock.now();
    for (const view of this.#views) view.become('TRANSFERRING');
    this.#schedule();
  }

  /** Stops the run. Resolves when both files are no longer in use; they stay open. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#moving;
  }

  get #views(): readonly TransferView[] {
    return [this.sides.receiver, this.sides.sender];
  }

  get #size(): number {
    return this.sides.source.size;
  }

  #schedule(): void {
    const { clock, bytesPerSecond } = this.#settings;
    const restMs = ((this.#size - this.#sent) / bytesPerSecond) * 1000;
    this.#cancel = clock.timerAt(clock.now() + Math.min(TICK_MS, restMs), () => {
      this.#moving = this.#tick();
      return this.#moving;
    });
  }

  async #tick(): Promise<void> {
    const { clock, bytesPerSecond } = this.#settings;
    const due = this.#from + Math.round(((clock.now() - this.#beganAt) / 1000) * bytesPerSecond);
    if (!(await this.#move(Math.min(due, this.#size))) || this.#stopped) return;
    if (this.#sent >= this.#size) return await this.#finish();
    this.#ticks++;
    for (const view of this.#views) this.#tell(view);
    this.#settings.moved();
    this.#schedule();
  }

  /** Moves bytes up to `until`. @returns false when it has failed. */
  async #move(until: number): Promise<boolean> {
    const { source, target } = this.sides;
    while (this.#sent < until && !this.#stopped) {
      const length = Math.min(PIECE_BYTES, until - this.#sent);
      const bytes = await this.#try('read', () => source.read(this.#sent, length));
      if (!bytes || !(await this.#try('write', () => target.write(bytes, this.#sent).then(() => true))))
        return false;
      this.#sent += length;
    }
    return true;
  }

  #tell({ object }: TransferView): void {
    const { clock } = this.#settings;
    const seconds = (clock.now() - this.#beganAt) / 1000;
    const speed = seconds > 0 ? (this.#sent - this.#from) / seconds : 0;
    const finish = Math.floor(clock.unixMs() / 1000 + (this.#size - this.#sent) / Math.max(1, speed));
    if (this.#ticks > 2) object.tell('FINISHTIME', String(finish));
    if (this.#ticks > 1) object.tell('BYTESPERSECOND', String(Math.round(speed)));
    object.tell('BYTESTRANSFERRED', String(this.#sent));
  }

  async #finish(): Promise<void> {
    const { sender, receiver, target } = this.sides;
    const path = await this.#try('write', () => target.finish());
    if (path === undefined) return;
    this.#stopped = true;
    const now = String(Math.floor(this.#settings.clock.unixMs() / 1000));
    const sent = String(this.#sent);
    if (receiver.path !== path) receiver.object.tell('FILEPATH', path);
    receiver.object.tell('BYTESPERSECOND', '0');
    receiver.object.tell('BYTESTRANSFERRED', sent);
    if (receiver.object.get('FINISHTIME') !== now) receiver.object.tell('FINISHTIME', now);
    receiver.become('COMPLETED');
    // The sender waits for the confirmation of the receiver.
    sender.object.tell('BYTESPERSECOND', '0');
    sender.object.tell('FINISHTIME', '0');
    sender.become('CONNECTING');
    sender.object.tell('BYTESTRANSFERRED', sent);
    sender.object.tell('FINISHTIME', now);
    sender.become('COMPLETED');
    this.#settings.completed();
  }

  async #try<T>(side: 'read' | 'write', act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!this.#stopped) {
        this.#stopped = true;
        this.#settings.failed(side, error);
      }
      return undefined;
    }
  }
}
