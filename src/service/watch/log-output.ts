import { close, write } from 'node:fs';
import { promisify } from 'node:util';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import { sleep, systemClock } from '../../base/time/clock.js';
import { openPrivateSync } from '../../files/private-file.js';

const writeAsync = promisify(write);
const closeAsync = promisify(close);

/** Text that may wait for a disk or a pipe that is stuck, in characters; more is dropped and counted. */
const MAX_WAITING = 1_000_000;
/** A pipe that is full is tried again after this long, in ms. */
const FULL_PIPE_MS = 50;
/** At the end, what waits is given this long to be written, in ms. */
const CLOSING_MS = 1000;
const STANDARD_OUTPUT = 1;

/**
 * The end of a log: a file, made for its owner alone, or standard output. Writing never waits, and never
 * throws: what cannot be written is lost and counted.
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

  /** Lines that were lost. */
  get lost(): number {
    return this.#lost;
  }

  /** Adds a line, which ends with its line break. */
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
   * Opens the file again by its name, after another program has moved it away. What waits goes to the new one.
   * @throws ERR_FILE; the file is then written to as before.
   */
  reopen(): void {
    if (this.#file === undefined || this.#closed) return;
    const before = this.#descriptor;
    this.#descriptor = openLog(this.#file);
    // A write that is under way has its descriptor.
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
