import { JackfieldError } from '../../base/errors.js';
import { VOICE_FORMAT } from '../../base/pcm.js';
import { type ServiceKey, saidWithoutKey } from '../../base/web/service-key.js';
import { type AnswerFields, entriesOf, fieldsOf } from './answer-fields.js';
import { FedAudio } from './fed-audio.js';
import type { Transcript, TranscriptRequest, TranscriptSegment, TranscriptWord } from './transcriber.js';

/** Largest number of words in one transcription. */
const MAX_WORDS = 1_000_000;

/** Results of a service with the interface of Deepgram's Listen v1, with their times mapped to the stream. */
export class ListenResults {
  #audio = new FedAudio();
  readonly #request: TranscriptRequest;
  readonly #key: ServiceKey;
  readonly #segments: TranscriptSegment[] = [];
  #words = 0;

  #heardTo = 0;

  constructor(request: TranscriptRequest, key: ServiceKey = {}) {
    this.#request = request;
    this.#key = key;
  }

  /** Position in the stream up to which the results are final. */
  get heardTo(): number {
    return this.#heardTo;
  }

  /** Begins another connection: the results that follow count the samples of `audio`. */
  begin(audio: FedAudio): void {
    this.#audio = audio;
  }

  /** Takes a message. @throws ERR_SYNTAX for a value that is not JSON; ERR_PEER for an error of the service. */
  take(text: string): void {
    const message = fieldsOf(parsed(text));
    if (message['type'] === 'Error') {
      const said = String(message['description'] ?? message['message'] ?? 'without text');
      throw new JackfieldError(
        'ERR_PEER',
        `The service reported an error: ${saidWithoutKey(said, this.#key)}`,
      );
    }
    if (message['type'] !== 'Results') return;
    const best = fieldsOf(entriesOf(fieldsOf(message['channel'])['alternatives'])[0]);
    const words = typeof best['transcript'] === 'string' ? best['transcript'].trim() : '';
    if (message['is_final'] !== true) {
      if (words !== '')
        this.#request.onPartial?.([this.#text(), words].filter((each) => each !== '').join(' '));
      return;
    }
    const end = (Number(message['start']) || 0) + (Number(message['duration']) || 0);
    this.#heardTo = Math.max(this.#heardTo, this.#place(end, 'end'));
    if (words === '') return;
    const segment = this.#segmentOf(words, message, entriesOf(best['words']));
    this.#words += segment.words.length;
    if (this.#words > MAX_WORDS) throw new JackfieldError('ERR_LIMIT', 'The service sent too many words.');
    this.#segments.push(segment);
    this.#request.onSegment?.(segment);
    this.#request.onPartial?.(this.#text());
  }

  transcript(): Transcript {
    return { text: this.#text(), segments: this.#segments };
  }

  #text(): string {
    return this.#segments.map(({ text }) => text).join(' ');
  }

  #segmentOf(text: string, message: AnswerFields, words: readonly unknown[]): TranscriptSegment {
    const placed = words.flatMap((each) => this.#wordOf(fieldsOf(each)) ?? []);
    const start = Number(message['start']) || 0;
    const duration = Number(message['duration']) || 0;
    const from = placed[0]?.from ?? this.#place(start, 'begin');
    const to = placed.at(-1)?.to ?? this.#place(start + duration, 'end');
    return { text, from, to, words: placed };
  }

  #wordOf({ word, punctuated_word, start, end, confidence }: AnswerFields): TranscriptWord | undefined {
    const spelt = typeof punctuated_word === 'string' ? punctuated_word : word;
    if (typeof spelt !== 'string' || typeof start !== 'number' || typeof end !== 'number') return undefined;
    const from = this.#place(start, 'begin');
    const to = Math.max(from, this.#place(end, 'end'));
    return { word: spelt, from, to, ...(typeof confidence === 'number' && { confidence }) };
  }

  #place(seconds: number, edge: 'begin' | 'end'): number {
    return this.#audio.toStream(Math.round(seconds * VOICE_FORMAT.sampleRate), edge);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JackfieldError('ERR_SYNTAX', 'A message of the transcription service must be JSON.', { cause });
  }
}
