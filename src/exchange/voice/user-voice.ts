import { waitFor } from './bridge.js';
import { FRAME_SAMPLES, mixInto, type Party } from './party.js';
import type { SoundCard } from './sound-card.js';
import type { StreamStats, VoiceDestination, VoiceSource } from './stream.js';

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

export type SoundDevice = 'microphone' | 'speaker';

/** What a user's voice tells the object that it belongs to. */
export interface UserVoiceEvents {
  /** Redirected input has begun to be sent, or ended (property VAA_INPUT_STATUS). */
  inputActive(active: boolean): void;
  /** A redirected stream was flushed and closed; `stats` are its last. */
  closed(stream: StreamKind, stats: StreamStats): void;
  /** A sound device failed. */
  failed(device: SoundDevice, error: unknown): void;
  /** Whether the user has muted his microphone. */
  muted(): boolean;
}

/** A source of the input route, and where it is read to: the first into what is said itself. */
interface Input {
  readonly source: VoiceSource;
  readonly samples: Int16Array | undefined;
}

/**
 * A user's end of a conversation: what he says comes from his input route, what he hears goes to his output
 * route, and his microphone can be captured as long as the conversation lasts, whether it is heard or not
 * (reference, "Voice Streams").
 */
export class UserVoice implements Party {
  readonly #soundCard: SoundCard;
  readonly #events: UserVoiceEvents;
  readonly #microphone = new Int16Array(FRAME_SAMPLES);
  #input: InputRoute = { soundCard: true, sources: [] };
  #output: OutputRoute = { soundCard: true, destinations: [] };
  #captureMic: readonly VoiceDestination[] = [];
  #inputs: readonly Input[] = [];
  #tones: Int16Array = new Int16Array(0);
  #inputActive = false;
  #listening = true;
  #left = false;
  #closing: Promise<void> = Promise.resolve();

  constructor(soundCard: SoundCard, events: UserVoiceEvents) {
    this.#soundCard = soundCard;
    this.#events = events;
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

  /** Takes effect with the next tick; what was routed before is flushed and closed, without holding up the call. */
  routeInput(route: InputRoute): void {
    const before = this.#input;
    this.#input = route;
    this.#inputs = route.sources.map((source, index) => ({
      source,
      samples: index === 0 ? undefined : new Int16Array(FRAME_SAMPLES),
    }));
    this.#close('INPUT', before.sources);
    if (route.sources.length === 0) this.#tellInput(false);
    if (this.#left) this.#close('INPUT', route.sources);
  }

  /** As {@link routeInput}. */
  routeOutput(route: OutputRoute): void {
    const before = this.#output;
    this.#output = route;
    this.#close('OUTPUT', before.destinations);
    if (this.#left) this.#close('OUTPUT', route.destinations);
  }

  /** As {@link routeInput}. */
  routeCaptureMic(destinations: readonly VoiceDestination[]): void {
    const before = this.#captureMic;
    this.#captureMic = destinations;
    this.#close('CAPTURE_MIC', before);
    if (this.#left) this.#close('CAPTURE_MIC', destinations);
  }

  /** Whether redirected inputs are read. While they are not, what they have to say waits, and silence is said. */
  listen(on: boolean): void {
    this.#listening = on;
  }

  /** Samples of tones that wait to be said. */
  get tonesWaiting(): number {
    return this.#tones.length;
  }

  /** Puts samples on top of what is said, from the next tick on: DTMF. */
  addTones(samples: Int16Array): void {
    const tones = new Int16Array(this.#tones.length + samples.length);
    tones.set(this.#tones);
    tones.set(samples, this.#tones.length);
    this.#tones = tones;
  }

  speak(frame: Int16Array): void | Promise<void> {
    this.#capture();
    const { soundCard } = this.#input;
    const inputs = this.#listening ? this.#inputs : [];
    const writing = waitFor(this.#captureMic, (destination) => destination.write(this.#microphone));
    const reading = waitFor(inputs, ({ source, samples = frame }) => source.read(samples));
    if (!writing && !reading) return this.#say(frame, soundCard, inputs);
    return Promise.all([writing, reading]).then(() => this.#say(frame, soundCard, inputs));
  }

  hear(frame: Int16Array): void | Promise<void> {
    const { soundCard, destinations } = this.#output;
    if (soundCard) {
      try {
        this.#soundCard.play(frame);
      } catch (error) {
        this.#events.failed('speaker', error);
      }
    }
    return waitFor(destinations, (destination) => destination.write(frame));
  }

  async leave(): Promise<void> {
    this.#left = true;
    this.#close('INPUT', this.#input.sources);
    this.#close('OUTPUT', this.#output.destinations);
    this.#close('CAPTURE_MIC', this.#captureMic);
    this.#input = { soundCard: false, sources: [] };
    this.#inputs = [];
    this.#output = { soundCard: false, destinations: [] };
    this.#captureMic = [];
    this.#tellInput(false);
    await this.#closing;
  }

  /** What the microphone hears, where somebody hears that. */
  #capture(): void {
    if (!this.#input.soundCard && this.#captureMic.length === 0) return;
    try {
      this.#soundCard.capture(this.#microphone);
      if (this.#events.muted()) this.#microphone.fill(0);
    } catch (error) {
      this.#microphone.fill(0);
      this.#events.failed('microphone', error);
    }
  }

  #say(frame: Int16Array, soundCard: boolean, inputs: readonly Input[]): void {
    if (inputs.length > 0) {
      for (const { samples } of inputs) if (samples) mixInto(frame, samples);
      if (soundCard) mixInto(frame, this.#microphone);
    } else if (soundCard) frame.set(this.#microphone);
    else frame.fill(0);
    if (this.#tones.length > 0) {
      mixInto(frame, this.#tones);
      this.#tones = this.#tones.subarray(Math.min(FRAME_SAMPLES, this.#tones.length));
    }
    this.#tellInput(this.#input.sources.some((source) => source.active));
  }

  #tellInput(active: boolean): void {
    if (active === this.#inputActive) return;
    this.#inputActive = active;
    this.#events.inputActive(active);
  }

  #close(kind: StreamKind, streams: readonly (VoiceSource | VoiceDestination)[]): void {
    if (streams.length === 0) return;
    const closed = streams.map(async (stream) => {
      await stream.close();
      this.#events.closed(kind, stream.stats);
    });
    this.#closing = Promise.all([this.#closing, ...closed]).then(() => undefined);
  }
}
