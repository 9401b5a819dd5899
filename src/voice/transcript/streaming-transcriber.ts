import { checkOptions, flag, line, needed, object, type Rules, rule, wait, whole } from '../../base/check.js';
import { during } from '../../base/during.js';
import { JackfieldError } from '../../base/errors.js';
import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { backOffMs } from '../../base/time/back-off.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import { keyHeaders, SERVICE_KEY_RULES, type ServiceKey } from '../../base/web/service-key.js';
import { FedAudio } from './fed-audio.js';
import { ListenConnection } from './listen-connection.js';
import { ListenResults } from './listen-results.js';
import type { Transcriber, Transcript, TranscriptRequest } from './transcriber.js';
import { UnheardAudio } from './unheard-audio.js';

/** Options of {@link streamingTranscriber}. */
export interface StreamingTranscriberOptions extends ServiceKey {
  /** Address without its query, for example `wss://api.deepgram.com/v1/listen`. */
  readonly url: string;
  /** Other parameters of the query, such as `model`. */
  readonly query?: Readonly<Record<string, string>>;
  /** True to leave out silence of more than a second. Times still count it. Default false. */
  readonly skipSilence?: boolean;
  /**
   * Number of times that a broken connection is opened again: 0 to 100. Audio without a final result is sent again, at
   * most a minute of it. Default 0.
   */
  readonly reconnects?: number;
  /** Longest wait for the connection, and for the last words after the end, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Clock for the messages that keep the connection alive. Default: the machine's clock. */
  readonly clock?: Clock;
}

const WEB_SOCKET_URL = rule(
  'an address that begins with wss://, https://, ws:// or http://',
  (value) =>
    typeof value === 'string' &&
    URL.canParse(value) &&
    ['ws:', 'wss:', 'http:', 'https:'].includes(new URL(value).protocol),
);
const RULES: Rules<StreamingTranscriberOptions> = {
  url: needed(WEB_SOCKET_URL),
  ...SERVICE_KEY_RULES,
  query: object,
  skipSilence: flag,
  reconnects: whole(0, 100),
  timeoutMs: wait,
  clock: CLOCK,
};
const NAME = line(1, 100);

/** Audio that is kept to be sent again: a minute, in samples. */
const MAX_UNHEARD = msToSamples(60_000);
const BACK_OFF = { firstMs: 100, longestMs: 5000 };
const SILENCE_SAMPLES = msToSamples(1000);
/** Largest sample that counts as silence: -60 dBFS. */
const SILENCE_LEVEL = 32;

/**
 * Makes a transcriber that streams to a service with the interface of Deepgram's Listen v1. It gives partial texts, and
 * words with their times.
 *
 * @throws ERR_INVALID_ARG
 */
export function streamingTranscriber(options: StreamingTranscriberOptions): Transcriber {
  checkOptions(options, RULES);
  for (const [name, value] of Object.entries(options.query ?? {})) checkQuery(name, value);
  const { host } = new URL(options.url);
  return {
    name: `streaming ${host}`,
    partials: true,
    segments: true,
    transcribe: (request) => new Listening(options, request).run(),
  };
}

function checkQuery(name: string, value: unknown): void {
  if (!NAME.accepts(name) || typeof value !== 'string')
    throw new JackfieldError('ERR_INVALID_ARG', `query.${name} must be a string.`);
}

/** One transcription, over one connection or several in turn. */
class Listening {
  readonly #options: StreamingTranscriberOptions;
  readonly #request: TranscriptRequest;
  readonly #clock: Clock;
  readonly #source: AsyncIterator<Int16Array>;
  readonly #results: ListenResults;
  readonly #unheard = new UnheardAudio(MAX_UNHEARD);
  #audio = new FedAudio();
  #next: Promise<IteratorResult<Int16Array>> | undefined;
  #isFed = false;
  #connection: ListenConnection | undefined;
  #quiet = 0;
  #position = 0;

  constructor(options: StreamingTranscriberOptions, request: TranscriptRequest) {
    this.#options = options;
    this.#request = request;
    this.#clock = options.clock ?? systemClock;
    this.#source = request.samples[Symbol.asyncIterator]();
    this.#results = new ListenResults(request, options);
  }

  /** @throws ERR_PEER, ERR_TIMEOUT, ERR_FORBIDDEN, ERR_ABORTED, ERR_SYNTAX, ERR_LIMIT. */
  async run(): Promise<Transcript> {
    const { signal } = this.#request;
    const { reconnects = 0 } = this.#options;
    try {
      for (let losses = 1; ; losses++) {
        try {
          return await this.#converse();
        } catch (error) {
          if (losses > reconnects || signal?.aborted || !isLoss(error)) throw error;
        }
        await sleep(this.#clock, backOffMs(losses, BACK_OFF), { ...(signal && { signal }) });
      }
    } finally {
      if (!this.#isFed) void this.#source.return?.();
    }
  }

  /** Runs one connection, to its end. */
  async #converse(): Promise<Transcript> {
    const { signal } = this.#request;
    const { WebSocket } = await import('ws');
    signal?.throwIfAborted();
    const socket = new WebSocket(this.#address(), {
      ...{ maxPayload: 1 << 20, perMessageDeflate: false },
      headers: { ...keyHeaders(this.#options, 'Authorization: Token') },
    });
    const { host } = new URL(this.#options.url);
    const connection = new ListenConnection(socket, host, this.#clock, (text) => this.#results.take(text));
    this.#connection = connection;
    const onAbort = () =>
      connection.fail(new JackfieldError('ERR_ABORTED', 'The transcription was cancelled.'));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      // A virtual clock stands still while the network works: the machine's clock limits this wait.
      const connected = Promise.race([connection.opened, connection.over]);
      await during(this.#clock, this.#inTime(systemClock, connected, connection, 'did not connect within'));
      this.#begin(connection);
      await Promise.race([this.#feed(connection), connection.over]);
      connection.end();
      await this.#inTime(this.#clock, connection.over, connection, 'did not send its last words within');
      return this.#results.transcript();
    } finally {
      signal?.removeEventListener('abort', onAbort);
      connection.close();
      if (this.#connection === connection) this.#connection = undefined;
    }
  }

  /** Waits for the service, for at most `timeoutMs`. */
  async #inTime(
    clock: Clock,
    wait: Promise<void>,
    connection: ListenConnection,
    what: string,
  ): Promise<void> {
    const { timeoutMs = 10_000 } = this.#options;
    const cancel = clock.timerAt(clock.now() + timeoutMs, () =>
      connection.fail(new JackfieldError('ERR_TIMEOUT', `The service ${what} ${timeoutMs} ms.`)),
    );
    await wait.finally(cancel);
  }

  /** Begins a connection. A service counts from its beginning, so audio without a final result is sent again. */
  #begin(connection: ListenConnection): void {
    this.#audio = new FedAudio();
    this.#results.begin(this.#audio);
    for (const { position, samples } of this.#unheard.after(this.#results.heardTo))
      this.#send(connection, position, samples);
    connection.keepAlive();
  }

  #address(): URL {
    const { url, query = {} } = this.#options;
    const { language, phrases } = this.#request;
    const address = new URL(url);
    const { sampleRate, channels } = VOICE_FORMAT;
    const all = {
      ...{ encoding: 'linear16', sample_rate: String(sampleRate), channels: String(channels) },
      ...{ interim_results: 'true', punctuate: 'true' },
      ...(language !== undefined && { language }),
      ...query,
    };
    for (const [name, value] of Object.entries(all)) address.searchParams.set(name, value);
    for (const phrase of phrases ?? []) address.searchParams.append('keyterm', phrase);
    return address;
  }

  /** Reads until the end, or until the connection is lost. The next connection continues with the pending read. */
  async #feed(connection: ListenConnection): Promise<void> {
    while (!this.#isFed) {
      this.#next ??= this.#source.next();
      const { done, value } = await this.#next;
      if (this.#connection !== connection) return;
      this.#next = undefined;
      this.#isFed = done === true;
      if (!done) this.#take(connection, value);
      await connection.room();
    }
  }

  #take(connection: ListenConnection, samples: Int16Array): void {
    const position = this.#position;
    this.#position += samples.length;
    const isQuiet =
      this.#options.skipSilence === true && samples.every((it) => Math.abs(it) <= SILENCE_LEVEL);
    this.#quiet = isQuiet ? this.#quiet + samples.length : 0;
    if (this.#quiet > SILENCE_SAMPLES || samples.length === 0) return;
    if (this.#options.reconnects) this.#unheard.add(position, samples.slice(), this.#results.heardTo);
    this.#send(connection, position, samples);
    connection.keepAlive();
  }

  #send(connection: ListenConnection, position: number, samples: Int16Array): void {
    this.#audio.feed(position, samples.length);
    connection.send(samples);
  }
}

/** True for an error that a new connection can mend. */
function isLoss(error: unknown): boolean {
  return error instanceof JackfieldError && (error.code === 'ERR_PEER' || error.code === 'ERR_TIMEOUT');
}
