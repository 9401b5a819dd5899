import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type CancelTimer, type Clock, systemClock } from '../../clock.js';
import { entryOf } from '../../entry-of.js';
import { messageOf } from '../../errors.js';
import { writeJson } from '../store/whole-file.js';

/** A piece of news, kept until it was delivered. */
export interface OutboxEvent {
  /** The same at each attempt, so that a receiver can drop repeats. */
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly data: unknown;
}

interface Kept {
  readonly event: OutboxEvent;
  readonly channel: string;
  readonly attempts: number;
  readonly notBefore: number;
  readonly lastError?: string;
}

/** Takes an event somewhere; rejects when it did not get there. */
export type Deliver = (event: OutboxEvent) => Promise<void>;

export interface OutboxOptions {
  /** Where events wait. */
  readonly folder: string;
  /** By name, as kept with each event. */
  readonly channels: Readonly<Record<string, Deliver>>;
  /** Attempts before an event is put aside in `failed`. Default 12: about seventeen hours. */
  readonly maxAttempts?: number;
  /** Wait before the second attempt, in ms; it doubles each time, up to six hours. Default 15000. */
  readonly firstRetryMs?: number;
  readonly clock?: Clock;
  /** Told of each attempt that failed, and whether it was the last. */
  readonly onFailure?: (event: OutboxEvent, channel: string, error: Error, last: boolean) => void;
}

const MAX_RETRY_MS = 6 * 3_600_000;

/** Delivers events at least once: each waits on disk until its channel has taken it, across restarts. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #clock: Clock;
  #channels: OutboxOptions['channels'];
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #cancelTimer: CancelTimer = () => undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#channels = options.channels;
  }

  /** Delivers by these from now on; events that wait for a channel of the same name go to the new one. */
  useChannels(channels: OutboxOptions['channels']): void {
    this.#channels = channels;
  }

  /** Keeps an event for every channel; it is on disk when this resolves, and under way. @throws ERR_FILE. */
  async add(type: string, data: unknown): Promise<void> {
    const { folder } = this.#options;
    await mkdir(folder, { recursive: true });
    const event: OutboxEvent = {
      id: randomUUID(),
      type,
      at: new Date(this.#clock.unixMs()).toISOString(),
      data,
    };
    for (const channel of Object.keys(this.#channels)) {
      await writeJson(this.#path(event.id, channel), { event, channel, attempts: 0, notBefore: 0 });
    }
    void this.run();
  }

  /** Tries whatever is due. Resolves when nothing is, for now. */
  run(): Promise<void> {
    this.#again = this.#running !== undefined;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Waits for the attempt that is under way; the rest waits for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#running;
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false;
      let next = Number.POSITIVE_INFINITY;
      for (const path of await this.#waiting()) {
        if (this.#closed) return;
        next = Math.min(next, await this.#attempt(path));
      }
      this.#wake(next);
    } while (this.#again && !this.#closed);
  }

  #wake(at: number): void {
    this.#cancelTimer();
    if (!Number.isFinite(at) || this.#closed) return;
    const inMs = Math.max(0, at - this.#clock.unixMs());
    this.#cancelTimer = this.#clock.timerAt(this.#clock.now() + inMs, () => this.run());
  }

  /** Returns when the event is due again; Infinity when it is done with. */
  async #attempt(path: string): Promise<number> {
    const kept = await readKept(path);
    const deliver = kept && entryOf(this.#channels, kept.channel);
    if (!kept || !deliver) return Number.POSITIVE_INFINITY;
    if (kept.notBefore > this.#clock.unixMs()) return kept.notBefore;
    try {
      await deliver(kept.event);
      await rm(path, { force: true });
      return Number.POSITIVE_INFINITY;
    } catch (error) {
      return await this.#failed(path, kept, error instanceof Error ? error : new Error(String(error)));
    }
  }

  async #failed(path: string, kept: Kept, error: Error): Promise<number> {
    const { maxAttempts = 12, firstRetryMs = 15_000, folder, onFailure } = this.#options;
    const attempts = kept.attempts + 1;
    const last = attempts >= maxAttempts;
    const waitMs = Math.min(MAX_RETRY_MS, firstRetryMs * 2 ** (attempts - 1));
    const notBefore = this.#clock.unixMs() + waitMs;
    await writeJson(path, { ...kept, attempts, notBefore, lastError: messageOf(error) });
    if (last) {
      await mkdir(join(folder, 'failed'), { recursive: true });
      await rename(path, join(folder, 'failed', path.slice(folder.length + 1)));
    }
    onFailure?.(kept.event, kept.channel, error, last);
    return last ? Number.POSITIVE_INFINITY : notBefore;
  }

  async #waiting(): Promise<string[]> {
    const { folder } = this.#options;
    const names = await readdir(folder).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).map((name) => join(folder, name));
  }

  #path(id: string, channel: string): string {
    return join(this.#options.folder, `${id}.${channel}.json`);
  }
}

async function readKept(path: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Kept;
  } catch {
    // Taken away meanwhile, or damaged: there is nothing in it to deliver.
    return undefined;
  }
}
