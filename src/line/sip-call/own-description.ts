import { type SipBody, sdpBody } from '../sip-message/body.js';
import {
  type CallDescription,
  type OwnVoice,
  type StreamLine,
  writeDescription,
} from './call-description.js';

/** Description that this end writes of a call. Its streams are in the places in which the other end has put them. */
export class OwnDescription {
  readonly #id = Math.floor(Math.random() * 2 ** 31);
  #version = 0;
  #streams: readonly StreamLine[] = [];
  /** Place of the voice. */
  #index = 0;

  /** Takes the places of the streams from a description of the other end. */
  follow(streams: CallDescription['streams'], index: number): void {
    this.#streams = streams;
    this.#index = index;
  }

  /** Writes the next version. */
  write(voice: OwnVoice): SipBody {
    this.#version++;
    const origin = { id: this.#id, version: this.#version };
    return sdpBody(writeDescription(voice, origin, this.#streams, this.#index));
  }
}
