import { type ChildProcess, fork } from 'node:child_process';
import { on } from 'node:events';

/** How a command ended, and what it printed. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command line is run in. */
export interface Surroundings {
  /** What differs from the environment of the test. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the folder of the test. */
  readonly cwd?: string;
}

/**
 * A process that runs one command after the other. To start a process for each takes a third of a second of processor
 * time. How commands end by signals, and that nothing keeps their process alive, is tried with processes of their own.
 */
export class CommandHost implements Disposable {
  #child: ChildProcess | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when the command has ended, whatever its code. */
  run(args: readonly string[], { env = {}, cwd = process.cwd() }: Surroundings = {}): Promise<Ended> {
    const ended = this.#last.then(() => this.#run({ args, env: { ...process.env, ...env }, cwd }));
    this.#last = ended.catch(() => undefined);
    return ended;
  }

  async #run(line: Required<Surroundings> & { readonly args: readonly string[] }): Promise<Ended> {
    this.#child ??= fork(new URL('command-host.mjs', import.meta.url), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const answers = on(this.#child, 'message', { close: ['exit'] });
    this.#child.send(line);
    for await (const [ended] of answers) return ended as Ended;
    throw new Error(`The process ended while it ran: ${line.args.join(' ')}`);
  }

  [Symbol.dispose](): void {
    this.#child?.kill();
  }
}
