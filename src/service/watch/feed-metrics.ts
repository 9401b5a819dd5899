import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { signal as aSignal, checkArgument, having } from '../../base/check.js';
import { ERROR_CODES } from '../../base/errors.js';
import { CALL_TRANSITIONS } from '../../protocol/status/call-status.js';
import type { EventFeed } from '../feed/event-feed.js';
import { type FeedEvent, RECORDING_EVENTS } from '../feed/feed-event.js';

/** Current figures of a service, read with its metrics. */
export interface MetricsState {
  /** Number of current calls, by account. */
  calls(): ReadonlyMap<string, number>;
  /** Number of recordings in progress. */
  recordings(): number;
  /** Endpoints by name; true when attached. */
  endpoints(): ReadonlyMap<string, boolean>;
}

const PREFIX = 'jackfield_';

/** Every counter with its help and labels. Values of labels come from the configuration and the protocol only. */
const COUNTERS = {
  calls_total: ['Calls that became known.', 'account', 'direction'],
  call_ends_total: ['Calls that ended, by their last status.', 'account', 'status'],
  bot_calls_total: ['Calls that a bot finished.', 'bot', 'outcome'],
  recordings_total: ['Events of recordings.', 'what'],
  recordings_incomplete_total: ['Published recordings with missing audio.'],
  silenced_seconds_total: ['Audio that was masked during calls, by rule.', 'rule'],
  loss_seconds_total: ['Audio missing from recordings.'],
  analysed_calls_total: ['Calls that were analysed during their recording.'],
  dead_air_seconds_total: ['Dead air (silence of both sides) in analysed calls.'],
  interruptions_total: ['Interruptions in analysed calls, by the interrupting side.', 'leg'],
  analysis_dropped_seconds_total: ['Audio that the analysis dropped because it was too slow.'],
  messages_total: ['Stored voicemails.', 'account'],
  campaign_calls_total: ['Calls of campaigns.', 'campaign', 'outcome'],
  endpoint_losses_total: ['Number of times that an endpoint was lost.', 'endpoint'],
  failures_total: ['Failures, by error code.', 'code'],
} as const;
type CounterName = keyof typeof COUNTERS;
/** Label value of a failure without a code. */
const OTHER = 'other';

interface Labelled {
  readonly name: string;
  readonly labelNames?: readonly string[];
}

/** Reads a feed and counts its events for Prometheus. */
export class FeedMetrics {
  readonly #registry = new Registry();
  readonly #counters: Readonly<Record<CounterName, Counter>>;

  /** Starts to count. */
  constructor(feed: EventFeed, state: MetricsState, signal: AbortSignal) {
    checkArgument('feed', feed, having('each'));
    checkArgument('state', state, having('calls', 'recordings', 'endpoints'));
    checkArgument('signal', signal, aSignal);
    const registers = [this.#registry];
    const counters = Object.entries(COUNTERS).map(([name, [help, ...labelNames]]) => [
      name,
      new Counter({ name: PREFIX + name, help, labelNames, registers }),
    ]);
    this.#counters = Object.fromEntries(counters) as Record<CounterName, Counter>;
    // Initialised with zero, because `increase()` ignores the first sample of a series.
    for (const what of RECORDING_EVENTS) this.#counters.recordings_total.inc({ what }, 0);
    for (const code of [...Object.keys(ERROR_CODES), OTHER]) this.#counters.failures_total.inc({ code }, 0);
    for (const endpoint of state.endpoints().keys())
      this.#counters.endpoint_losses_total.inc({ endpoint }, 0);
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX });
    this.#gauge('calls_active', 'Calls in progress.', 'account', () => state.calls());
    this.#gauge('recordings_active', 'Recordings in progress.', undefined, () => [['', state.recordings()]]);
    this.#gauge('endpoint_up', '1 when the endpoint is attached.', 'endpoint', () =>
      [...state.endpoints()].map(([name, up]) => [name, Number(up)]),
    );
    this.#gauge('feed_dropped', 'Events that a reader of the feed lost.', 'reader', () =>
      feed.readers.map(({ name, dropped }) => [name, dropped]),
    );
    void feed.each({ name: 'metrics', signal }, (event) => this.#count(event));
  }

  /** The metrics in the text format of Prometheus, and its content type. */
  async text(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  /** Labels of all metrics, by name. */
  get labels(): ReadonlyMap<string, readonly string[]> {
    const metrics = this.#registry.getMetricsAsArray() as unknown as readonly Labelled[];
    return new Map(metrics.map(({ name, labelNames = [] }) => [name, labelNames]));
  }

  #gauge(
    name: string,
    help: string,
    label: string | undefined,
    values: () => Iterable<readonly [string, number]>,
  ): void {
    new Gauge({
      name: PREFIX + name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [of, value] of values()) this.set(label === undefined ? {} : { [label]: of }, value);
      },
    });
  }

  #countAnalysis(figures: NonNullable<Extract<FeedEvent, { type: 'analysis' }>['figures']>): void {
    const counters = this.#counters;
    counters.analysed_calls_total.inc();
    counters.dead_air_seconds_total.inc(figures.deadAirMs / 1000);
    counters.interruptions_total.inc({ leg: 'local' }, figures.interruptionsByLocal);
    counters.interruptions_total.inc({ leg: 'remote' }, figures.interruptionsByRemote);
    counters.analysis_dropped_seconds_total.inc(figures.droppedMs / 1000);
  }

  #count(event: FeedEvent): void {
    const counters = this.#counters;
    const account = event.account ?? '';
    switch (event.type) {
      case 'call':
        counters.calls_total.inc({ account, direction: event.direction });
        break;
      case 'state':
        if (event.phase === 'ended') counters.call_ends_total.inc({ account, status: known(event.status) });
        break;
      case 'bot':
        if (event.what !== 'talking') counters.bot_calls_total.inc({ bot: event.bot, outcome: event.what });
        break;
      case 'recording':
        counters.recordings_total.inc({ what: event.what });
        if (event.what === 'silenced')
          counters.silenced_seconds_total.inc({ rule: event.rule ?? OTHER }, (event.durationMs ?? 0) / 1000);
        if (event.complete === false) counters.recordings_incomplete_total.inc();
        break;
      case 'loss':
        counters.loss_seconds_total.inc((event.ms ?? 0) / 1000);
        break;
      case 'analysis':
        if (event.figures) this.#countAnalysis(event.figures);
        break;
      case 'message':
        counters.messages_total.inc({ account });
        break;
      case 'campaign':
        if (event.what === 'called') {
          counters.campaign_calls_total.inc({ campaign: event.campaign, outcome: event.outcome ?? '' });
        }
        break;
      case 'endpoint':
        if (event.what === 'lost') counters.endpoint_losses_total.inc({ endpoint: event.endpoint });
        break;
      case 'failure':
        counters.failures_total.inc({ code: event.code ?? OTHER });
        break;
      default:
        break;
    }
  }
}

/** Limits statuses to those of the reference: otherwise an endpoint could create any number of series. */
function known(status: string): string {
  return Object.hasOwn(CALL_TRANSITIONS, status) ? status : 'other';
}
