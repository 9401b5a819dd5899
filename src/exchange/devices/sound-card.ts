/** Parameters of the API that choose a sound device. */
export type DeviceUse = 'AUDIO_IN' | 'AUDIO_OUT' | 'RINGER';

/** The endpoint's sound device: source and destination of a user's voice that is not redirected. */
export interface SoundCard {
  /** Fills `frame` with what the microphone hears. */
  capture(frame: Int16Array): void;
  /** Plays `frame` on the speaker. */
  play(frame: Int16Array): void;
  /** Plays `frame` of a ring tone. Default: calls do not ring on this card. */
  ring?(frame: Int16Array): void;
  /** Selects the device named by a parameter; empty for the default. Default: there is only one device. */
  choose?(use: DeviceUse, name: string): void;
  /** Closes its devices. Called when the exchange is closed. */
  close?(): Promise<void>;
}

/** Sound card of a machine without one: the microphone gives digital silence and the speaker plays nothing. */
export const silentSoundCard: SoundCard = Object.freeze({
  capture: (frame: Int16Array) => {
    frame.fill(0);
  },
  play: () => undefined,
});
