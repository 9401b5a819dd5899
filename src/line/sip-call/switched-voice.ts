import type { LineQuality } from '../../base/line-quality.js';
import type { MadeUp, Party } from '../../switch/party.js';

/** Voice of a leg whose source may change within a call, by a transfer to another phone. */
export class SwitchedVoice implements Party {
  #party: Party;

  constructor(party: Party) {
    this.#party = party;
  }

  /** Goes on with another party. The previous one is not ended. */
  become(party: Party): void {
    this.#party = party;
  }

  speak(frame: Int16Array): void | Promise<void> {
    return this.#party.speak(frame);
  }

  madeUp(): readonly MadeUp[] {
    return this.#party.madeUp?.() ?? [];
  }

  quality(): LineQuality | undefined {
    return this.#party.quality?.();
  }

  hear(frame: Int16Array, madeUp?: readonly MadeUp[]): void | Promise<void> {
    return this.#party.hear(frame, madeUp);
  }

  isAwaited(): boolean {
    return this.#party.isAwaited?.() ?? false;
  }

  spareMs(): number | undefined {
    return this.#party.spareMs?.();
  }

  pause(): void {
    this.#party.pause?.();
  }

  async leave(): Promise<void> {
    await this.#party.leave();
  }
}

/** Voice before the answer. It goes on after the caller was connected: leaving is a pause. */
export class EarlyVoice extends SwitchedVoice {
  override async leave(): Promise<void> {
    this.pause();
  }
}
