import { JackfieldError } from '../base/errors.js';

/** Bytes of text that one X11 ClientMessage event carries. */
export const X11_CHUNK_BYTES = 20;

/** Longest message that {@link X11Assembler} accepts by default, in bytes. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * Cuts a message into pieces for the X11 transport. The text is UTF-8 and ends with one NUL, which is also sent. Pieces
 * have 20 bytes; the last one is padded with NUL. A text of 20 bytes therefore takes two pieces.
 *
 * @throws ERR_LINE_BREAK when the text contains a NUL.
 */
export function x11Chunks(text: string): Uint8Array[] {
  if (text.includes('\0')) {
    throw new JackfieldError(
      'ERR_LINE_BREAK',
      'The message contains NUL, which would end it: remove the NUL.',
    );
  }
  const bytes = new TextEncoder().encode(text);
  const count = Math.floor(bytes.length / X11_CHUNK_BYTES) + 1;
  return Array.from({ length: count }, (_, index) => {
    const chunk = new Uint8Array(X11_CHUNK_BYTES);
    chunk.set(bytes.subarray(index * X11_CHUNK_BYTES, (index + 1) * X11_CHUNK_BYTES));
    return chunk;
  });
}

/**
 * Joins the pieces of one sender to messages. Pieces of two messages are never mixed: when a message begins before the
 * last one was complete, the incomplete one is counted and dropped.
 */
export class X11Assembler {
  readonly #maxMessageBytes: number;
  #pieces: Uint8Array[] | undefined;
  #dropped = 0;

  /** @param options.maxMessageBytes longest message that is accepted. Default 1 MiB. */
  constructor(options: { readonly maxMessageBytes?: number } = {}) {
    this.#maxMessageBytes = options.maxMessageBytes ?? MAX_MESSAGE_BYTES;
  }

  /** Number of messages that were incomplete, too long, not UTF-8, or whose beginning was missed. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Takes the 20 bytes of one event. Returns the message when they complete it.
   *
   * @param begin True for an event of type `SKYPECONTROLAPI_MESSAGE_BEGIN`.
   */
  push(begin: boolean, bytes: Uint8Array): string | undefined {
    if (begin) {
      if (this.#pieces) this.#drop();
      this.#pieces = [];
    } else if (!this.#pieces) {
      this.#dropped += bytes.includes(0) ? 1 : 0;
      return undefined;
    }
    const end = bytes.indexOf(0);
    this.#pieces?.push(end < 0 ? bytes.slice() : bytes.slice(0, end));
    if (end >= 0) return this.#complete();
    if ((this.#pieces?.length ?? 0) * X11_CHUNK_BYTES > this.#maxMessageBytes) this.#drop();
    return undefined;
  }

  #complete(): string | undefined {
    const pieces = this.#pieces ?? [];
    this.#pieces = undefined;
    const message = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      message.set(piece, at);
      at += piece.length;
    }
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message);
    } catch {
      this.#dropped++;
      return undefined;
    }
  }

  #drop(): void {
    this.#pieces = undefined;
    this.#dropped++;
  }
}
