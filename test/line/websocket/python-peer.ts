import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../../turns.js';

const PROGRAM = join(import.meta.dirname, 'peer.py');

/** A Python with the package `websockets`; nothing where there is none. */
export const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import websockets']).status === 0,
);

/** What the peer tells. */
interface Told {
  readonly port?: number;
  readonly open?: number;
  readonly subprotocol?: string | null;
  readonly path?: string;
  readonly authorization?: string | null;
  readonly text?: string;
  readonly bytes?: string;
  readonly pong?: boolean;
  readonly closed?: number;
  readonly code?: number;
}

/** A client or a server of WebSockets in another language. */
export class PythonPeer {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;

  constructor(...args: string[]) {
    this.#child = spawn(PYTHON ?? 'python3', [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) => this.told.push(JSON.parse(line)));
  }

  /** Resolves with the first thing that it tells of this kind. */
  async tells<K extends keyof Told>(name: K): Promise<Told> {
    await until(() => this.told.some((each) => each[name] !== undefined));
    return this.told.find((each) => each[name] !== undefined) ?? {};
  }

  get texts(): string[] {
    return this.told.flatMap(({ text }) => (text === undefined ? [] : [text]));
  }

  get bytes(): Buffer {
    return Buffer.concat(
      this.told.flatMap(({ bytes }) => (bytes === undefined ? [] : [Buffer.from(bytes, 'base64')])),
    );
  }

  do(command: object): void {
    this.#child.stdin?.write(`${JSON.stringify(command)}\n`);
  }

  /** Sends a message in as many frames as it has parts. */
  send(...parts: (string | Buffer)[]): void {
    const isText = typeof parts[0] === 'string';
    this.do({
      do: 'send',
      ...(isText ? { parts } : { bytes: parts.map((part) => (part as Buffer).toString('base64')) }),
    });
  }

  async end(): Promise<void> {
    const over = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    await over;
  }
}
