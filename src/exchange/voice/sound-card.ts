/** The endpoint's sound device: source and destination of a user's voice when it is not redirected. */
export interface SoundCard {
  /** Fills `frame` with what the microphone hears. */
  capture(frame: Int16Array): void;
  /** Plays `frame` on the speaker. */
  play(frame: Int16Array): void;
}

/** The sound card of a machine that has none: a microphone that hears true silence, a speaker that plays nothing. */
export const silentSoundCard: SoundCard = Object.freeze({
  capture: (frame: Int16Array) => {
    frame.fill(0);
  },
  play: () => undefined,
});
