import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  callback,
  checkArgument,
  checkOptions,
  listOf,
  needed,
  path,
  type Rules,
  rule,
  wait,
  whole,
  words,
} from '../../base/check.js';
import { entryOf } from '../../base/entry-of.js';
import { asError, JackfieldError, messageOf } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { backOffMs } from '../../base/time/back-off.js';
import { type CancelTimer, CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { TimeLimit, waitFor } from '../../base/wait.js';
import { makePrivateFolder } from '../../files/private-file.js';
import { removeWhole, writeJson } from '../../files/whole-file.js';
import { FAILED, type KeptEvent, namesIn, readKept } from './outbox-folder.js';

/** An event that is stored until it is delivered. */
export interface OutboxEvent {
  /** Id of the event, the same at each attempt. A receiver can use it to drop duplicates. */
  readonly id: string;
  readonly type: string;
  readonly at: string;
  readonly data: unknown;
}

/** Delivers an event. Rejects when the delivery failed, at the latest when `signal` fires. */
export type Deliver = (event: OutboxEvent, options: { readonly signal: AbortSignal }) => Promise<void>;

export interface OutboxOptions {
  /** Folder in which events wait. */
  readonly folder: string;
  /**
   * Channels by name: letters, digits, points, dashes, underscores. The name is stored with each event. Channels do not
   * wait for each other.
   */
  readonly channels: Readonly<Record<string, Deliver>>;
  /** Attempts before an event is moved to `failed`. Default 12: about seventeen hours. */
  readonly maxAttempts?: number;
  /** Pause before the second attempt, in ms. It doubles each time, up to six hours. Default 15000. */
  readonly firstRetryMs?: number;
  /** Longest duration of an attempt, in ms. Default 120000. */
  readonly attemptTimeoutMs?: number;
  /**
   * Largest number of waiting events per channel. Further events are dropped, and reported with ERR_LIMIT. Default: no
   * limit.
   */
  readonly maxWaiting?: number;
  /** Largest number of events in `failed`. The oldest are deleted, and reported with ERR_LIMIT. Default 1000. */
  readonly maxFailed?: number;
  readonly clock?: Clock;
  /** Called after each failed attempt. `last` is true when there will be no other. */
  readonly onFailure?: (event: OutboxEvent, channel: string, error: Error, last: boolean) => void;
}

/** The names of channels and the ids of events are parts of a file name. */
const CHANNEL = /^[\w.-]{1,64}$/;
const ID = rule(
  '1 to 200 letters, digits, dots, dashes or underscores',
  (value) => typeof value === 'string' && /^[\w.-]{1,200}$/.test(value),
);
const NAMES = listOf(
  rule('the name of a channel', (value) => typeof value === 'string' && CHANNEL.test(value)),
);
const CHANNELS = rule(
  'an object of functions, with names of 1 to 64 letters, digits, dots, dashes or underscores',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, deliver]) => CHANNEL.test(name) && typeof deliver === 'function'),
);

const RULES: Rules<OutboxOptions> = {
  folder: needed(path),
  channels: needed(CHANNELS),
  maxAttempts: whole(1, 1000),
  firstRetryMs: wait,
  attemptTimeoutMs: wait,
  maxWaiting: whole(1, 1_000_000),
  maxFailed: whole(0, 1_000_000),
  clock: CLOCK,
  onFailure: callback,
};
const DEFAULTS = {
  ...{ maxAttempts: 12, firstRetryMs: 15_000, attemptTimeoutMs: 120_000 },
  ...{ maxWaiting: Number.POSITIVE_INFINITY, maxFailed: 1000 },
};
const MAX_RETRY_MS = 6 * 3_600_000;
/** Time that attempts in progress get when an outbox is closed, in ms. */
const CLOSING_MS = 2000;

/** Delivers events at least once. Each event is on disk until its channel has taken it, also across restarts. */
export class Outbox {
  readonly #options: OutboxOptions & typeof DEFAULTS;
  readonly #clock: Clock;
  readonly #lanes = new Map<string, Lane>();
  readonly #closing = new AbortController();
  #channels: OutboxOptions['channels'];

  /** @throws ERR_INVALID_ARG. */
  constructor(options: OutboxOptions) {
    checkOptions(options, RULES);
    this.#options = { ...DEFAULTS, ...options };
    this.#clock = options.clock ?? systemClock;
    this.#channels = options.channels;
  }

  /** Replaces the channels. Events that wait for a channel go to the new one of the same name. */
  useChannels(channels: OutboxOptions['channels']): void {
    checkArgument('channels', channels, CHANNELS);
    this.#channels = channels;
  }

  /**
   * Stores an event for channels and starts its delivery. It is on disk when this resolves.
   * @param id Letters, digits, points, dashes and underscores. An event with the same id is replaced. Events are tried
   * in the order of their ids.
   * @param channels Default: all.
   * @throws ERR_FILE; ERR_INVALID_ARG.
   */
  async add(
    type: string,
    data: unknown,
    id: string = randomUUID(),
    channels: readonly string[] = Object.keys(this.#channels),
  ): Promise<void> {
    checkArgument('type', type, words);
    checkArgument('id', id, ID);
    checkArgument('channels', channels, NAMES);
    const { folder, maxWaiting, onFailure } = this.#options;
    await makePrivateFolder(folder);
    const event: OutboxEvent = {
      id,
      type,
      at: new Date(this.#clock.unixMs()).toISOString(),
      data,
    };
    for (const channel of channels) {
      const lane = this.#laneOf(channel);
      if (lane.waiting >= maxWaiting) {
        const text = `The event was dropped: ${maxWaiting} other events wait for the channel ${channel}.`;
        observe('onFailure', onFailure, event, channel, new JackfieldError('ERR_LIMIT', text), true);
        continue;
      }
      await lane.add({ event, channel, attempts: 0, notBefore: 0 });
    }
    void this.run();
  }

  /** Tries all events that are due. Resolves when no event is due at the moment. */
  async run(): Promise<void> {
    await Promise.all(Object.keys(this.#channels).map((channel) => this.#laneOf(channel).run()));
  }

  /** Ends the attempts in progress, after two seconds at the latest. Undelivered events wait for the next start. */
  async close(): Promise<void> {
    const cancel = this.#clock.timerAt(this.#clock.now() + CLOSING_MS, () => this.#closing.abort());
    await Promise.all([...this.#lanes.values()].map((lane) => lane.close()));
    cancel();
    this.#closing.abort();
  }

  #laneOf(channel: string): Lane {
    const held = this.#lanes.get(channel);
    if (held) return held;
    const lane = new Lane(channel, { ...this.#options, clock: this.#clock }, this.#closing.signal, () =>
      entryOf(this.#channels, channel),
    );
    this.#lanes.set(channel, lane);
    return lane;
  }
}

/** The events of one channel, tried one after the other. */
class Lane {
  readonly #channel: string;
  readonly #options: OutboxOptions & typeof DEFAULTS & { readonly clock: Clock };
  readonly #signal: AbortSignal;
  readonly #deliver: () => Deliver | undefined;
  /**
   * Due time of each event, on a monotonic clock. The time in the file is used only when the file is first read, and
   * limited to the regular pause.
   */
  readonly #dueAt = new Map<string, number>();
  /** Known files of waiting events. The folder may have more. */
  readonly #waiting = new Set<string>();
  /** Files that are being written. */
  readonly #writing = new Set<string>();
  #running: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #cancelTimer: CancelTimer = () => undefined;

  constructor(
    channel: string,
    options: OutboxOptions & typeof DEFAULTS & { readonly clock: Clock },
    signal: AbortSignal,
    deliver: () => Deliver | undefined,
  ) {
    this.#channel = channel;
    this.#options = options;
    this.#signal = signal;
    this.#deliver = deliver;
  }

  /** Number of events that wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Stores an event. @throws ERR_FILE */
  async add(kept: KeptEvent): Promise<void> {
    const name = `${kept.event.id}.${this.#channel}.json`;
    this.#waiting.add(name);
    this.#writing.add(name);
    try {
      await writeJson(join(this.#options.folder, name), kept);
    } catch (error) {
      this.#waiting.delete(name);
      throw error;
    } finally {
      this.#writing.delete(name);
    }
  }

  run(): Promise<void> {
    this.#again = this.#running !== undefined;
    this.#running ??= this.#loop().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer();
    await this.#running;
  }

  async #loop(): Promise<void> {
    do {
      this.#again = false;
      let next = Number.POSITIVE_INFINITY;
      // An event that is added during the read of the folder may be missing in the list, but still waits.
      const written = [...this.#waiting].filter((name) => !this.#writing.has(name));
      const names = (await namesIn(this.#options.folder, this.#channel)).sort();
      const there = new Set(names);
      for (const name of written) if (!there.has(name)) this.#waiting.delete(name);
      for (const name of names) this.#waiting.add(name);
      for (const name of names) {
        if (this.#signal.aborted) return;
        next = Math.min(next, await this.#look(name));
      }
      this.#wake(next);
    } while (this.#again && !this.#closed);
  }

  #wake(at: number): void {
    this.#cancelTimer();
    if (!this.#closed) this.#cancelTimer = this.#options.clock.timerAt(at, () => this.run());
  }

  /** Tries an event if it is due. Returns its next due time; Infinity when it is done. */
  async #look(name: string): Promise<number> {
    // A channel that is down may have many waiting events: their files are read only when they are due.
    const known = this.#dueAt.get(name) ?? 0;
    if (known > this.#options.clock.now()) return known;
    const kept = await readKept(join(this.#options.folder, name));
    const deliver = this.#deliver();
    // The name of another channel may have the same ending.
    if (kept?.channel !== this.#channel || !deliver) return Number.POSITIVE_INFINITY;
    const dueAt = this.#dueAt.has(name) ? known : this.#dueBy(kept);
    this.#dueAt.set(name, dueAt);
    if (dueAt > this.#options.clock.now()) return dueAt;
    try {
      await this.#attempt(deliver, kept.event);
    } catch (error) {
      // An attempt that was aborted by closing the outbox does not count.
      if (this.#signal.aborted) return Number.POSITIVE_INFINITY;
      return await this.#failed(name, kept, asError(error));
    }
    // The event must not be delivered again when its file cannot be removed.
    this.#dueAt.set(name, Number.POSITIVE_INFINITY);
    const gone = await removeWhole(join(this.#options.folder, name)).then(
      () => true,
      () => false,
    );
    if (!gone) return Number.POSITIVE_INFINITY;
    this.#dueAt.delete(name);
    this.#waiting.delete(name);
    return Number.POSITIVE_INFINITY;
  }

  #dueBy({ attempts, notBefore }: KeptEvent): number {
    const { clock } = this.#options;
    return clock.now() + Math.min(this.#pauseMs(attempts), Math.max(0, notBefore - clock.unixMs()));
  }

  #pauseMs(attempts: number): number {
    return backOffMs(attempts, { firstMs: this.#options.firstRetryMs, longestMs: MAX_RETRY_MS });
  }

  async #attempt(deliver: Deliver, event: OutboxEvent): Promise<void> {
    const { clock, attemptTimeoutMs } = this.#options;
    const options = { timeoutMs: attemptTimeoutMs, signal: this.#signal };
    using limit = new TimeLimit(clock, options, () => {
      const text = `The channel ${this.#channel} did not accept the event within ${attemptTimeoutMs} ms.`;
      return new JackfieldError('ERR_TIMEOUT', text);
    });
    const { signal } = limit;
    await waitFor<unknown>({
      what: `the channel ${this.#channel} to accept the event`,
      ended: signal,
      begin: (resolve, reject) => void deliver(event, { signal }).then(resolve, reject),
    });
  }

  async #failed(name: string, kept: KeptEvent, error: Error): Promise<number> {
    const { maxAttempts, folder, onFailure, clock } = this.#options;
    const attempts = kept.attempts + 1;
    const last = attempts >= maxAttempts;
    const pauseMs = this.#pauseMs(attempts);
    const notBefore = clock.unixMs() + pauseMs;
    const dueAt = last ? Number.POSITIVE_INFINITY : clock.now() + pauseMs;
    this.#dueAt.set(name, dueAt);
    try {
      await writeJson(join(folder, name), { ...kept, attempts, notBefore, lastError: messageOf(error) });
      if (last) {
        await this.#putAside(name);
        this.#dueAt.delete(name);
      }
    } catch (cause) {
      // After a disk error the count of attempts is unchanged. The pause is in memory.
      observe('onFailure', onFailure, kept.event, kept.channel, cause as Error, false);
    }
    observe('onFailure', onFailure, kept.event, kept.channel, error, last);
    return dueAt;
  }

  async #putAside(name: string): Promise<void> {
    const { folder, maxFailed, onFailure } = this.#options;
    const failed = join(folder, FAILED);
    await makePrivateFolder(failed);
    await rename(join(folder, name), join(failed, name));
    const names = await namesIn(failed);
    if (names.length <= maxFailed) return;
    const events = await Promise.all(
      names.map(async (each) => ({ name: each, kept: await readKept(join(failed, each)) })),
    );
    const atOf = (kept: KeptEvent | undefined) => kept?.event.at ?? '';
    events.sort((a, b) => (atOf(a.kept) < atOf(b.kept) ? -1 : 1));
    for (const { name: oldest, kept } of events.slice(0, names.length - maxFailed)) {
      await removeWhole(join(failed, oldest));
      const text = `The event was deleted: ${failed} holds ${maxFailed} newer failed events. Repair the channel, or raise maxFailed.`;
      if (kept)
        observe(
          'onFailure',
          onFailure,
          kept.event,
          kept.channel,
          new JackfieldError('ERR_LIMIT', text),
          true,
        );
    }
  }
}
