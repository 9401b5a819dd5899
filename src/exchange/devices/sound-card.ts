/** Parameters of the API that choose a sound device. */
export type DeviceUse = 'AUDIO_IN' | 'AUDIO_OUT' | 'RINGER';

/** The endpoint's sound device: source and destination of a user's voice when it is not redirected. */
export interface SoundCard {
  /** Fills `frame` with what the microphone hears. */
  capture(frame: Int16Array): void;
  /** Plays `frame` on the speaker. */
  play(frame: Int16Array): void;
  /** Plays `frame` of a ring tone. Default: calls do not ring on this card. */
  ring?(frame: Int16Array): void;
  /** Takes the device that a parameter names; empty for the default. Default: it has no choice. */
  choose?(use: DeviceUse, name: string): void;
  /** Lets go of its devices. Called when the exchange is closed. */
  close?(): Promise<void>;
}

/** The sound card of a machine that has none: a microphone that hears true silence, a speaker that plays nothing. */
export const silentSoundCard: SoundCard = Object.freeze({
  capture: (frame: Int16Array) => {
    frame.fill(0);
  },
  play: () => undefined,
});
