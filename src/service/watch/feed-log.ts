import { type Level, type Logger, pino } from 'pino';
import {
  callback,
  checkArgument,
  checkOptions,
  flag,
  having,
  object,
  oneOf,
  path,
  type Rules,
  rule,
} from '../../base/check.js';
import type { EventFeed } from '../feed/event-feed.js';
import type { FeedEvent, FeedEventType } from '../feed/feed-event.js';
import { LogOutput } from './log-output.js';
import { maskNumbers } from './mask-numbers.js';

export interface FeedLogOptions {
  /** File that lines are added to; made for its owner alone. Default: standard output. */
  readonly file?: string;
  /** Takes each line, with its line break, in place of a file and standard output. */
  readonly write?: (line: string) => void;
  /** `json`: one object a line. `text`: for eyes. Default `json`. */
  readonly format?: 'json' | 'text';
  /** The least that is logged. What was said and pressed is at `debug`. Default `info`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  /** True when phone numbers show their last three digits alone. Default false. */
  readonly maskNumbers?: boolean;
}

const EVENT = rule(
  'an event of the feed',
  (value) => object.accepts(value) && typeof Reflect.get(value as object, 'at') === 'string',
);
const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const RULES: Rules<FeedLogOptions> = {
  file: path,
  write: callback,
  format: oneOf('json', 'text'),
  level: oneOf(...LEVELS),
  maskNumbers: flag,
};

/**
 * The reader of a feed that writes logs. A log that cannot be written (its reader is gone, its disk is full)
 * loses lines, which are counted, and holds up nothing.
 */
export class FeedLog implements AsyncDisposable {
  readonly #options: FeedLogOptions;
  readonly #output: Output;
  readonly #logger: Logger;
  readonly #reading: Promise<void>;
  readonly #stop = new AbortController();

  /** Begins to read. @throws ERR_INVALID_ARG; ERR_FILE when the file cannot be written. */
  constructor(feed: EventFeed, options: FeedLogOptions = {}) {
    checkArgument('feed', feed, having('each'));
    checkOptions(options, RULES);
    this.#options = options;
    this.#output = options.write ? passingOn(options.write) : new LogOutput(options.file);
    const { level = 'info' } = options;
    // Time and type are the event's own.
    this.#logger = pino({ level, base: null, timestamp: false, messageKey: 'text' }, this.#output);
    this.#reading = feed.each({ name: 'log', signal: this.#stop.signal }, (event) => this.#write(event));
  }

  /** Lines that could not be written. */
  get lost(): number {
    return this.#output.lost;
  }

  /** Opens the file again by its name, after another program has moved it away. @throws ERR_FILE. */
  reopen(): void {
    this.#output.reopen();
  }

  /** Writes what was told until now, as far as that is possible within a second. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    await this.#output.close();
  }

  #write(event: FeedEvent): void {
    const { format = 'json' } = this.#options;
    const level = levelOf(event);
    if (!this.#logger.isLevelEnabled(level)) return;
    const shown = this.#options.maskNumbers ? maskNumbers(event) : event;
    if (format === 'text') this.#output.write(`${eventLine(shown)}\n`);
    else this.#logger[level](shown);
  }
}

type Output = Pick<LogOutput, 'write' | 'lost' | 'reopen' | 'close'>;

function passingOn(write: (line: string) => void): Output {
  return { write, lost: 0, reopen: () => undefined, close: async () => undefined };
}

const TYPE_LEVELS: Readonly<Partial<Record<FeedEventType, Level>>> = {
  transcript: 'debug',
  digit: 'debug',
  stream: 'debug',
  step: 'debug',
  analysis: 'debug',
  loss: 'warn',
  dropped: 'warn',
  failure: 'error',
};
const WHAT_LEVELS: Readonly<Record<string, Level>> = {
  lost: 'error',
  closed: 'warn',
  'disk-full': 'error',
  undelivered: 'warn',
  'not-configured': 'error',
  failed: 'error',
  refused: 'warn',
};

function levelOf(event: FeedEvent): Level {
  const type = TYPE_LEVELS[event.type];
  if (type !== undefined || !('what' in event)) return type ?? 'info';
  return WHAT_LEVELS[event.what] ?? 'info';
}

/** An event as one line for eyes: `2026-11-23 09:00:01Z alice call 7 state RINGING`. */
export function eventLine(event: FeedEvent): string {
  checkArgument('event', event, EVENT);
  const { v: _, at, type, ...rest } = event;
  const { account, call, ...fields } = rest as { account?: string; call?: number } & Record<string, unknown>;
  const subject = [account, call === undefined ? undefined : `call ${call}`].filter((it) => it !== undefined);
  const words = Object.entries(fields).map(([name, value]) =>
    name === 'what' ? String(value) : `${name}=${typeof value === 'string' ? JSON.stringify(value) : value}`,
  );
  return [`${at.slice(0, 19).replace('T', ' ')}Z`, ...subject, type, ...words].join(' ');
}
