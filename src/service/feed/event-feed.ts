import {
  callback,
  checkArgument,
  checkOptions,
  line,
  object,
  type Rules,
  signal,
  whole,
  words,
} from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { whenFired } from '../../base/wait.js';
import { FEED_VERSION, type FeedEvent, MAX_TEXT, type ToldEvent } from './feed-event.js';

/** Options of {@link EventFeed.read}. */
export interface ReadOptions {
  /** Name of the reader in `status` and metrics. */
  readonly name: string;
  /** Size of the reader's queue, 1 to 1,000,000. When it is full, the oldest event is dropped. Default 10,000. */
  readonly limit?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

const RULES: Rules<ReadOptions> = {
  name: { ...line(1, 200), needed: true },
  limit: whole(1, 1_000_000),
  signal,
};

const SUBJECT_RULES: Rules<{ readonly account?: string; readonly call?: number }> = {
  account: words,
  call: whole(0, Number.MAX_SAFE_INTEGER),
};

/** One reader of the feed, with its own queue. Leaving its loop ends it. */
export interface FeedReader extends AsyncIterableIterator<FeedEvent> {
  readonly name: string;
  /** Number of events in its queue. */
  readonly waiting: number;
  /** Number of events dropped from its queue. The reader gets an event of the type `dropped`. */
  readonly dropped: number;
}

/**
 * Sends events to any number of readers. Sending never waits: each reader has a bounded queue, and a slow reader loses
 * its oldest events, which are counted. No reader can delay a call or another reader.
 */
export class EventFeed {
  readonly #clock: Clock;
  readonly #readers = new Set<QueueReader>();

  constructor(clock: Clock = systemClock) {
    checkArgument('clock', clock, CLOCK);
    this.#clock = clock;
  }

  /** The current readers. */
  get readers(): readonly Pick<FeedReader, 'name' | 'waiting' | 'dropped'>[] {
    return [...this.#readers];
  }

  /** Sends an event to every reader. */
  tell(told: ToldEvent): void {
    checkArgument('told', told, object);
    if (this.#readers.size === 0) return;
    const event = Object.freeze({ v: FEED_VERSION, at: this.#now(), ...shortened(told) }) as FeedEvent;
    for (const reader of this.#readers) reader.push(event);
  }

  /** Sends an event of the type `failure`. */
  failed(where: string, error: unknown, about: { account?: string; call?: number } = {}): void {
    checkArgument('where', where, words);
    checkOptions(about, SUBJECT_RULES, 'about.');
    const { message } = asError(error);
    const code = error instanceof JackfieldError ? { code: error.code } : {};
    this.tell({ type: 'failure', ...about, where, reason: message, ...code });
  }

  /** Opens a reader for all events from now on. @throws ERR_INVALID_ARG. */
  read(options: ReadOptions): FeedReader {
    checkOptions(options, RULES);
    const { name, limit = 10_000 } = options;
    let forget: () => void = () => undefined;
    const reader = new QueueReader(
      name,
      limit,
      () => this.#now(),
      () => {
        this.#readers.delete(reader);
        forget();
      },
    );
    this.#readers.add(reader);
    if (options.signal) forget = whenFired(options.signal, () => reader.end());
    return reader;
  }

  /**
   * Calls `take` with each event, one at a time, and waits for it. Resolves when the reading has ended, by the signal
   * or because the feed was closed.
   * @param failed Called with errors of `take`. The reading continues.
   */
  async each(
    options: ReadOptions,
    take: (event: FeedEvent) => unknown,
    failed: (error: Error) => void = () => undefined,
  ): Promise<void> {
    checkArgument('take', take, callback);
    checkArgument('failed', failed, callback);
    for await (const event of this.read(options)) {
      try {
        await take(event);
      } catch (error) {
        failed(asError(error));
      }
    }
  }

  /** Ends every reader after it has read its queue. */
  close(): void {
    for (const reader of [...this.#readers]) reader.end();
  }

  #now(): string {
    return new Date(this.#clock.unixMs()).toISOString();
  }
}

/** Shortens long texts, which may come from the other party. */
function shortened(told: ToldEvent): ToldEvent {
  const entries = Object.entries(told).map(([name, value]) => [
    name,
    typeof value === 'string' && value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value,
  ]);
  return Object.fromEntries(entries) as ToldEvent;
}

class QueueReader implements FeedReader {
  readonly name: string;
  readonly #limit: number;
  readonly #now: () => string;
  readonly #ended: () => void;
  /** The oldest event is at `#first`: shifting a long array is slow. */
  #queue: FeedEvent[] = [];
  #first = 0;
  #dropped = 0;
  #untold = 0;
  #over = false;
  #wake: (() => void) | undefined;

  constructor(name: string, limit: number, now: () => string, ended: () => void) {
    this.name = name;
    this.#limit = limit;
    this.#now = now;
    this.#ended = ended;
  }

  get waiting(): number {
    return this.#queue.length - this.#first;
  }

  get dropped(): number {
    return this.#dropped;
  }

  push(event: FeedEvent): void {
    if (this.waiting >= this.#limit) {
      this.#take();
      this.#dropped++;
      this.#untold++;
    }
    this.#queue.push(event);
    this.#wake?.();
  }

  end(): void {
    this.#over = true;
    this.#ended();
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<FeedEvent, undefined>> {
    while (this.waiting === 0 && !this.#over) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#untold > 0) {
      const events = this.#untold;
      this.#untold = 0;
      return { done: false, value: { type: 'dropped', v: FEED_VERSION, at: this.#now(), events } };
    }
    const event = this.#take();
    return event ? { done: false, value: event } : { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<FeedEvent, undefined>> {
    this.#queue = [];
    this.#first = 0;
    this.#untold = 0;
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): FeedEvent | undefined {
    const event = this.#queue[this.#first];
    if (!event) return undefined;
    this.#first++;
    if (this.#first > 1000 && this.#first * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#first);
      this.#first = 0;
    }
    return event;
  }
}
