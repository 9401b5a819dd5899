import { checkOptions, line, needed, object, oneOf, type Rules, wait, within } from '../../base/check.js';
import { abortedError, JackfieldError, messageOf } from '../../base/errors.js';
import { SAMPLE_RATE } from '../../base/pcm.js';
import { systemClock } from '../../base/time/clock.js';
import { TimeLimit, whenFired } from '../../base/wait.js';
import { statusError } from '../../base/web/http-status.js';
import {
  keyHeaders,
  SERVICE_KEY_RULES,
  type ServiceKey,
  saidWithoutKey,
} from '../../base/web/service-key.js';
import { collectSamples } from '../../voice/stage.js';
import { HTTP_URL } from '../../voice/transcript/http-transcriber.js';
import { speechOfBytes } from './speech-bytes.js';
import type { SpeakOptions, SpeechEngine, SpeechStream } from './speech-engine.js';

/** Options of {@link httpSpeechEngine}. */
export interface HttpSpeechOptions extends ServiceKey {
  /** Whole address, for example `https://api.openai.com/v1/audio/speech`. */
  readonly url: string;
  /** Default `tts-1`. */
  readonly model?: string;
  /** Name of the voice at the service. Default `alloy`. */
  readonly voice?: string;
  /** Format of the sound: 16-bit samples without a header, or WAV. Default `pcm`. */
  readonly format?: 'pcm' | 'wav';
  /** Sample rate of sound without a header, in Hz. Default 24,000. */
  readonly sampleRate?: number;
  /** Speed of the speech, 0.25 to 4. Default: that of the service. */
  readonly speed?: number;
  /** Other fields of the request, such as `instructions`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Longest wait for the first sound, and for each piece after it, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

const RULES: Rules<HttpSpeechOptions> = {
  url: needed(HTTP_URL),
  ...SERVICE_KEY_RULES,
  model: line(1, 200),
  voice: line(1, 200),
  format: oneOf('pcm', 'wav'),
  sampleRate: SAMPLE_RATE,
  speed: within(0.25, 4),
  settings: object,
  timeoutMs: wait,
};
/** Longest sound of one text, in bytes: one hour at 16 kHz. */
const MAX_BYTES = 115_200_000;
/** Most of an error response that is read, in bytes. */
const MAX_ERROR = 10_000;

/**
 * Speaks with a service that has the speech interface of OpenAI, which many self-hosted servers have too. The first
 * sound is played while the rest is being made.
 *
 * ```ts
 * const engine = httpSpeechEngine({ url: 'http://127.0.0.1:8880/v1/audio/speech', voice: 'af_heart' });
 * const prompts = await Prompts.open({ engine });
 * ```
 *
 * @throws ERR_INVALID_ARG
 */
export function httpSpeechEngine(options: HttpSpeechOptions): SpeechEngine {
  checkOptions(options, RULES);
  const { url, model = 'tts-1', voice = 'alloy', speed } = options;
  const { host } = new URL(url);
  const stream = (text: string, { signal }: SpeakOptions) => new SpeechRequest(options, signal).send(text);
  return {
    name: ['http', host, model, voice, speed, options.settings && JSON.stringify(options.settings)].join(' '),
    stream,
    async speak(text, given) {
      const { format, samples } = await stream(text, given);
      return { format, samples: await collectSamples(samples) };
    },
  };
}

/** Sends one text to the service and reads the speech. */
class SpeechRequest {
  readonly #options: HttpSpeechOptions;
  readonly #host: string;
  readonly #signal: AbortSignal | undefined;
  readonly #stop = new AbortController();

  constructor(options: HttpSpeechOptions, signal: AbortSignal | undefined) {
    this.#options = options;
    this.#host = new URL(options.url).host;
    this.#signal = signal;
  }

  /** @throws ERR_PEER, ERR_FORBIDDEN, ERR_TIMEOUT, ERR_LIMIT, ERR_SYNTAX, ERR_UNSUPPORTED, ERR_ABORTED. */
  async send(input: string): Promise<SpeechStream> {
    const { url, model = 'tts-1', voice = 'alloy', format = 'pcm', speed, settings } = this.#options;
    const body = {
      ...settings,
      ...{ model, input, voice, response_format: format, ...(speed !== undefined && { speed }) },
    };
    const response = await this.#within(
      fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...keyHeaders(this.#options) },
        body: JSON.stringify(body),
        // The key goes to the host that it was given for, and to no other.
        redirect: 'manual',
        signal: this.#signal ? AbortSignal.any([this.#signal, this.#stop.signal]) : this.#stop.signal,
      }),
    );
    if (!response.ok) throw await this.#refusal(response);
    const raw = { sampleRate: this.#options.sampleRate ?? 24_000, channels: 1 };
    return await speechOfBytes(this.#bytesOf(response), raw, this.#host);
  }

  async *#bytesOf(response: Response): AsyncGenerator<Uint8Array, void, undefined> {
    const type = response.headers.get('content-type') ?? '';
    const reader = response.body?.getReader();
    let bytes = 0;
    try {
      if (/^(text|application\/json)/.test(type))
        throw new JackfieldError(
          'ERR_SYNTAX',
          `${this.#host} answered with ${type.slice(0, 60)} instead of audio.`,
        );
      while (reader) {
        const { done, value } = await this.#within(reader.read());
        if (done) return;
        bytes += value.length;
        if (bytes > MAX_BYTES)
          throw new JackfieldError('ERR_LIMIT', `${this.#host} sent more than an hour of audio.`);
        yield value;
      }
    } finally {
      // When the reader stops, the rest is not fetched.
      this.#stop.abort();
    }
  }

  /** Waits for a part of the response, up to the limit. */
  async #within<T>(part: Promise<T>): Promise<T> {
    const { timeoutMs = 10_000 } = this.#options;
    using limit = new TimeLimit(systemClock, { timeoutMs });
    whenFired(limit.signal, () => this.#stop.abort());
    try {
      return await part;
    } catch (cause) {
      if (this.#signal?.aborted) throw abortedError('speech', this.#signal);
      if (limit.passed)
        throw new JackfieldError('ERR_TIMEOUT', `${this.#host} sent no audio for ${timeoutMs} ms.`, {
          cause,
        });
      throw new JackfieldError('ERR_PEER', `${this.#host} did not synthesise the text: ${messageOf(cause)}`, {
        cause,
      });
    }
  }

  async #refusal(response: Response): Promise<JackfieldError> {
    const { status } = response;
    let said = '';
    const reader = response.body?.getReader();
    while (reader && said.length < MAX_ERROR) {
      const { done, value } = await this.#within(reader.read());
      if (done) break;
      said += Buffer.from(value).toString('utf8');
    }
    this.#stop.abort();
    return statusError(this.#host, status, saidWithoutKey(said, this.#options));
  }
}
