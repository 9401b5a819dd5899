import { createRequire } from 'node:module';
import { checkArgument, having, object } from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';
import { type CancelTimer, CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import type { ServiceConfig } from '../config/service-config.js';
import type { EventFeed } from '../feed/event-feed.js';
import { type CallSpan, traceCalls } from './call-spans.js';
import { otlpRequest } from './otlp.js';

const { version: VERSION } = createRequire(import.meta.url)('../../../package.json') as { version: string };

const BATCH = 512;
/** Largest number of waiting spans. Beyond it the oldest are dropped. */
const MAX_WAITING = 8192;
const PAUSE_MS = 5000;
const TIMEOUT_MS = 10_000;

/**
 * Sends the spans of all calls to a collector, by OTLP over HTTP in JSON. When the collector is not available, spans
 * are lost and nothing else is affected.
 */
export class OtlpExporter implements AsyncDisposable {
  readonly #feed: EventFeed;
  readonly #config: NonNullable<ServiceConfig['traces']>;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;
  readonly #waiting: CallSpan[] = [];
  #sending: Promise<void> | undefined;
  #cancelTimer: CancelTimer | undefined;
  #failing = false;
  #lost = 0;

  /** Starts to read the feed. @throws ERR_INVALID_ARG. */
  constructor(feed: EventFeed, config: NonNullable<ServiceConfig['traces']>, clock: Clock = systemClock) {
    checkArgument('feed', feed, having('each'));
    checkArgument('config', config, object);
    checkArgument('clock', clock, CLOCK);
    this.#feed = feed;
    this.#config = config;
    this.#clock = clock;
    this.#reading = traceCalls(feed, { end: (span) => this.#add(span) }, this.#stop.signal);
  }

  /** Number of lost spans: the collector was not available, or refused them. */
  get lost(): number {
    return this.#lost;
  }

  /** Ends all spans and sends the waiting ones. Takes up to ten seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#reading;
    this.#cancelTimer?.();
    await this.#sending;
    await this.#send();
  }

  #add(span: CallSpan): void {
    this.#waiting.push(span);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#lost++;
    }
    const delay = this.#waiting.length < BATCH ? PAUSE_MS : 0;
    if (delay === 0) this.#flush();
    else this.#cancelTimer ??= this.#clock.timerAt(this.#clock.now() + delay, () => this.#flush());
  }

  #flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const spans = this.#waiting.splice(0, BATCH);
      try {
        await this.#post(spans);
        this.#failing = false;
      } catch (error) {
        this.#lost += spans.length;
        // Reported once, until it works again.
        if (!this.#failing) this.#feed.failed('traces', asError(error));
        this.#failing = true;
        return;
      }
    }
  }

  async #post(spans: readonly CallSpan[]): Promise<void> {
    const { url, headers = {}, serviceName = 'jackfield' } = this.#config;
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'error',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(otlpRequest(spans, { serviceName, version: VERSION })),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    if (!response.ok) {
      throw new JackfieldError('ERR_PEER', `The collector answered ${response.status}; expected 2xx.`);
    }
  }
}
