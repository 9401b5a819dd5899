import { once } from 'node:events';
import { createReadStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { entryOf } from '../../base/entry-of.js';
import { linesOf } from '../../base/line-reader.js';
import { printable } from '../../base/printable.js';
import type { TraceLine } from '../../control.js';
import { fileError } from '../../files/file-error.js';
import { privateStream } from '../../files/private-file.js';
import { JackfieldError } from '../../voice.js';
import { checkOutput, type OutputOptions } from '../outputs.js';

const ARROWS = { sent: '->', received: '<-' } as const;

/** Writes a trace to a file: `2026-11-22T20:18:57.123Z -> #3 PING`, one line each; line breaks in texts as `\n`. */
export class TraceRecording implements AsyncDisposable {
  readonly #file: WriteStream;
  readonly #written: Promise<void>;

  private constructor(file: WriteStream) {
    this.#file = file;
    this.#written = finished(file);
    // Closing the recording reports write errors.
    this.#written.catch(() => undefined);
  }

  /** @throws ERR_FILE when the file exists and `force` is not set, or cannot be created. */
  static async create(path: string, options: OutputOptions = { force: false }): Promise<TraceRecording> {
    await checkOutput(path, options);
    try {
      return new TraceRecording(privateStream(path, options.force ? 'w' : 'wx'));
    } catch (cause) {
      throw fileError('record to', path, cause);
    }
  }

  write({ direction, line, atMs }: TraceLine): void {
    const text = line.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
    this.#file.write(`${new Date(atMs).toISOString()} ${ARROWS[direction]} ${text}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#file.end();
    await this.#written;
  }
}

const RECORDED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (->|<-) (.*)$/;
const ESCAPES: Readonly<Record<string, string>> = { '\\\\': '\\', '\\n': '\n', '\\r': '\r' };

/** Yields the lines of a recording in order. @throws ERR_SYNTAX, with the line, for an invalid file; ERR_FILE. */
export async function* readRecording(path: string): AsyncGenerator<TraceLine, void, void> {
  const input = createReadStream(path, 'utf8');
  await once(input, 'open').catch((cause: Error) => {
    throw new JackfieldError('ERR_FILE', printable(`${path} cannot be read (${cause.message}).`), { cause });
  });
  let number = 0;
  for await (const text of linesOf(input)) {
    number++;
    if (text === '') continue;
    const [, date = '', arrow, line = ''] = RECORDED.exec(text) ?? [];
    const atMs = Date.parse(date);
    if (arrow === undefined || Number.isNaN(atMs)) {
      throw new JackfieldError(
        'ERR_SYNTAX',
        `${printable(path)}:${number} is not a line of a recorded trace.`,
      );
    }
    const direction = arrow === ARROWS.sent ? 'sent' : 'received';
    yield { direction, atMs, line: line.replace(/\\[\\nr]/g, (pair) => entryOf(ESCAPES, pair) ?? pair) };
  }
}
