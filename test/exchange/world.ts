import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VirtualClock } from '../../src/base/time/clock.js';
import type { Session } from '../../src/exchange/api/session.js';
import { Exchange } from '../../src/exchange/exchange.js';
import type { ExchangeOptions } from '../../src/exchange/exchange-options.js';
import { turn } from '../turns.js';

/** Unix time at which the tests' clocks begin. */
export const EPOCH_MS = Date.UTC(2007, 2, 20);

/** A client attached in memory, which keeps every line that it gets. */
export class Client {
  readonly lines: string[] = [];
  readonly #session: Session;
  readonly #waiting = new Set<(line: string) => void>();
  #seen = 0;

  constructor(exchange: Exchange, handle: string, options: { protocol?: number; attach?: boolean } = {}) {
    this.#session = exchange
      .endpoint(handle)
      .connect({ deliver: (line) => this.#deliver(line), closed: () => undefined });
    if (options.attach === false) return;
    this.#session.receive('NAME test');
    this.#session.receive(`PROTOCOL ${options.protocol ?? 8}`);
    this.fresh();
  }

  /** Sends a command. @returns the lines that came at once. */
  send(line: string): string[] {
    const before = this.lines.length;
    this.#session.receive(line);
    return this.lines.slice(before);
  }

  /** Resolves to the next line that `fits`. */
  next(fits: (line: string) => boolean): Promise<string> {
    return new Promise((resolve) => {
      const look = (line: string) => {
        if (!fits(line)) return;
        this.#waiting.delete(look);
        resolve(line);
      };
      this.#waiting.add(look);
    });
  }

  /** Lines since the last look. */
  fresh(): string[] {
    const lines = this.lines.slice(this.#seen);
    this.#seen = this.lines.length;
    return lines;
  }

  /** Values that a property of an object had, in order. */
  told(prefix: string): string[] {
    return this.lines
      .filter((line) => line.startsWith(`${prefix} `))
      .map((line) => line.slice(prefix.length + 1));
  }

  /** The id of the newest object that the client has heard of. */
  newest(object: 'CALL' | 'VOICEMAIL'): number {
    const ofObject = new RegExp(`^(?:#\\w+ )?${object} (\\d+) `);
    return Math.max(...this.lines.map((line) => Number(ofObject.exec(line)?.[1] ?? 0)));
  }

  disconnect(): void {
    this.#session.disconnect();
  }

  #deliver(line: string): void {
    this.lines.push(line);
    for (const look of [...this.#waiting]) look(line);
  }
}

export interface World extends AsyncDisposable {
  readonly exchange: Exchange;
  readonly clock: VirtualClock;
  readonly failures: unknown[];
  client(handle?: string, options?: { protocol?: number; attach?: boolean }): Client;
}

/** An exchange on a clock that the test drives. */
export async function world(
  options: ExchangeOptions = {},
  clock: VirtualClock = new VirtualClock(EPOCH_MS),
): Promise<World> {
  const exchange = await Exchange.start({
    clock,
    patienceMs: 2000,
    users: [{ handle: 'alice' }, { handle: 'bob' }, { handle: 'carol' }],
    ...options,
  });
  const failures: unknown[] = [];
  exchange.on('failure', (error) => failures.push(error));
  return {
    exchange,
    clock,
    failures,
    client: (handle = 'alice', clientOptions = {}) => new Client(exchange, handle, clientOptions),
    async [Symbol.asyncDispose]() {
      let open = true;
      const closed = exchange.close().finally(() => {
        open = false;
      });
      // Some of it ends on this clock, some on a disk, some on the clock after the disk.
      while (open) {
        await clock.advance(1000);
        await settle();
      }
      await closed;
    },
  };
}

/** A new folder under the system's temporary one. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'jackfield-test-'));
}

/** Lets what was started in the background come to rest: real I/O, not time. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns++) await turn();
}
