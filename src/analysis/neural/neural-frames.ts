import { FRAME, type VoiceBands } from '../leg/voice-bands.js';
import { NEURAL_WINDOW, type NeuralState, neuralState, type SileroNetwork } from './silero-network.js';

/** Windows whose results are kept: two seconds. */
const KEPT = 64;
/** Least likelihood at which speech begins, and at which it goes on. */
const BEGIN = 0.5;
const GO_ON = 0.35;

/**
 * Detects frames with speech by the network. The network decides on 32 ms at a time, so the exact end of speech is
 * found by the level of the frames.
 */
export class NeuralFrames {
  readonly #network: SileroNetwork;
  readonly #state: NeuralState = neuralState();
  readonly #window = new Float32Array(NEURAL_WINDOW);
  readonly #likely = new Float32Array(KEPT);
  #filled = 0;
  #count = 0;
  #isSpeech = false;

  constructor(network: SileroNetwork) {
    this.#network = network;
  }

  /** Takes the newest frame of a leg. */
  take({ samples, end }: VoiceBands): void {
    for (let i = end - FRAME; i < end; i++) {
      this.#window[this.#filled++] = (samples[i & (samples.length - 1)] as number) / 32768;
      if (this.#filled < NEURAL_WINDOW) continue;
      this.#filled = 0;
      this.#likely[this.#count++ % KEPT] = this.#network.take(this.#window, this.#state);
    }
  }

  /** Decides on a frame of the last two seconds. Call it once for each frame, in order. */
  decide(frame: number): boolean {
    // The network detects a word some frames after its start.
    const likely = Math.max(this.#at(frame), this.#at(frame + 1));
    this.#isSpeech = likely >= (this.#isSpeech ? GO_ON : BEGIN);
    return this.#isSpeech;
  }

  #at(frame: number): number {
    const middle = frame * FRAME + FRAME / 2;
    const window = Math.min(this.#count - 1, Math.floor(middle / NEURAL_WINDOW));
    return window < 0 ? 0 : (this.#likely[window % KEPT] as number);
  }
}
