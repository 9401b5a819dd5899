import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { during } from '../../base/during.js';
import { JackfieldError, messageOf } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { Clock } from '../../base/time/clock.js';
import { isMissing } from '../../files/file-error.js';
import { FolderLock } from '../../files/folder-lock.js';
import { makeFolder, writeJson } from '../../files/whole-file.js';

const count = z.int().min(0);

const STATE = z.strictObject({
  version: z.literal(1),
  tickets: z.array(
    z.strictObject({
      id: z.int().min(1),
      partner: z.string(),
      target: z.string(),
      priority: z.number(),
      skills: z.array(z.string()).readonly(),
      enteredAtMs: z.number(),
      attempts: count,
      /** True for a caller that is to be called back. Others were on the line. */
      away: z.boolean(),
    }),
  ),
  counts: z.strictObject({
    entered: count,
    handled: count,
    handledInTime: count,
    abandoned: count,
    overflowed: count,
    unreached: count,
    expired: count,
    refused: count,
    waitedMs: z.number().min(0),
  }),
  talks: z.array(z.number().min(0)),
});

/** State of a queue that is kept over a restart. */
export type QueueState = z.infer<typeof STATE>;

const FILE = 'queue.json';

/**
 * Keeps the state of a queue in its own folder. The file is replaced as a whole, so a kill at any time leaves the old
 * or the new state. Only one process has the folder at a time.
 */
export class QueueFile implements AsyncDisposable {
  readonly #file: string;
  readonly #lock: FolderLock;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  #writing: Promise<void> | undefined;
  #next: (() => QueueState) | undefined;

  private constructor(file: string, lock: FolderLock, clock: Clock, failed: (error: unknown) => void) {
    this.#file = file;
    this.#lock = lock;
    this.#clock = clock;
    this.#failed = failed;
  }

  /**
   * @param failed Called when the state could not be written. The queue goes on, and writes again at its next change.
   * @throws ERR_FILE, also for a file that is damaged; ERR_INVALID_STATE when another process has the folder.
   */
  static async open(
    folder: string,
    clock: Clock,
    failed: (error: unknown) => void,
  ): Promise<{ readonly file: QueueFile; readonly state: QueueState | undefined }> {
    await makeFolder(folder);
    const lock = FolderLock.take(folder, 'used by a queue');
    try {
      const path = join(folder, FILE);
      return { state: await readState(path), file: new QueueFile(path, lock, clock, failed) };
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Writes the state. Resolves when this state or a newer one is on disk, or could not be written. */
  write(state: () => QueueState): Promise<void> {
    this.#next = state;
    this.#writing ??= during(this.#clock, this.#write());
    return this.#writing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writing;
    this.#lock.release();
  }

  async #write(): Promise<void> {
    // All changes of one turn of the event loop are written once.
    await Promise.resolve();
    for (let next = this.#next; next; next = this.#next) {
      this.#next = undefined;
      await writeJson(this.#file, next()).catch(this.#failed);
    }
    this.#writing = undefined;
  }
}

async function readState(path: string): Promise<QueueState | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new JackfieldError(
      'ERR_FILE',
      `${printable(path)} cannot be read: ${printable(messageOf(cause))}`,
      { cause },
    );
  }
  try {
    return STATE.parse(JSON.parse(text));
  } catch (cause) {
    const advice =
      'Repair the file, or move it out of the folder. Only this file says who is to be called back.';
    throw new JackfieldError(
      'ERR_FILE',
      `${printable(path)} is not the state of a queue: ${printable(messageOf(cause))}. ${advice}`,
      {
        cause,
      },
    );
  }
}
