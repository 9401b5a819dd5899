import type WebSocket from 'ws';
import { checkOptions, flag, line, needed, object, type Rules, rule, wait, whole } from '../../base/check.js';
import { deferred } from '../../base/deferred.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { backOffMs } from '../../base/time/back-off.js';
import { CLOCK, type Clock, sleep, systemClock } from '../../base/time/clock.js';
import { refusalOf } from '../../base/web/http-status.js';
import { keyHeaders, SERVICE_KEY_RULES, type ServiceKey } from '../../base/web/service-key.js';
import { bytesOfSamples } from '../process/pcm-bytes.js';
import { FedAudio } from './fed-audio.js';
import { ListenResults } from './listen-results.js';
import type { Transcriber, Transcript, TranscriptRequest } from './transcriber.js';
import { UnheardAudio } from './unheard-audio.js';

/** Options of {@link streamingTranscriber}. */
export interface StreamingTranscriberOptions extends ServiceKey {
  /** Address without its query, for example `wss://api.deepgram.com/v1/listen`. */
  readonly url: string;
  /** Other parameters of the query, such as `model`. */
  readonly query?: Readonly<Record<string, string>>;
  /** True when silence of more than a second is not sent. Times count it all the same. Default false. */
  readonly skipSilence?: boolean;
  /**
   * Times that a connection which breaks is made anew: 0 to 100. What it had not understood to the end is sent again, up to a
   * minute of it. Default 0.
   */
  readonly reconnects?: number;
  /** Longest wait for the connection, and for the last words after the end, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
  /** Times the messages that keep the connection alive. Default: the machine's clock. */
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

/** A service closes a connection on which nothing comes for 10 s. */
const KEEP_ALIVE_MS = 4000;
/** Audio that may wait for the network, in bytes: 10 s. */
const MAX_BUFFERED = 320_000;
/** Audio that is kept to be sent again, in samples: a minute. */
const MAX_UNHEARD = msToSamples(60_000);
/** Codes with which a service ends a stream as it should. */
const GOOD_ENDS: readonly number[] = [1000, 1001, 1005];
const BACK_OFF = { firstMs: 100, longestMs: 5000 };
const SILENCE_SAMPLES = msToSamples(1000);
/** Largest sample of silence: -60 dBFS. */
const SILENCE_LEVEL = 32;

/**
 * A transcriber that streams to a service which speaks the interface of Deepgram's Listen v1, with partial texts, words
 * and their times.
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
    throw new JackfieldError('ERR_INVALID_ARG', `query.${name} must be a text.`);
}

/** One transcription: connections, one after the other, that are fed, and what comes back on them. */
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
  #socket: WebSocket | undefined;
  #cancelKeepAlive: () => void = () => undefined;
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

  /** One connection, to its end. */
  async #converse(): Promise<Transcript> {
    const { signal } = this.#request;
    const { WebSocket } = await import('ws');
    signal?.throwIfAborted();
    const socket = new WebSocket(this.#address(), {
      ...{ maxPayload: 1 << 20, perMessageDeflate: false },
      headers: { ...keyHeaders(this.#options, 'Authorization: Token') },
    });
    this.#socket = socket;
    const connection = this.#listen(socket);
    const onAbort = () =>
      connection.fail(new JackfieldError('ERR_ABORTED', 'The transcription was given up.'));
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      // The network takes no time on a virtual clock.
      const connected = Promise.race([connection.opened, connection.over]);
      await this.#inTime(systemClock, connected, connection.fail, 'is not connected after');
      this.#begin();
      await Promise.race([this.#feed(socket), connection.over]);
      connection.end();
      await this.#inTime(this.#clock, connection.over, connection.fail, 'gave no last words in');
      return this.#results.transcript();
    } finally {
      this.#cancelKeepAlive();
      signal?.removeEventListener('abort', onAbort);
      socket.terminate();
      if (this.#socket === socket) this.#socket = undefined;
    }
  }

  /** Waits for what the service does, and not too long. */
  async #inTime(
    clock: Clock,
    wait: Promise<void>,
    fail: (error: Error) => void,
    what: string,
  ): Promise<void> {
    const { timeoutMs = 10_000 } = this.#options;
    const cancel = clock.timerAt(clock.now() + timeoutMs, () =>
      fail(new JackfieldError('ERR_TIMEOUT', `The service ${what} ${timeoutMs} ms.`)),
    );
    await wait.finally(cancel);
  }

  /** A service counts from the beginning of its connection: it gets anew what was not understood to the end. */
  #begin(): void {
    this.#audio = new FedAudio();
    this.#results.begin(this.#audio);
    for (const { position, samples } of this.#unheard.after(this.#results.heardTo))
      this.#send(position, samples);
    this.#keepAlive();
  }

  #listen(socket: WebSocket) {
    const over = deferred<void>();
    let hasEnded = false;
    const fail = (error: Error) => {
      over.reject(error);
      socket.terminate();
    };
    over.promise.catch(() => undefined);
    socket.on('message', (data, isBinary) => {
      try {
        if (!isBinary) this.#results.take(String(data));
      } catch (error) {
        fail(error as Error);
      }
    });
    socket.on('error', (cause) => fail(broken(cause)));
    socket.on('unexpected-response', (_, { statusCode = 0 }) =>
      fail(refusalOf(new URL(this.#options.url).host, statusCode)),
    );
    socket.on('close', (code) => {
      if (hasEnded && GOOD_ENDS.includes(code)) over.resolve();
      else over.reject(new JackfieldError('ERR_PEER', `The service closed the connection early (${code}).`));
    });
    const end = () => {
      hasEnded = true;
      socket.send(JSON.stringify({ type: 'CloseStream' }));
    };
    const opened = new Promise<void>((resolve) => socket.once('open', resolve));
    return { opened, over: over.promise, fail, end };
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

  /** Reads on until the end, or until the connection is lost: the next one goes on with what was being read. */
  async #feed(socket: WebSocket): Promise<void> {
    while (!this.#isFed) {
      this.#next ??= this.#source.next();
      const { done, value } = await this.#next;
      if (this.#socket !== socket) return;
      this.#next = undefined;
      this.#isFed = done === true;
      if (!done) this.#take(value);
      // An empty message of bytes would end the stream.
      while (socket.bufferedAmount > MAX_BUFFERED && socket.readyState === socket.OPEN)
        await new Promise<void>((resolve) => socket.ping(undefined, undefined, () => resolve()));
    }
  }

  #take(samples: Int16Array): void {
    const position = this.#position;
    this.#position += samples.length;
    const isQuiet =
      this.#options.skipSilence === true && samples.every((it) => Math.abs(it) <= SILENCE_LEVEL);
    this.#quiet = isQuiet ? this.#quiet + samples.length : 0;
    if (this.#quiet > SILENCE_SAMPLES || samples.length === 0) return;
    if (this.#options.reconnects) this.#unheard.add(position, samples.slice(), this.#results.heardTo);
    this.#send(position, samples);
    this.#keepAlive();
  }

  #send(position: number, samples: Int16Array): void {
    this.#audio.feed(position, samples.length);
    this.#socket?.send(Uint8Array.from(bytesOfSamples(samples)));
  }

  #keepAlive(): void {
    this.#cancelKeepAlive();
    this.#cancelKeepAlive = this.#clock.timerAt(this.#clock.now() + KEEP_ALIVE_MS, () => {
      if (this.#socket?.readyState === this.#socket?.OPEN)
        this.#socket?.send(JSON.stringify({ type: 'KeepAlive' }));
      this.#keepAlive();
    });
  }
}

/** True for an error that another connection may not have. */
function isLoss(error: unknown): boolean {
  return error instanceof JackfieldError && (error.code === 'ERR_PEER' || error.code === 'ERR_TIMEOUT');
}

function broken(cause: Error): JackfieldError {
  return new JackfieldError('ERR_PEER', `The transcription service failed: ${messageOf(cause)}`, { cause });
}
