import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Voicemail } from '../../src/control.js';
import type { VoicemailFault } from '../../src/exchange.js';
import {
  type AttachOptions,
  attach,
  type Client,
  collectSamples,
  Exchange,
  type ExchangeOptions,
  MemoryTransport,
  PcmServer,
  type PcmSink,
  toneSamples,
  VirtualClock,
  WavReader,
  WavWriter,
} from '../../src/index.js';

const TURN = () => new Promise<void>((resolve) => setImmediate(resolve));

/** An exchange with two users on a clock of its own, a PCM server, and a folder, for one test. */
export class Line implements AsyncDisposable {
  readonly clock: VirtualClock;
  readonly folder: string;
  readonly exchange: Exchange;
  readonly server: PcmServer;
  readonly #opened: AsyncDisposable[] = [];
  readonly #isReal: boolean;

  private constructor(clock: VirtualClock, folder: string, exchange: Exchange, isReal: boolean) {
    this.clock = clock;
    this.#isReal = isReal;
    this.folder = folder;
    this.exchange = exchange;
    this.server = new PcmServer();
  }

  /** @param options A `clock` of the exchange's own is not driven: a line to other processes takes the machine's. */
  static async open(options: Partial<ExchangeOptions> = {}): Promise<Line> {
    const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12));
    const folder = await mkdtemp(join(tmpdir(), 'jackfield-voicemail-'));
    const exchange = await Exchange.start({
      clock,
      patienceMs: 200,
      fileRoots: [folder],
      users: [{ handle: 'jack' }, { handle: 'anna', fullName: 'Anna Ash' }],
      ...options,
    });
    return new Line(clock, folder, exchange, options.clock !== undefined);
  }

  async client(handle = 'jack', options: AttachOptions = {}): Promise<Client> {
    const client = await attach(new MemoryTransport(this.exchange.endpoint(handle)), options);
    this.#opened.push(client);
    return client;
  }

  /** Lets time pass, 20 ms a step, until `work` settles; sockets and files get their turns in between. */
  async during<T>(work: Promise<T>): Promise<T> {
    if (this.#isReal) return await work;
    let settled = false;
    const done = () => {
      settled = true;
    };
    work.then(done, done);
    while (!settled) {
      await this.clock.advance(20);
      for (let turn = 0; turn < 40; turn++) await TURN();
    }
    return await work;
  }

  /** A WAV file with a tone of its own. */
  async wav(name: string, durationMs: number, frequency = 440): Promise<string> {
    const path = join(this.folder, name);
    await using wav = await WavWriter.create(path);
    await wav.write(tone(durationMs, frequency));
    return path;
  }

  /** A voicemail that waits for jack. */
  async deposit(
    file: string,
    more: {
      fault?: VoicemailFault;
      durationSec?: number;
      atMs?: number;
    } = {},
  ): Promise<number> {
    const { atMs, ...rest } = more;
    return this.exchange.deposit({
      to: 'jack',
      from: { handle: 'anna', fullName: 'Anna Ash' },
      file,
      ...(atMs === undefined ? {} : { recordedAtMs: atMs }),
      ...rest,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const opened of this.#opened) await opened[Symbol.asyncDispose]();
    await this.server.close();
    await this.during(this.exchange.close());
    await rm(this.folder, { recursive: true });
  }
}

export function tone(durationMs: number, frequency = 440): Int16Array {
  return toneSamples({ frequency, durationMs, levelDbfs: -12 });
}

/** Keeps what it gets. */
export class MemorySink implements PcmSink {
  readonly #parts: Int16Array[] = [];
  ended: { readonly error: Error | undefined } | undefined;

  get samples(): Int16Array {
    const all = new Int16Array(this.#parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  write(samples: Int16Array): void {
    this.#parts.push(samples.slice());
  }

  end(error?: Error): void {
    this.ended = { error };
  }
}

export async function samplesOf(file: string): Promise<Int16Array> {
  await using reader = await WavReader.open(file);
  return await collectSamples(reader);
}

export const statusesOf = (voicemail: Voicemail) => voicemail.history.map(({ status }) => status);

/** Where `part` lies in `whole`, sample for sample; -1 when it does not. */
export function indexOfSamples(whole: Int16Array, part: Int16Array): number {
  const bytes = (samples: Int16Array) => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  for (let from = 0; ; from++) {
    const at = bytes(whole).indexOf(bytes(part), from);
    if (at < 0 || at % 2 === 0) return at < 0 ? -1 : at / 2;
    from = at;
  }
}
