import { EventEmitter } from 'node:events';
import { addAbortSignal, type Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

interface LineEvents {
  readonly line: [line: string];
}

/**
 * Cuts the text of a stream into lines, at LF, CR LF and CR alone, as events `line`. U+2028 and U+2029 are text, also
 * where `node:readline` cuts at them in newer versions of Node: JSON leaves them as they are. A stream that breaks emits its own
 * error; this object emits none.
 */
export class LineReader extends EventEmitter<LineEvents> {
  readonly #input: Readable;
  readonly #cutter = new LineCutter();

  constructor(input: Readable) {
    super();
    this.#input = input;
    input.on('data', (chunk: Buffer | string) => this.#tell(this.#cutter.push(chunk)));
    input.once('end', () => this.#tell(this.#cutter.end()));
  }

  /** Stops to read. Lines of what was read already may follow. */
  pause(): void {
    this.#input.pause();
  }

  resume(): void {
    this.#input.resume();
  }

  #tell(lines: readonly string[]): void {
    for (const line of lines) this.emit('line', line);
  }
}

/**
 * Yields the lines of a stream, cut as by {@link LineReader}. Throws the errors of the stream.
 *
 * @param signal Ends the lines, and destroys the stream.
 */
export async function* linesOf(input: Readable, signal?: AbortSignal): AsyncGenerator<string, void, void> {
  const cutter = new LineCutter();
  if (signal) addAbortSignal(signal, input);
  try {
    for await (const chunk of input) yield* cutter.push(chunk as Buffer | string);
  } catch (error) {
    if (signal?.aborted) return;
    throw error;
  }
  yield* cutter.end();
}

class LineCutter {
  readonly #decoder = new StringDecoder('utf8');
  /** The parts of the line that has not ended yet. */
  #parts: string[] = [];

  push(chunk: Buffer | string): string[] {
    const text = typeof chunk === 'string' ? chunk : this.#decoder.write(chunk);
    const end = text.lastIndexOf('\n');
    if (end < 0) {
      this.#parts.push(text);
      return [];
    }
    const whole = this.#parts.join('') + text.slice(0, end);
    this.#parts = [text.slice(end + 1)];
    return whole.split('\n').flatMap(withoutReturns);
  }

  end(): string[] {
    const rest = this.#parts.join('') + this.#decoder.end();
    this.#parts = [];
    return rest === '' ? [] : withoutReturns(rest);
  }
}

/** The lines of a text that has no LF. */
function withoutReturns(text: string): string[] {
  if (!text.includes('\r')) return [text];
  return (text.endsWith('\r') ? text.slice(0, -1) : text).split('\r');
}
