import { runAll } from '../../switch/bridge.js';
import { FRAME_SAMPLES, type MadeUp, mixInto, type Party } from '../../switch/party.js';
import type { Loudspeaker } from '../devices/loudspeaker.js';
import { CapturedMicrophone, type SharedMicrophone } from '../devices/shared-microphone.js';
import { type RedirectedStream, RouteChanges, type Routed, type StreamClosed } from './route-changes.js';
import type { VoiceDestination, VoiceSource } from './stream.js';

/** A route of the input: the sound card, other sources or both. */
export interface InputRoute {
  readonly soundCard: boolean;
  readonly sources: readonly Routed<VoiceSource>[];
}

/** A route of the output or of the captured microphone. */
export interface OutputRoute {
  readonly soundCard: boolean;
  readonly destinations: readonly Routed<VoiceDestination>[];
}

export type SoundDeviceName = 'microphone' | 'speaker';

/** Devices that a user's streams use when they are not redirected. */
export interface SoundDevices {
  readonly loudspeaker: Loudspeaker;
  readonly microphone: SharedMicrophone;
}

/** Callbacks of a user's voice to the object that it belongs to. */
export interface UserVoiceEvents {
  /** Called when redirected input begins or ends (property VAA_INPUT_STATUS). */
  inputActive(active: boolean): void;
  /** Called when a redirected stream was flushed and closed. */
  closed: StreamClosed;
  /**
   * Called when stretches of the output to a port were made up by the line. `position`: that of the newest frame
   * there.
   */
  madeUp?(port: number, position: number, stretches: readonly MadeUp[]): void;
  /** Called when a sound device has failed. */
  failed(device: SoundDeviceName, error: unknown): void;
  /** True when the user has muted the microphone. */
  muted(): boolean;
}

/**
 * A source of the input route, and the frame that it is read into. The first source is read directly into the outgoing
 * frame.
 */
interface Input {
  readonly source: VoiceSource;
  readonly samples: Int16Array | undefined;
}

/**
 * A user's end of a conversation. The user's speech comes from the input route, and the other side is heard on the
 * output route. The microphone can be captured throughout the conversation, also while it is not sent (reference,
 * "Voice Streams").
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

  /** Runs `change` after the earlier changes of this stream. */
  inTurn<T>(kind: RedirectedStream, change: () => Promise<T>): Promise<T> {
    return this.#changes.inTurn(kind, change);
  }

  /**
   * Changes the input route from the next tick on. A stream that was in the old route continues unchanged. A stream
   * that is no longer in the route is flushed and closed, without delaying the call.
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

  /** Starts or stops reading redirected inputs. While they are not read, their audio waits and silence is sent. */
  listen(on: boolean): void {
    this.#listening = on;
  }

  /** Samples of tones that wait to be sent. */
  get tonesWaiting(): number {
    return this.#tones.length;
  }

  /** Adds samples, such as DTMF tones, to the outgoing voice from the next tick on. */
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
    const reading = runAll(inputs, ({ source, samples = frame }) => source.read(samples));
    return reading
      ? reading.then(() => this.#say(frame, soundCard, inputs))
      : this.#say(frame, soundCard, inputs);
  }

  /**
   * Writes the heard frame and the microphone's frame of the same tick together, so that a client gets both legs at
   * once.
   */
  hear(frame: Int16Array, madeUp: readonly MadeUp[] = []): void | Promise<void> {
    const { soundCard, destinations } = this.#output;
    if (madeUp.length > 0) this.#tellMadeUp(madeUp);
    if (!soundCard) this.#loudspeaker.pause(this);
    else if (frame.length > 0) this.#play(frame);
    const microphone = this.#microphone.take();
    const captured = microphone && runAll(this.#captureMic, ({ stream }) => stream.write(microphone));
    const heard = frame.length > 0 ? runAll(destinations, ({ stream }) => stream.write(frame)) : undefined;
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
