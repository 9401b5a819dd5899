import { JackfieldError, messageOf } from '../../base/errors.js';
import { msToSamples } from '../../base/pcm.js';
import type { Transcriber, Transcript, TranscriptRequest } from './transcriber.js';

/** Audio that may wait for an engine. An engine that is further behind is given up, so that it never delays a call. */
const MAX_WAITING_MS = 60_000;

/** Options of a {@link LiveTranscript}, as those of a {@link TranscriptRequest}. */
export type LiveTranscriptOptions = {
  readonly [K in 'language' | 'phrases' | 'onPartial' | 'onSegment' | 'signal']?:
    | TranscriptRequest[K]
    | undefined;
};

/** Transcript of live speech. The engine gets a copy of the audio while it is recorded. */
export class LiveTranscript {
  /** Settles when the engine is done. @throws the engine's error; ERR_LIMIT when it was too slow. */
  readonly transcript: Promise<Transcript>;
  readonly #waiting: Int16Array[] = [];
  readonly #stop = new AbortController();
  #waitingSamples = 0;
  #over = false;
  #wake: () => void = () => undefined;

  constructor(transcriber: Transcriber, options: LiveTranscriptOptions) {
    const { signal } = options;
    const both = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const { language, phrases, onPartial, onSegment } = options;
    const request = {
      ...{ samples: this.#samples(), signal: both },
      ...(language !== undefined && { language }),
      ...(phrases && { phrases }),
      ...(onPartial && { onPartial }),
      ...(onSegment && { onSegment }),
    };
    this.transcript = transcribed(transcriber, request).catch((error: unknown) => {
      throw this.#stop.signal.aborted ? this.#stop.signal.reason : error;
    });
    // A caller that gives the transcript up never handles its rejection.
    this.transcript.catch(() => undefined);
  }

  /** Takes samples, and copies them. */
  hear(samples: Int16Array): void {
    if (this.#over) return;
    this.#waiting.push(samples.slice());
    this.#waitingSamples += samples.length;
    this.#wake();
    if (this.#waitingSamples <= msToSamples(MAX_WAITING_MS)) return;
    const text = `The transcriber is more than ${MAX_WAITING_MS / 1000} s behind the speech.`;
    this.giveUp(new JackfieldError('ERR_LIMIT', text));
  }

  /** Ends the audio. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** Stops the engine; does nothing when it is done. */
  giveUp(reason: Error): void {
    this.#waiting.length = 0;
    this.#stop.abort(reason);
    this.end();
  }

  async *#samples(): AsyncGenerator<Int16Array, void, void> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next) {
        this.#waitingSamples -= next.length;
        yield next;
      } else if (this.#over) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

async function transcribed(transcriber: Transcriber, request: TranscriptRequest): Promise<Transcript> {
  const transcript = await transcriber.transcribe(request);
  const text: unknown = Object(transcript).text;
  if (typeof text === 'string') return transcript;
  throw new JackfieldError('ERR_INVALID_ARG', `${transcriber.name} gave no text: ${messageOf(text)}`);
}
