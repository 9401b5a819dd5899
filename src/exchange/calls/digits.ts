import type { Conversation, Leg } from '../../switch/leg.js';
import { dtmfSamples } from '../../voice/tone/dtmf.js';
import type { UserVoice } from '../voice/user-voice.js';

/** Most digits that wait to be sent. */
const MAX_DIGITS = 100;

/** DTMF digits of one end, sent as sound and as signals. They wait until there is a conversation. */
export class Digits {
  readonly #leg: Leg & { readonly voice: UserVoice };
  #early = '';

  constructor(leg: Leg & { readonly voice: UserVoice }) {
    this.#leg = leg;
  }

  /**
   * Sends digits, or keeps them until there is a conversation.
   *
   * @returns false when too many would wait; none of them is then sent.
   */
  send(digits: string, conversation: Conversation | undefined): boolean {
    const each = keyTone('0').length;
    const waiting = this.#early.length * each + this.#leg.voice.tonesWaiting;
    if (digits.length * each + waiting > MAX_DIGITS * each) return false;
    if (conversation) this.#sendTo(conversation, digits);
    else this.#early += digits;
    return true;
  }

  /** Sends the digits that waited. */
  sendKept(conversation: Conversation | undefined): void {
    const digits = this.#early;
    this.#early = '';
    if (conversation) this.#sendTo(conversation, digits);
  }

  #sendTo(conversation: Conversation, digits: string): void {
    for (const digit of digits) {
      this.#leg.voice.addTones(keyTone(digit));
      conversation.digit(this.#leg, digit);
    }
  }
}

/** Tones, made once for each key, so that many key presses at once do not delay the voice. */
const keyTones = new Map<string, Int16Array>();

function keyTone(key: string): Int16Array {
  const samples = keyTones.get(key) ?? dtmfSamples(key);
  keyTones.set(key, samples);
  return samples;
}
