import { randomUUID } from 'node:crypto';
import { checkArgument, having, words } from '../../base/check.js';
import { Outcome } from '../../base/deferred.js';
import { asError, invalidArgument, JackfieldError } from '../../base/errors.js';
import { FencedEmitter, type FencedEvents } from '../../base/listener/fenced-emitter.js';
import type { PcmFormat } from '../../base/pcm.js';
import { backOffMs } from '../../base/time/back-off.js';
import { sleep, systemClock } from '../../base/time/clock.js';
import { whenFired } from '../../base/wait.js';
import type { LegTap } from '../../stream/align/leg-tap.js';
import type { PcmStream } from '../../stream/pcm-stream.js';
import { mergeChannels } from '../../voice/convert/channels.js';
import type { Dialect } from '../dialect/dialect.js';
import type { MediaFormat, MediaTrack } from '../dialect/media-event.js';
import { connectMedia } from '../media/connect-media.js';
import { type MediaEnd, MediaSession } from '../media/media-session.js';
import { mixed } from '../media/to-voice.js';
import { DelayWatch } from './delay-watch.js';
import type { ForkLegs, ForkOptions } from './fork-options.js';
import { forkTarget } from './fork-target.js';
import { MediaSink } from './media-sink.js';

/** Streams of a call, such as a `CallVoice`. */
export interface ForkableCall {
  readonly remote: PcmStream;
  readonly input: PcmStream | undefined;
  readonly microphone: PcmStream | undefined;
  legs(options?: {
    readonly policy?: 'drop-oldest' | 'drop-newest' | 'spill';
    readonly maxBufferedMs?: number;
  }): LegTap;
}

/** Counters of a fork, in samples of the source. `offered` = `sent` + `dropped` + waiting. */
export interface ForkStats {
  readonly offered: number;
  readonly sent: number;
  /** Samples that the policy left out, because the receiver was too slow or not connected. */
  readonly dropped: number;
  readonly connections: number;
  /** Least delay in the last ten seconds, in milliseconds. */
  readonly delayMs: number;
}

/** Notices of a fork. */
export interface ForkEvents extends FencedEvents {
  /** The receiver is connected. `position` is the first sample that it gets, counted as in the source. */
  connected: [position: number];
  /** The connection is lost. The next attempt comes after `retryMs`. */
  lost: [error: Error | undefined, retryMs: number];
  /** The delay was at least this for ten seconds, in milliseconds. */
  behind: [delayMs: number];
  /** This many more samples were left out. */
  dropped: [samples: number];
}

/** End of a fork. */
export interface ForkEnd {
  readonly kind: 'closed' | 'failed';
  readonly error?: Error;
  readonly stats: ForkStats;
}

/** Tracks of the channels that are sent. */
const TRACKS: Readonly<Record<ForkLegs, readonly MediaTrack[]>> = {
  remote: ['inbound'],
  mixed: ['inbound'],
  local: ['outbound'],
  stereo: ['outbound', 'inbound'],
};
/** Time that a connection has to last so that it is not a failed attempt, in ms. */
const LASTING_MS = 1000;
const RECONNECT = { firstMs: 500, longestMs: 15_000, attempts: 10 };
const SOURCE = having('addSink', 'on');
const CALL = having('legs');

/**
 * Sends a stream, or the voices of a call, to a media server or an analysis, in its dialect. It never holds up the
 * call. Audio that the receiver does not take in time is dropped, counted and reported.
 *
 * @throws ERR_INVALID_ARG; ERR_INVALID_STATE when the stream is over. Later errors are reported by `lost` and `closed`.
 */
export function fork(source: PcmStream | ForkableCall, url: string, options: ForkOptions = {}): Fork {
  if (!SOURCE.accepts(source) && !CALL.accepts(source))
    throw invalidArgument('source', 'a stream or the voice of a call', source);
  const { dialect, format } = forkTarget(url, options);
  const { legs = 'remote' } = options;
  return new Fork({ source, url, dialect, format, legs, options });
}

interface ForkParts {
  readonly source: PcmStream | ForkableCall;
  readonly url: string;
  readonly dialect: Dialect;
  readonly format: MediaFormat;
  readonly legs: ForkLegs;
  readonly options: ForkOptions;
}

/** Audio that is sent to a receiver. Made by {@link fork}. */
export class Fork extends FencedEmitter<ForkEvents> implements AsyncDisposable {
  readonly #parts: ForkParts;
  readonly #sink: MediaSink;
  readonly #feed: ForkFeed;
  readonly #stop = new AbortController();
  readonly #ended = new Outcome<ForkEnd>();
  #session: MediaSession | undefined;
  #connections = 0;
  #failures = 0;
  readonly #watch: DelayWatch;
  #deaf: () => void = () => undefined;

  /** @internal */
  constructor(parts: ForkParts) {
    super();
    this.#parts = parts;
    const { source, legs, options } = parts;
    const { clock = systemClock, maxBufferedMs = 1000, policy = 'drop-oldest', signal } = options;
    const stream = 'addSink' in source ? source : source.remote;
    const format: PcmFormat = { sampleRate: stream.format.sampleRate, channels: legs === 'stereo' ? 2 : 1 };
    this.#sink = new MediaSink(format, TRACKS[legs], Math.max(100, maxBufferedMs / 2));
    this.#feed = feedOf(source, legs, this.#sink, { policy, maxBufferedMs });
    this.#feed.done.then(
      () => this.#over(),
      (error: unknown) => this.#over(asError(error)),
    );
    this.#watch = new DelayWatch(clock, {
      look: () => this.#look(),
      behind: (delayMs) => this.emit('behind', delayMs),
      dropped: (samples) => this.emit('dropped', samples),
    });
    this.#connect().catch((error: unknown) => this.#over(asError(error)));
    // This comes last, because a signal that has fired already ends the fork at once.
    if (signal) this.#deaf = whenFired(signal, () => this.#over());
  }

  /** Settles with the end of the fork; never rejects. */
  get closed(): Promise<ForkEnd> {
    return this.#ended.promise;
  }

  get stats(): ForkStats {
    const { offered, delivered, dropped } = this.#feed.stats();
    return {
      offered,
      sent: delivered,
      dropped,
      connections: this.#connections,
      delayMs: this.#watch.delayMs,
    };
  }

  /**
   * Sends a digit to the receiver, if its dialect can carry it.
   *
   * @returns false when the dialect cannot carry it, or the receiver is not connected.
   * @throws ERR_INVALID_ARG
   */
  digit(digit: string): boolean {
    checkArgument('digit', digit, words);
    return /^[0-9A-D*#]$/.test(digit) && (this.#session?.send({ type: 'dtmf', digit }) ?? false);
  }

  /** Ends the fork. Waiting audio is left out. Idempotent. */
  async close(): Promise<ForkEnd> {
    this.#over();
    return await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #connect(): Promise<void> {
    const { url, dialect, options } = this.#parts;
    const { clock = systemClock, credentials, headers, ca, reconnect = {} } = options;
    const { signal } = this.#stop;
    const given = { credentials, headers, ca, signal };
    while (!signal.aborted) {
      let error: Error | undefined;
      try {
        const connection = await connectMedia(url, dialect, { clock, isHeld: true, ...given });
        // The fork may have ended while it was connecting. Nobody else would close the connection then.
        if (signal.aborted) connection.abort();
        else ({ error } = await this.#converse(connection));
      } catch (thrown) {
        error = asError(thrown);
      }
      if (signal.aborted) return;
      this.#failures++;
      const limits = { ...RECONNECT, ...reconnect };
      if (reconnect === false || this.#failures > limits.attempts) {
        throw error ?? new JackfieldError('ERR_PEER', 'The receiver of a fork has closed the connection.');
      }
      const retryMs = backOffMs(this.#failures, limits);
      this.emit('lost', error, retryMs);
      await sleep(clock, retryMs, { signal });
    }
  }

  /** Runs one session to its end. */
  async #converse(connection: Awaited<ReturnType<typeof connectMedia>>): Promise<MediaEnd> {
    const { dialect, format, legs, options } = this.#parts;
    const { clock = systemClock, variant, id = randomUUID(), from, to, parameters = {} } = options;
    const position = this.#sink.position;
    const since = clock.now();
    // After a connection that has lasted, the next loss is the first in a row. A connection that the receiver accepts
    // and drops at once counts as failed.
    const lasts = () => {
      if (clock.now() - since >= LASTING_MS) this.#failures = 0;
    };
    return await new Promise((resolve) => {
      const session = new MediaSession({
        ...{ dialect, variant, format, connection, clock, role: 'provider' },
        start: {
          id,
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          tracks: TRACKS[legs],
          parameters: this.#connections === 0 ? parameters : { ...parameters, position: String(position) },
        },
        listener: {
          started: () => {
            this.#session = session;
            this.#connections++;
            this.emit('connected', position);
          },
          event: lasts,
          drained: () => {
            lasts();
            this.#sink.drained();
          },
          ended: (end) => {
            this.#session = undefined;
            this.#sink.attach(undefined);
            resolve(end);
          },
        },
      });
      session.open();
      if (session.isOpen) this.#sink.attach(session);
    });
  }

  #look() {
    const { buffered, dropped } = this.#feed.stats();
    const delayMs = (buffered * 1000) / this.#feed.sampleRate + this.#sink.unsentMs;
    this.#sink.drained();
    return { delayMs, dropped };
  }

  #over(error?: Error): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#deaf();
    this.#watch.end();
    this.#sink.end();
    this.#session?.end();
    this.#feed.stop();
    const { stats } = this;
    this.#ended.resolve(error ? { kind: 'failed', error, stats } : { kind: 'closed', stats });
  }
}

/** Source of a fork. Its samples go to the sink. */
interface ForkFeed {
  readonly sampleRate: number;
  readonly done: Promise<unknown>;
  stats(): {
    readonly offered: number;
    readonly delivered: number;
    readonly dropped: number;
    readonly buffered: number;
  };
  stop(): void;
}

type Buffering = { readonly policy: 'drop-oldest' | 'drop-newest' | 'spill'; readonly maxBufferedMs: number };

function feedOf(
  source: PcmStream | ForkableCall,
  legs: ForkLegs,
  sink: MediaSink,
  buffering: Buffering,
): ForkFeed {
  if (legs === 'stereo' || legs === 'mixed') {
    if (!('legs' in source)) throw invalidArgument('legs', "'remote' for a single stream", legs);
    return feedOfLegs(source, legs, sink, buffering);
  }
  const options = { ...buffering, name: 'fork' };
  const { stream, isSent } = streamOf(source, legs);
  const handle = isSent ? stream.addSentTap(sink, options) : stream.addSink(sink, options);
  return {
    sampleRate: stream.format.sampleRate,
    done: handle.done,
    stats: () => handle.stats,
    stop: () => void handle.remove().catch(() => undefined),
  };
}

function streamOf(source: PcmStream | ForkableCall, legs: ForkLegs): { stream: PcmStream; isSent: boolean } {
  if ('addSink' in source) {
    if (legs !== 'remote') throw invalidArgument('legs', "'remote' for a single stream", legs);
    return { stream: source, isSent: source.direction === 'send' };
  }
  if (legs === 'remote') return { stream: source.remote, isSent: false };
  const { input, microphone } = source;
  const local = input ?? microphone;
  if (!local) throw new JackfieldError('ERR_INVALID_STATE', 'This call was opened without a local stream.');
  return { stream: local, isSent: input !== undefined };
}

/** Feeds the sink with both legs, in two channels or mixed. */
function feedOfLegs(call: ForkableCall, legs: ForkLegs, sink: MediaSink, buffering: Buffering): ForkFeed {
  const tap = call.legs(buffering);
  const pump = async () => {
    for await (const { local, remote, position } of tap) {
      const samples = mergeChannels([local, remote]);
      await sink.write(legs === 'mixed' ? mixed(samples, 2) : samples, position);
    }
  };
  return {
    sampleRate: call.remote.format.sampleRate,
    done: pump(),
    stats: () => tap.stats,
    stop: () => void tap.return?.(),
  };
}
