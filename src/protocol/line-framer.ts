import { checkArgument, checkOptions, oneOf, type Rules, whole, words } from '../base/check.js';
import { JackfieldError } from '../base/errors.js';
import { BYTES } from '../base/pcm.js';

/** End of a message on a stream. */
export type LineTerminator = 'lf' | 'nul' | 'either';

export interface LineFramerOptions {
  /** Longest message in bytes, without its terminator. The reference sets no limit. Default 1 MiB. */
  readonly maxLineBytes?: number;
  /** `lf` also accepts CR LF. Text that contains line breaks needs `nul`. Default `either`. */
  readonly terminator?: LineTerminator;
}

const RULES: Rules<LineFramerOptions> = {
  maxLineBytes: whole(1, Number.MAX_SAFE_INTEGER, 'bytes'),
  terminator: oneOf('lf', 'nul', 'either'),
};

export const DEFAULT_LINE_FRAMER: Required<LineFramerOptions> = {
  maxLineBytes: 1_048_576,
  terminator: 'either',
};

export type FramingErrorCode = 'ERR_LINE_TOO_LONG' | 'ERR_INVALID_UTF8';

/** Error of a stream that can no longer be read. The messages before the fault are in {@link lines}. */
export class FramingError extends JackfieldError {
  /** Byte offset of the fault, counted from the first byte that the framer was given. */
  readonly offset: number;
  /** The messages of the same chunk that were complete before the fault. */
  readonly lines: readonly string[];

  constructor(code: FramingErrorCode, message: string, offset: number, lines: readonly string[]) {
    super(code, message);
    this.offset = offset;
    this.lines = lines;
  }
}

const LF = 0x0a;
const CR = 0x0d;
const NUL = 0x00;

/**
 * Cuts a byte stream into messages. Takes any split of the input and holds at most one unfinished message, never
 * more than `maxLineBytes`. Empty messages are skipped: a CR LF or a NUL LF pair ends one message, not two.
 */
export class LineFramer {
  readonly #maxLineBytes: number;
  #terminator: LineTerminator;
  /** The message after which NUL is the only terminator, if the message itself ends with NUL. */
  #nulAfter: string | undefined;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #pending = new Uint8Array(256);
  #pendingLength = 0;
  /** Offset in the stream of the first byte that is not part of a complete message. */
  #lineOffset = 0;
  #fault: { readonly code: FramingErrorCode; readonly message: string; readonly offset: number } | undefined;

  /** @throws ERR_INVALID_ARG when an option is outside its range. */
  constructor(options: LineFramerOptions = {}) {
    checkOptions(options, RULES);
    const { maxLineBytes, terminator } = { ...DEFAULT_LINE_FRAMER, ...options };
    this.#maxLineBytes = maxLineBytes;
    this.#terminator = terminator;
  }

  /** The terminator in use. */
  get terminator(): LineTerminator {
    return this.#terminator;
  }

  /** Makes NUL the only terminator after this message, with which its sender changes over. The message may be empty. */
  expectNulAfter(message: string): void {
    checkArgument('message', message, words);
    this.#nulAfter = message;
  }

  /** Bytes of the unfinished message. */
  get pendingBytes(): number {
    return this.#pendingLength;
  }

  /**
   * Takes the next bytes. The chunk may be reused afterwards.
   *
   * @returns the messages that the bytes complete.
   * @throws ERR_LINE_TOO_LONG, ERR_INVALID_UTF8 as a {@link FramingError}, which holds the offset of the fault and the
   * messages before it. A stream with broken framing cannot be trusted: every later push also throws.
   */
  push(chunk: Uint8Array): string[] {
    checkArgument('chunk', chunk, BYTES);
    if (this.#fault) throw new FramingError(this.#fault.code, this.#fault.message, this.#fault.offset, []);
    const lines: string[] = [];
    let start = 0;
    for (let end = this.#findEnd(chunk, 0); end >= 0; end = this.#findEnd(chunk, start)) {
      const line = this.#complete(chunk.subarray(start, end), lines);
      if (line !== '') lines.push(line);
      if (line === this.#nulAfter && chunk[end] === NUL) this.#terminator = 'nul';
      start = end + 1;
    }
    this.#keep(chunk.subarray(start), lines);
    return lines;
  }

  #findEnd(chunk: Uint8Array, from: number): number {
    const lf = this.#terminator === 'nul' ? -1 : chunk.indexOf(LF, from);
    if (this.#terminator === 'lf') return lf;
    // The search for NUL stops at the LF. This keeps it linear in the length of the chunk.
    const nul = (lf < 0 ? chunk : chunk.subarray(0, lf)).indexOf(NUL, from);
    return nul < 0 ? lf : nul;
  }

  #complete(tail: Uint8Array, lines: readonly string[]): string {
    let bytes = tail;
    if (this.#pendingLength > 0) {
      this.#keep(tail, lines);
      bytes = this.#pending.subarray(0, this.#pendingLength);
    }
    const consumed = bytes.length + 1;
    if (this.#terminator !== 'nul' && bytes[bytes.length - 1] === CR) bytes = bytes.subarray(0, -1);
    if (bytes.length > this.#maxLineBytes) this.#failTooLong(lines);
    const line = this.#decode(bytes, lines);
    this.#pendingLength = 0;
    this.#lineOffset += consumed;
    return line;
  }

  /** Adds bytes to the unfinished message. One byte above the limit is allowed: it may be the CR of a CR LF. */
  #keep(bytes: Uint8Array, lines: readonly string[]): void {
    const length = this.#pendingLength + bytes.length;
    if (length > this.#maxLineBytes + 1) this.#failTooLong(lines);
    if (length > this.#pending.length) {
      const grown = new Uint8Array(
        Math.min(Math.max(length, this.#pending.length * 2), this.#maxLineBytes + 1),
      );
      grown.set(this.#pending.subarray(0, this.#pendingLength));
      this.#pending = grown;
    }
    this.#pending.set(bytes, this.#pendingLength);
    this.#pendingLength = length;
  }

  #decode(bytes: Uint8Array, lines: readonly string[]): string {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      const offset = this.#lineOffset + invalidUtf8At(bytes);
      return this.#fail(
        'ERR_INVALID_UTF8',
        `A message must be UTF-8; the byte at offset ${offset} is not. Close the connection.`,
        offset,
        lines,
      );
    }
  }

  #failTooLong(lines: readonly string[]): never {
    this.#fail(
      'ERR_LINE_TOO_LONG',
      `A message must end within ${this.#maxLineBytes} bytes; the one at offset ${this.#lineOffset} does not. ` +
        'Raise maxLineBytes if it is meant to be that long.',
      this.#lineOffset + this.#maxLineBytes,
      lines,
    );
  }

  #fail(code: FramingErrorCode, message: string, offset: number, lines: readonly string[]): never {
    this.#fault = { code, message, offset };
    this.#pending = new Uint8Array(0);
    this.#pendingLength = 0;
    throw new FramingError(code, message, offset, lines);
  }
}

/** Index of the first byte that is not valid UTF-8 (RFC 3629). Surrogates and overlong forms are not valid. */
function invalidUtf8At(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** Length of the well-formed sequence at `at`, 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf5 || lead < 0xc2 ? 0 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i] ?? 0;
    if (byte < 0x80 || byte > 0xbf) return 0;
  }
  const second = bytes[at + 1] ?? 0;
  const overlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
  const outOfRange = (lead === 0xed && second > 0x9f) || (lead === 0xf4 && second > 0x8f);
  return overlong || outOfRange ? 0 : length;
}
