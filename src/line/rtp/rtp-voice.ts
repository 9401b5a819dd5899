import { type Deferred, deferred } from '../../base/deferred.js';
import type { LineQuality } from '../../base/line-quality.js';
import type { Clock } from '../../base/time/clock.js';
import type { MadeUp, Party } from '../../switch/party.js';
import { DtmfDetector, type DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import type { JitterBuffer } from '../rtp-playout/jitter-buffer.js';
import type { RtpSender } from './rtp-sender.js';

/** Parts of a session that its voice uses. */
export interface RtpVoiceParts {
  readonly clock: Clock;
  readonly playout: JitterBuffer;
  readonly sender: RtpSender;
  onTone(event: DtmfEvent): void;
  onLeave(): void;
  quality(): LineQuality | undefined;
}

/** Longest time for which the end of a call waits for voice to be played, in ms. */
const LAST_VOICE_MS = 500;

/** Peer of a session as a party of a conversation: it speaks what was received, and what it hears is sent. */
export class RtpVoice implements Party {
  readonly #clock: Clock;
  readonly #playout: JitterBuffer;
  readonly #sender: RtpSender;
  readonly #onTone: (event: DtmfEvent) => void;
  readonly #onLeave: () => void;
  readonly #quality: () => LineQuality | undefined;
  #ear: DtmfDetector | undefined;
  /** Settled when all that has come was played and heard. */
  #lastPlayed: Deferred<void> | undefined;

  constructor({ clock, playout, sender, onTone, onLeave, quality }: RtpVoiceParts) {
    this.#clock = clock;
    this.#playout = playout;
    this.#sender = sender;
    this.#onTone = onTone;
    this.#onLeave = onLeave;
    this.#quality = quality;
  }

  /** Starts or stops listening for digits (DTMF tones) in the voice. */
  listen(isOn: boolean): void {
    this.#ear = isOn ? (this.#ear ?? new DtmfDetector()) : undefined;
  }

  /** Resolves when all that has come was played in the conversation; after 500 ms at the latest. */
  played(): Promise<void> {
    if (this.#playout.isPlayed) return Promise.resolve();
    if (this.#lastPlayed) return this.#lastPlayed.promise;
    const played = deferred<void>();
    this.#lastPlayed = played;
    const cancel = this.#clock.timerAt(this.#clock.now() + LAST_VOICE_MS, () => this.#onPlayed());
    return played.promise.finally(cancel);
  }

  speak(frame: Int16Array): void {
    this.#playout.play(frame, this.#clock.now());
    if (this.#ear) for (const event of this.#ear.push(frame)) this.#onTone(event);
  }

  madeUp(): readonly MadeUp[] {
    return this.#playout.madeUp();
  }

  quality(): LineQuality | undefined {
    return this.#quality();
  }

  hear(frame: Int16Array): void {
    this.#sender.take(frame, this.#clock.now());
    // All have spoken in this tick, and hear each other in it.
    if (this.#lastPlayed && this.#playout.isPlayed) this.#onPlayed();
  }

  /** Restarts the jitter buffer. Voice that arrives outside a conversation is not played later. */
  pause(): void {
    this.#playout.restart();
    this.#onPlayed();
  }

  async leave(): Promise<void> {
    this.#onLeave();
  }

  #onPlayed(): void {
    this.#lastPlayed?.resolve();
    this.#lastPlayed = undefined;
  }
}
