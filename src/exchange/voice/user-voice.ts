import { waitFor } from '../../switch/bridge.js';
import { FRAME_SAMPLES, type MadeUp, mixInto, type Party } from '../../switch/party.js';
import type { Loudspeaker } from '../devices/loudspeaker.js';
import { CapturedMicrophone, type SharedMicrophone } from '../devices/shared-microphone.js';
import { type RedirectedStream, RouteChanges, type Routed, type StreamClosed } from './route-changes.js';
import type { VoiceDestination, VoiceSource } from './stream.js';

/** A source of input besides, or instead of, the sound card. */
export interface InputRoute {
  readonly soundCard: boolean;
  readonly sources: readonly Routed<VoiceSource>[];
}

/** A destination of the output or of the captured microphone. */
export interface OutputRoute {
  readonly soundCard: boolean;
  readonly destinations: readonly Routed<VoiceDestination>[];
}

export type SoundDeviceName = 'microphone' | 'speaker';

/** The devices of a user whose streams are not redirected. */
export interface SoundDevices {
  readonly loudspeaker: Loudspeaker;
  readonly microphone: SharedMicrophone;
}

/** Notices of a user's voice to the object that it belongs to. */
export interface UserVoiceEvents {
  /** Redirected input has begun to be sent, or ended (property VAA_INPUT_STATUS). */
  inputActive(active: boolean): void;
  /** A redirected stream was flushed and closed. */
  closed: StreamClosed;
  /** Stretches of what goes to a port were made up. `position`: that of the newest frame there. */
  madeUp?(port: number, position: number, stretches: readonly MadeUp[]): void;
  /** A sound device failed. */
  failed(device: SoundDeviceName, error: unknown): void;
  /** True when the user has muted the microphone. */
  muted(): boolean;
}

/** A source of the input route, and where it is read to: the first into what is said itself. */
interface Input {
  readonly source: VoiceSource;
  readonly samples: Int16Array | undefined;
}

/**
 * A user's end of a conversation: what they say comes from their input route, what they hear goes to their output
 * route, and their microphone can be captured as long as the conversation lasts, whether it is heard or not
 * (reference, "Voice Streams").
 */
export class UserVoice implements Party {
  readonly #loudspeaker: Loudspeaker;
  readonly #events: UserVoiceEvents;
  readonly #microphone: CapturedMicrophone;
  readonly #changes: RouteChanges;
  #input: InputRoute = { soundCard: true, sources: [] };
  #output: OutputRoute = { soundCard: true, destinations: [] };
  #captureMic: readonly Routed<VoiceDestination>[] = [];
  #inputs: readonly Input[] = [];
  #tones: Int16Array = new Int16Array(0);
  #inputActive = false;
  #listening = true;

  constructor({ loudspeaker, microphone }: SoundDevices, events: UserVoiceEvents) {
    this.#loudspeaker = loudspeaker;
    this.#events = events;
    this.#microphone = new CapturedMicrophone(
      microphone.tap(),
      () => events.muted(),
      (error) => events.failed('microphone', error),
    );
    this.#changes = new RouteChanges((...closed) => events.closed(...closed));
  }

  get input(): InputRoute {
    return this.#input;
  }

  get output(): OutputRoute {
    return this.#output;
  }

  get captureMic(): readonly Routed<VoiceDestination>[] {
    return this.#captureMic;
  }

  /** True while redirected input is being sent (property VAA_INPUT_STATUS). */
  get inputActive(): boolean {
    return this.#inputActive;
  }

  /** Runs `change` when the changes of this stream that were asked for before are made. */
  inTurn<T>(kind: RedirectedStream, change: () => Promise<T>): Promise<T> {
    return this.#changes.inTurn(kind, change);
  }

  /**
   * Takes effect with the next tick. A stream that was there before goes on untouched; one that is no more is flushed
   * and closed, without holding up the call.
   */
  routeInput(route: InputRoute): void {
    const before = this.#input.sources;
    this.#input = route;
    this.#inputs = route.sources.map(({ stream }, index) => ({
      source: stream,
      samples: index === 0 ? undefined : new Int16Array(FRAME_SAMPLES),
    }));
    this.#changes.closeGone('INPUT', before, route.sources);
    if (route.sources.length === 0) this.#tellInput(false);
  }

  /** As {@link routeInput}. */
  routeOutput(route: OutputRoute): void {
    const before = this.#output.destinations;
    this.#output = route;
    this.#changes.closeGone('OUTPUT', before, route.destinations);
  }

  /** As {@link routeInput}. */
  routeCaptureMic(destinations: readonly Routed<VoiceDestination>[]): void {
    const before = this.#captureMic;
    this.#captureMic = destinations;
    this.#changes.closeGone('CAPTURE_MIC', before, destinations);
  }

  /** Reads redirected inputs or stops reading them. While they are not read, their audio waits and silence is sent. */
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
    this.#microphone.capture(this.#input.soundCard || this.#captureMic.length > 0);
    const { soundCard } = this.#input;
    const inputs = this.#listening ? this.#inputs : [];
    const reading = waitFor(inputs, ({ source, samples = frame }) => source.read(samples));
    return reading
      ? reading.then(() => this.#say(frame, soundCard, inputs))
      : this.#say(frame, soundCard, inputs);
  }

  /** Sends the microphone's frame with the frame heard in the same tick, so that a client has both legs at once. */
  hear(frame: Int16Array, madeUp: readonly MadeUp[] = []): void | Promise<void> {
    const { soundCard, destinations } = this.#output;
    if (madeUp.length > 0) this.#tellMadeUp(madeUp);
    if (!soundCard) this.#loudspeaker.pause(this);
    else if (frame.length > 0) this.#play(frame);
    const microphone = this.#microphone.take();
    const captured = microphone && waitFor(this.#captureMic, ({ stream }) => stream.write(microphone));
    const heard = frame.length > 0 ? waitFor(destinations, ({ stream }) => stream.write(frame)) : undefined;
    return captured && heard ? Promise.all([captured, heard]).then(() => undefined) : (captured ?? heard);
  }

  pause(): void {
    this.#microphone.pause();
    this.#loudspeaker.pause(this);
  }

  async leave(): Promise<void> {
    this.pause();
    this.routeInput({ soundCard: false, sources: [] });
    this.routeOutput({ soundCard: false, destinations: [] });
    this.routeCaptureMic([]);
    await this.#changes.end();
  }

  #play(frame: Int16Array): void {
    try {
      this.#loudspeaker.play(this, frame);
    } catch (error) {
      this.#events.failed('speaker', error);
    }
  }

  #say(frame: Int16Array, soundCard: boolean, inputs: readonly Input[]): void {
    if (inputs.length > 0) {
      for (const { samples } of inputs) if (samples) mixInto(frame, samples);
      if (soundCard) mixInto(frame, this.#microphone.frame);
    } else if (soundCard) frame.set(this.#microphone.frame);
    else frame.fill(0);
    if (this.#tones.length > 0) {
      mixInto(frame, this.#tones);
      this.#tones = this.#tones.subarray(Math.min(FRAME_SAMPLES, this.#tones.length));
    }
    this.#tellInput(this.#listening && this.#input.sources.some(({ stream }) => stream.active));
  }

  #tellMadeUp(stretches: readonly MadeUp[]): void {
    for (const { stream } of this.#output.destinations) {
      const { reach } = stream;
      if (reach) this.#events.madeUp?.(reach.port, reach.position, stretches);
    }
  }

  #tellInput(active: boolean): void {
    if (active === this.#inputActive) return;
    this.#inputActive = active;
    this.#events.inputActive(active);
  }
}
