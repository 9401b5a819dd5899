import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

/** How a command ended. */
export interface Tried {
  readonly args: string;
  readonly code: number;
  /** All that it wrote. */
  readonly said: string;
  /** What of it went to standard output. */
  readonly printed: string;
}

/** A process that tries lists of command lines in a folder. What a command fails to catch is told with it. */
export class CommandTries implements AsyncDisposable {
  readonly #folder: string;
  readonly #runsMs: number;
  #started: Started | undefined;
  #runs = false;

  /** @param runsMs Time after which a command is told to stop that goes on until then, in milliseconds. */
  constructor(folder: string, runsMs: number) {
    this.#folder = folder;
    this.#runsMs = runsMs;
  }

  /** Runs commands, one after the other. A line is taken apart at its blanks. */
  async run(lines: readonly (string | readonly string[])[]): Promise<Tried[]> {
    // A test that has timed out left it in the midst of its list.
    if (this.#runs) await this[Symbol.asyncDispose]();
    this.#started ??= started(this.#folder, this.#runsMs);
    this.#runs = true;
    const words = lines.map((line) => (typeof line === 'string' ? line.split(' ') : line));
    this.#started.requests.write(`${JSON.stringify(words)}\n`);
    const { value, done } = await this.#started.answers.next();
    if (done) throw new Error(`The process ended while it ran one of: ${lines.join('\n')}`);
    this.#runs = false;
    return JSON.parse(value) as Tried[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#started?.child;
    this.#started = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly requests: Writable;
  readonly answers: AsyncIterator<string>;
}

function started(folder: string, runsMs: number): Started {
  const runner = new URL('try-commands.mjs', import.meta.url).pathname;
  const child = spawn(process.execPath, [runner, String(runsMs)], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const [, output, , requests] = child.stdio;
  const answers = createInterface({ input: output as Readable })[Symbol.asyncIterator]();
  return { child, requests: requests as Writable, answers };
}
