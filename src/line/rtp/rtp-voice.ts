import type { LineQuality } from '../../base/line-quality.js';
import type { Clock } from '../../base/time/clock.js';
import type { MadeUp, Party } from '../../switch/party.js';
import { DtmfDetector, type DtmfEvent } from '../../voice/tone/dtmf-detector.js';
import type { JitterBuffer } from '../rtp-playout/jitter-buffer.js';
import type { RtpSender } from './rtp-sender.js';

/** Parts of a session that its voice goes through. */
export interface RtpVoiceParts {
  readonly clock: Clock;
  readonly playout: JitterBuffer;
  readonly sender: RtpSender;
  onTone(event: DtmfEvent): void;
  onLeave(): void;
  quality(): LineQuality | undefined;
}

/** The peer of a session as a party of a conversation: it says what came, and what it hears is sent. */
export class RtpVoice implements Party {
  readonly #clock: Clock;
  readonly #playout: JitterBuffer;
  readonly #sender: RtpSender;
  readonly #onTone: (event: DtmfEvent) => void;
  readonly #onLeave: () => void;
  readonly #quality: () => LineQuality | undefined;
  #ear: DtmfDetector | undefined;

  constructor({ clock, playout, sender, onTone, onLeave, quality }: RtpVoiceParts) {
    this.#clock = clock;
    this.#playout = playout;
    this.#sender = sender;
    this.#onTone = onTone;
    this.#onLeave = onLeave;
    this.#quality = quality;
  }

  /** Listens for digits in the voice from now on, or no more. */
  listen(isOn: boolean): void {
    this.#ear = isOn ? (this.#ear ?? new DtmfDetector()) : undefined;
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
  }

  /** Out of a conversation nothing is asked for: what came meanwhile is not played later. */
  pause(): void {
    this.#playout.restart();
  }

  async leave(): Promise<void> {
    this.#onLeave();
  }
}
