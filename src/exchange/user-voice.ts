import { FRAME_SAMPLES, mixInto, type Party } from './party.js';
import type { SoundCard } from './sound-card.js';
import type { VoiceDestination, VoiceSource } from './stream.js';

/** The streams of a call that can be redirected, named as the properties of the CALL object. */
export type StreamKind = 'INPUT' | 'OUTPUT' | 'CAPTURE_MIC';

/** Where an input comes from besides, or instead of, the sound card. */
export interface InputRoute {
  readonly soundCard: boolean;
  readonly sources: readonly VoiceSource[];
}

/** Where an output, or the captured microphone, goes. */
export interface OutputRoute {
  readonly soundCard: boolean;
  readonly destinations: readonly VoiceDestination[];
}

/**
 * A user's end of a conversation: what he says comes from his input route, what he hears goes to his output
 * route, and his microphone is captured as long as the conversation lasts, whether it is heard or not
 * (reference, "Voice Streams").
 */
export class UserVoice implements Party {
  readonly #soundCard: SoundCard;
  readonly #microphone = new Int16Array(FRAME_SAMPLES);
  readonly #scratch = new Int16Array(FRAME_SAMPLES);
  #input: InputRoute = { soundCard: true, sources: [] };
  #output: OutputRoute = { soundCard: true, destinations: [] };
  #captureMic: readonly VoiceDestination[] = [];

  constructor(soundCard: SoundCard) {
    this.#soundCard = soundCard;
  }

  get input(): InputRoute {
    return this.#input;
  }

  get output(): OutputRoute {
    return this.#output;
  }

  get captureMic(): readonly VoiceDestination[] {
    return this.#captureMic;
  }

  /** Takes effect with the next tick; what was routed before is flushed and closed. */
  async routeInput(route: InputRoute): Promise<void> {
    const before = this.#input;
    this.#input = route;
    await closeAll(before.sources);
  }

  /** Takes effect with the next tick; what was routed before is flushed and closed. */
  async routeOutput(route: OutputRoute): Promise<void> {
    const before = this.#output;
    this.#output = route;
    await closeAll(before.destinations);
  }

  /** Takes effect with the next tick; what was routed before is flushed and closed. */
  async routeCaptureMic(destinations: readonly VoiceDestination[]): Promise<void> {
    const before = this.#captureMic;
    this.#captureMic = destinations;
    await closeAll(before);
  }

  async speak(frame: Int16Array): Promise<void> {
    this.#soundCard.capture(this.#microphone);
    for (const destination of this.#captureMic) await destination.write(this.#microphone);
    if (this.#input.soundCard) frame.set(this.#microphone);
    else frame.fill(0);
    for (const source of this.#input.sources) {
      await source.read(this.#scratch);
      mixInto(frame, this.#scratch);
    }
  }

  async hear(frame: Int16Array): Promise<void> {
    if (this.#output.soundCard) this.#soundCard.play(frame);
    for (const destination of this.#output.destinations) await destination.write(frame);
  }

  async leave(): Promise<void> {
    await closeAll([...this.#input.sources, ...this.#output.destinations, ...this.#captureMic]);
  }
}

async function closeAll(streams: readonly { close(): Promise<void> }[]): Promise<void> {
  await Promise.all(streams.map((stream) => stream.close()));
}
