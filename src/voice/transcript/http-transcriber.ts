import { checkOptions, line, needed, type Rules, rule, secret, wait } from '../../base/check.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { msToSamples, VOICE_FORMAT } from '../../base/pcm.js';
import { systemClock } from '../../base/time/clock.js';
import { TimeLimit } from '../../base/wait.js';
import { statusError } from '../../base/web/http-status.js';
import {
  keyHeaders,
  SERVICE_KEY_RULES,
  type ServiceKey,
  saidWithoutKey,
} from '../../base/web/service-key.js';
import { bytesOfSamples } from '../process/pcm-bytes.js';
import { WavHeader } from '../wav/wav-header.js';
import { entriesOf, fieldsOf } from './answer-fields.js';
import type { Transcriber, Transcript, TranscriptSegment, TranscriptWord } from './transcriber.js';

/** Options of {@link httpTranscriber}. */
export interface HttpTranscriberOptions extends ServiceKey {
  /** Full address, for example `https://api.openai.com/v1/audio/transcriptions`. */
  readonly url: string;
  /** Default `whisper-1`. */
  readonly model?: string;
  /** Longest wait for the answer, in milliseconds. Default 120,000. */
  readonly timeoutMs?: number;
}

/** Accepts the address of a service. */
export const HTTP_URL = secret(
  rule('an address that begins with http:// or https://, without user and password', (value) => {
    if (typeof value !== 'string' || !URL.canParse(value)) return false;
    const { protocol, username, password } = new URL(value);
    return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
  }),
);
const RULES: Rules<HttpTranscriberOptions> = {
  url: needed(HTTP_URL),
  ...SERVICE_KEY_RULES,
  model: line(1, 200),
  timeoutMs: wait,
};
/** Longest speech of one request: 13 minutes, in samples. Services take no more. */
const MAX_SAMPLES = msToSamples(780_000);
/** Longest answer, in bytes. */
const MAX_ANSWER = 16 * 1024 * 1024;

/**
 * Makes a transcriber that posts the speech as WAV to a service with the interface of OpenAI's transcriptions. Many
 * servers that run on one's own machine have it too. Text, segments and words come at the end.
 *
 * @throws ERR_INVALID_ARG
 */
export function httpTranscriber(options: HttpTranscriberOptions): Transcriber {
  checkOptions(options, RULES);
  const { url, model = 'whisper-1', timeoutMs = 120_000 } = options;
  const { host } = new URL(url);
  return {
    name: `${model} of ${host}`,
    segments: true,
    async transcribe({ samples, language, signal }) {
      const form = new FormData();
      form.set('file', await wavOf(samples), 'speech.wav');
      form.set('model', model);
      form.set('response_format', 'verbose_json');
      for (const each of ['word', 'segment']) form.append('timestamp_granularities[]', each);
      if (language !== undefined) form.set('language', language);
      using limit = new TimeLimit(systemClock, { timeoutMs, signal });
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { ...keyHeaders(options) },
          body: form,
          // A redirect is not followed: the key must go to no other host.
          redirect: 'manual',
          signal: limit.signal,
        });
        return transcriptOf(await answerOf(response, host, options));
      } catch (error) {
        if (error instanceof JackfieldError) throw error;
        if (signal?.aborted) throw new JackfieldError('ERR_ABORTED', 'The transcription was cancelled.');
        const [code, why] = limit.passed
          ? (['ERR_TIMEOUT', `no answer within ${timeoutMs} ms`] as const)
          : (['ERR_PEER', messageOf(error)] as const);
        throw new JackfieldError(code, `${host} gave no transcript: ${why}`, { cause: error });
      }
    },
  };
}

async function wavOf(samples: AsyncIterable<Int16Array>): Promise<Blob> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let count = 0;
  for await (const chunk of samples) {
    count += chunk.length;
    if (count > MAX_SAMPLES)
      throw new JackfieldError(
        'ERR_LIMIT',
        'The speech is too long for one request: the limit is 13 minutes.',
      );
    parts.push(Uint8Array.from(bytesOfSamples(chunk)));
  }
  const header = new WavHeader({ format: VOICE_FORMAT, encoding: 's16', metadata: {} });
  return new Blob([Uint8Array.from(header.sized(count * 2)), ...parts], { type: 'audio/wav' });
}

/** Reads the answer. @throws ERR_PEER, ERR_FORBIDDEN for a status other than success; ERR_SYNTAX, ERR_LIMIT. */
async function answerOf(response: Response, host: string, key: ServiceKey): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > MAX_ANSWER) throw new JackfieldError('ERR_LIMIT', `The answer of ${host} is too long.`);
    parts.push(part);
  }
  const body = Buffer.concat(parts).toString('utf8');
  if (!response.ok) throw statusError(host, response.status, saidWithoutKey(body, key));
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new JackfieldError('ERR_SYNTAX', `The answer of ${host} is not JSON.`, { cause });
  }
}

function transcriptOf(answer: unknown): Transcript {
  const { text: said, language, words, segments } = fieldsOf(answer);
  if (typeof said !== 'string') throw new JackfieldError('ERR_SYNTAX', 'The answer has no text.');
  // Some servers put the words into the segments.
  const inSegments = () => entriesOf(segments).flatMap((each) => entriesOf(fieldsOf(each)['words']));
  const given = Array.isArray(words) ? entriesOf(words) : inSegments();
  const all = given.flatMap((each) => wordOf(each) ?? []);
  const parts = entriesOf(segments).flatMap((each): TranscriptSegment[] => {
    const { text: part, start, end } = fieldsOf(each);
    if (typeof part !== 'string' || typeof start !== 'number' || typeof end !== 'number') return [];
    const [from, to] = [placeOf(start), placeOf(end)];
    return [{ text: part.trim(), from, to, words: all.filter((it) => it.from >= from && it.from < to) }];
  });
  const whole = { text: said.trim(), from: all[0]?.from ?? 0, to: all.at(-1)?.to ?? 0, words: all };
  return {
    text: said.trim(),
    ...(typeof language === 'string' && { language }),
    ...(parts.length > 0 ? { segments: parts } : all.length > 0 && { segments: [whole] }),
  };
}

function wordOf(value: unknown): TranscriptWord | undefined {
  const { word, start, end } = fieldsOf(value);
  if (typeof word !== 'string' || typeof start !== 'number' || typeof end !== 'number') return undefined;
  return { word: word.trim(), from: placeOf(start), to: placeOf(end) };
}

function placeOf(seconds: number): number {
  return Math.max(0, Math.round(seconds * VOICE_FORMAT.sampleRate)) || 0;
}
