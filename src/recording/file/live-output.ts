import { JackfieldError } from '../../base/errors.js';
import { msToSamples, STEREO } from '../../base/pcm.js';
import { removeFile } from '../../files/private-file.js';
import { beside } from '../sidecar.js';
import { type CompressedFormat, compress, type TagFacts } from './compressed.js';
import { EncoderSlots } from './encoder-slots.js';

/** Audio that waits for a slow encoder, at most: half a minute. Beyond that the file is made when the call is over. */
const MAX_QUEUED = msToSamples(30_000);

/**
 * A compressed file that is written while its recording is. It never holds the recording up: an encoder that fails, or
 * falls too far behind, is given up, and the file is made of the WAV when that is complete.
 */
export class LiveOutput {
  readonly format: CompressedFormat;
  readonly path: string;
  readonly #facts: TagFacts;
  readonly #slots: EncoderSlots;
  readonly #queue: Int16Array[] = [];
  readonly #encoded: Promise<Error | undefined>;
  #queued = 0;
  #state: 'open' | 'ended' | 'given-up' = 'open';
  #wake: () => void = () => undefined;

  /**
   * @param file The WAV file that is being recorded.
   * @param slots Where none is free the file is made of the WAV, when there is one.
   */
  constructor(file: string, format: CompressedFormat, facts: TagFacts, slots = new EncoderSlots()) {
    this.format = format;
    this.path = liveOutputPath(file, format);
    this.#facts = facts;
    this.#slots = slots;
    this.#encoded = slots.tryTake() ? this.#encode().finally(() => slots.release()) : this.#without();
  }

  /** Takes a copy of the samples that follow. */
  push(samples: Int16Array): void {
    if (this.#state !== 'open') return;
    this.#queue.push(samples.slice());
    this.#queued += samples.length / STEREO.channels;
    if (this.#queued > MAX_QUEUED) this.#end('given-up');
    else this.#wake();
  }

  /** Completes the file, from the WAV where the encoder was given up. @throws ERR_FILE, ERR_ENCODER. */
  async finish(wav: string): Promise<void> {
    if (this.#state === 'open') this.#end('ended');
    if (!(await this.#encoded)) return;
    await this.#slots.run(() => compress(wav, this.path, this.format, this.#facts));
  }

  async discard(): Promise<void> {
    this.#end('given-up');
    await this.#encoded;
    await removeFile(this.path);
  }

  #end(state: 'ended' | 'given-up'): void {
    this.#state = state;
    this.#wake();
  }

  async #without(): Promise<Error> {
    this.#end('given-up');
    return new JackfieldError('ERR_LIMIT', 'As many encoders as may run at once are running.');
  }

  #encode(): Promise<Error | undefined> {
    const input = { format: STEREO, source: this.#samples() };
    return compress(input, this.path, this.format, this.#facts).then(
      () => undefined,
      (error: Error) => {
        this.#end('given-up');
        this.#queue.length = 0;
        return error;
      },
    );
  }

  async *#samples(): AsyncGenerator<Int16Array, void, undefined> {
    for (;;) {
      if (this.#state === 'given-up') {
        throw new JackfieldError('ERR_ENCODER', `The ${this.format} encoder was given up.`);
      }
      const samples = this.#queue.shift();
      if (samples) {
        this.#queued -= samples.length / STEREO.channels;
        yield samples;
      } else if (this.#state === 'ended') {
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

export function liveOutputPath(file: string, format: CompressedFormat): string {
  return beside(file, `.${format}`);
}
