import { close, write } from 'node:fs';
import { promisify } from 'node:util';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { sleep, systemClock } from '../../base/time/clock.js';
import { openPrivateSync } from '../../files/private-file.js';

const writeAsync = promisify(write);
const closeAsync = promisify(close);

/** Longest text that waits for a blocked disk or pipe, in characters. More is dropped and counted. */
const MAX_WAITING = 1_000_000;
/** Pause before a full pipe is tried again, in ms. */
const FULL_PIPE_MS = 50;
/** Longest wait for the remaining text when closing, in ms. */
const CLOSING_MS = 1000;
const STANDARD_OUTPUT = 1;

/**
 * Output of a log: a file, created for its owner only, or standard output. Writing never waits and never throws: lines
 * that cannot be written are lost and counted.
 */
export class LogOutput {
  readonly #file: string | undefined;
  #descriptor: number;
  #waiting: string[] = [];
  #waitingLength = 0;
  #lost = 0;
  #closed = false;
  #writing: Promise<void> | undefined;

  /** @param file Default: standard output. @throws ERR_FILE when it cannot be written. */
  constructor(file?: string) {
    this.#file = file;
    this.#descriptor = file === undefined ? STANDARD_OUTPUT : openLog(file);
  }

  /** Number of lost lines. */
  get lost(): number {
    return this.#lost;
  }

  /** Adds a line, including its line break. */
  write(line: string): void {
    if (this.#closed || this.#waitingLength + line.length > MAX_WAITING) {
      this.#lost++;
      return;
    }
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /**
   * Reopens the file by its name, after log rotation. Waiting text goes to the new file.
   * @throws ERR_FILE; then the old file stays in use.
   */
  reopen(): void {
    if (this.#file === undefined || this.#closed) return;
    const before = this.#descriptor;
    this.#descriptor = openLog(this.#file);
    // A write in progress still uses the old descriptor.
    void (this.#writing ?? Promise.resolve()).then(() => closeAsync(before).catch(() => undefined));
  }

  /** Resolves when all is written, or after a second. */
  async close(): Promise<void> {
    const done = new AbortController();
    const limit = sleep(systemClock, CLOSING_MS, { signal: done.signal }).catch(() => undefined);
    await Promise.race([this.#writing, limit]);
    done.abort();
    this.#closed = true;
    if (this.#descriptor !== STANDARD_OUTPUT) await closeAsync(this.#descriptor).catch(() => undefined);
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed) {
      const lines = this.#waiting;
      this.#waiting = [];
      this.#waitingLength = 0;
      try {
        await this.#writeWhole(Buffer.from(lines.join('')));
      } catch {
        this.#lost += lines.length;
      }
    }
  }

  async #writeWhole(bytes: Buffer): Promise<void> {
    for (let written = 0; written < bytes.length && !this.#closed; ) {
      try {
        written += (await writeAsync(this.#descriptor, bytes, written)).bytesWritten;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        await sleep(systemClock, FULL_PIPE_MS);
      }
    }
  }
}

function openLog(file: string): number {
  try {
    return openPrivateSync(file, 'a');
  } catch (cause) {
    throw new JackfieldError(
      'ERR_FILE',
      `The log ${printable(file)} cannot be written: ${printable(messageOf(cause))}`,
      { cause },
    );
  }
}
