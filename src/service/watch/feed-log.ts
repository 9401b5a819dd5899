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
  /** File to append to. It is created for its owner only. Default: standard output. */
  readonly file?: string;
  /** Receives each line, with its line break, instead of a file or standard output. */
  readonly write?: (line: string) => void;
  /** `json`: one object per line. `text`: for people. Default `json`. */
  readonly format?: 'json' | 'text';
  /** Lowest level that is logged. Speech and keys are at `debug`. Default `info`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
  /** True to show only the last three digits of phone numbers. Default false. */
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
 * Reads a feed and writes a log. When writing fails (closed pipe, full disk), lines are lost and counted. Nothing else
 * is delayed.
 */
export class FeedLog implements AsyncDisposable {
  readonly #options: FeedLogOptions;
  readonly #output: Output;
  readonly #logger: Logger;
  readonly #reading: Promise<void>;
  readonly #stop = new AbortController();

  /** Starts to read the feed. @throws ERR_INVALID_ARG; ERR_FILE when the file cannot be written. */
  constructor(feed: EventFeed, options: FeedLogOptions = {}) {
    checkArgument('feed', feed, having('each'));
    checkOptions(options, RULES);
    this.#options = options;
    this.#output = options.write ? passingOn(options.write) : new LogOutput(options.file);
    const { level = 'info' } = options;
    // The event has its own time and type.
    this.#logger = pino({ level, base: null, timestamp: false, messageKey: 'text' }, this.#output);
    this.#reading = feed.each({ name: 'log', signal: this.#stop.signal }, (event) => this.#write(event));
  }

  /** Number of lines that could not be written. */
  get lost(): number {
    return this.#output.lost;
  }

  /** Reopens the file by its name, after log rotation. @throws ERR_FILE. */
  reopen(): void {
    this.#output.reopen();
  }

  /** Writes the waiting lines, within a second at most. */
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

/** Formats an event as one line for people: `2026-11-23 09:00:01Z alice call 7 state RINGING`. */
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
