import type { MediaTrack } from '../dialect/media-event.js';

/** Message of audio, with its payload in base64 as it came. */
export interface UsualMessage {
  readonly track: MediaTrack;
  readonly chunk: number;
  readonly payload: string;
}

const PAYLOAD = '"payload":"';
const BODY =
  /^\d{1,15}","media":\{"track":"(inbound|outbound)","chunk":"(\d{1,15})","timestamp":"\d{1,15}",$/;

/**
 * Reads messages of audio in the exact form in which providers write them, without parsing JSON: 50 a second and call
 * come. It understands no other form, and then somebody else has to read the message.
 */
export class UsualMedia {
  readonly #head: string;
  readonly #tail: string;

  /**
   * @param sequence name of the field with the number of the message.
   * @param id name and value of the field with the identity of the stream.
   */
  constructor(sequence: string, id: readonly [name: string, value: string]) {
    this.#head = `{"event":"media","${sequence}":"`;
    this.#tail = `"},"${id[0]}":${JSON.stringify(id[1])}}`;
  }

  /** Returns undefined for a message in another form. */
  read(text: string): UsualMessage | undefined {
    if (!text.startsWith(this.#head)) return undefined;
    const at = text.indexOf(PAYLOAD);
    const from = at + PAYLOAD.length;
    const to = text.length - this.#tail.length;
    if (at < 0 || to < from || text.indexOf('"', from) !== to || !text.endsWith(this.#tail)) return undefined;
    const [, track, chunk] = BODY.exec(text.slice(this.#head.length, at)) ?? [];
    const payload = text.slice(from, to);
    if (track === undefined || payload.includes('\\')) return undefined;
    return { track: track === 'outbound' ? 'outbound' : 'inbound', chunk: Number(chunk), payload };
  }
}
