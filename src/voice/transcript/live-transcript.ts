import { JackfieldError, messageOf } from '../../base/errors.js';
import { msToSamples } from '../../base/pcm.js';
import type { Transcriber, TranscriptRequest } from './transcriber.js';

/** Audio that may wait for an engine; one that falls further behind is given up, so that it never holds a message up. */
const MAX_WAITING_MS = 60_000;

/** Options of a {@link LiveTranscript}. */
export interface LiveTranscriptOptions {
  readonly language: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The transcript of a message that is still coming in: the engine hears it beside the archive. */
export class LiveTranscript {
  /** Settles when the engine is through. @throws what the engine threw; ERR_LIMIT when it was too slow. */
  readonly text: Promise<string>;
  readonly #waiting: Int16Array[] = [];
  readonly #stop = new AbortController();
  #waitingSamples = 0;
  #over = false;
  #wake: () => void = () => undefined;

  constructor(transcriber: Transcriber, { language, signal }: LiveTranscriptOptions) {
    const both = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    const request = { samples: this.#samples(), signal: both, ...(language !== undefined && { language }) };
    this.text = transcribed(transcriber, request).catch((error: unknown) => {
      throw this.#stop.signal.aborted ? this.#stop.signal.reason : error;
    });
    // Whoever gives the message up never looks at it.
    this.text.catch(() => undefined);
  }

  /** Takes a copy. */
  hear(samples: Int16Array): void {
    if (this.#over) return;
    this.#waiting.push(samples.slice());
    this.#waitingSamples += samples.length;
    this.#wake();
    if (this.#waitingSamples <= msToSamples(MAX_WAITING_MS)) return;
    const text = `The transcriber is more than ${MAX_WAITING_MS / 1000} s behind the message.`;
    this.giveUp(new JackfieldError('ERR_LIMIT', text));
  }

  /** All has been heard. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /** Stops the engine; does nothing when it is through. */
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

async function transcribed(transcriber: Transcriber, request: TranscriptRequest): Promise<string> {
  const { text } = await transcriber.transcribe(request);
  if (typeof text === 'string') return text;
  throw new JackfieldError('ERR_INVALID_ARG', `${transcriber.name} gave no text: ${messageOf(text)}`);
}
