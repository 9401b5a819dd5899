import { JackfieldError } from '../../base/errors.js';
import { msToSamples, STEREO } from '../../base/pcm.js';
import { removeFile } from '../../files/private-file.js';
import { beside } from '../sidecar.js';
import { type CompressedFormat, compress, type TagFacts } from './compressed.js';
import { EncoderSlots } from './encoder-slots.js';

/** Longest audio that waits for a slow encoder: half a minute. Beyond that the file is encoded after the call. */
const MAX_QUEUED = msToSamples(30_000);

/**
 * A compressed file that is written during its recording. It never delays the recording: an encoder that fails or falls
 * too far behind is stopped, and the file is encoded from the complete WAV.
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
   * @param file The WAV file of the recording.
   * @param slots Slots for encoders. When none is free, the file is encoded from the WAV later.
   */
  constructor(file: string, format: CompressedFormat, facts: TagFacts, slots = new EncoderSlots()) {
    this.format = format;
    this.path = liveOutputPath(file, format);
    this.#facts = facts;
    this.#slots = slots;
    this.#encoded = slots.tryTake() ? this.#encode().finally(() => slots.release()) : this.#without();
  }

  /** Takes a copy of the next samples. */
  push(samples: Int16Array): void {
    if (this.#state !== 'open') return;
    this.#queue.push(samples.slice());
    this.#queued += samples.length / STEREO.channels;
    if (this.#queued > MAX_QUEUED) this.#end('given-up');
    else this.#wake();
  }

  /** Completes the file. Encodes it from the WAV if the encoder was stopped. @throws ERR_FILE, ERR_ENCODER. */
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
    return new JackfieldError('ERR_LIMIT', 'The limit of encoders that may run at once is reached.');
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
        throw new JackfieldError('ERR_ENCODER', `The ${this.format} encoder was cancelled.`);
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
