import type { WriteStream } from 'node:fs';
import { join } from 'node:path';
import { path as aPath, checkArgument, having } from '../../base/check.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock } from '../../base/time/clock.js';
import { privateStream } from '../../files/private-file.js';
import { makeFolder } from '../../files/whole-file.js';
import type { Exchange } from '../exchange.js';
import { FileDestination } from '../voice/file-stream.js';
import type { VoiceDestination, VoiceSource } from '../voice/stream.js';
import type { StreamOpener, StreamOwner } from '../voice/voice-router.js';

/** One entry of a recording's `lines.jsonl`. Times are milliseconds from its start. */
export type RecordedEntry =
  | {
      readonly at: number;
      readonly handle: string;
      readonly client: number;
      readonly direction: 'in' | 'out';
      readonly text: string;
    }
  /** A stream was opened; its samples are in `file`. */
  | { readonly at: number; readonly stream: string; readonly file: string };

/** Name of the streams of one kind of one object. It is the same in a replay. */
export function streamName({ object, id, stream }: StreamOwner): string {
  return `${object}-${id}-${stream}`;
}

/**
 * Records the traffic between an exchange and its clients: all lines in `lines.jsonl`, and each redirected stream in a
 * WAV file. {@link replay} plays it again.
 */
export class WireRecorder {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #log: WriteStream;
  #streams = 0;
  #failure: unknown;

  private constructor(folder: string, clock: Clock) {
    this.#folder = folder;
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#log = privateStream(join(folder, 'lines.jsonl'));
    this.#log.on('error', (error) => this.#fail(error));
  }

  /** Begins a recording. @param folder created if necessary. @throws ERR_FILE when it cannot be created. */
  static async open(folder: string, clock: Clock): Promise<WireRecorder> {
    checkArgument('folder', folder, aPath);
    checkArgument('clock', clock, CLOCK);
    await makeFolder(folder);
    return new WireRecorder(folder, clock);
  }

  /** The first disk error, if there was one. The recording is incomplete from then on. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Records the lines of `exchange` from now on. */
  follow(exchange: Exchange): void {
    checkArgument('exchange', exchange, having('on'));
    exchange.on('line', (line) => this.#write({ at: this.#now, ...line }));
  }

  /** Makes an opener whose streams are recorded, for the option `opener` of the exchange. */
  wrap(opener: StreamOpener): StreamOpener {
    checkArgument('opener', opener, having('source', 'destination'));
    return {
      source: async (target, owner) => {
        const source = await opener.source(target, owner);
        return new RecordedSource(source, await this.#tape(owner));
      },
      destination: async (target, owner) => {
        const destination = await opener.destination(target, owner);
        return new RecordedDestination(destination, await this.#tape(owner));
      },
    };
  }

  /** Resolves when everything is on disk. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#log.end(() => resolve()));
  }

  get #now(): number {
    return this.#clock.now() - this.#startedAt;
  }

  async #tape(owner: StreamOwner): Promise<FileDestination> {
    const stream = streamName(owner);
    const file = `${stream}-${++this.#streams}.wav`;
    const tape = await FileDestination.at(join(this.#folder, file), {
      patient: true,
      failed: (error) => this.#fail(error),
    });
    this.#write({ at: this.#now, stream, file });
    return tape;
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }

  #write(entry: RecordedEntry): void {
    if (!this.#failure) this.#log.write(`${printable(JSON.stringify(entry))}\n`);
  }
}

class RecordedSource implements VoiceSource {
  readonly #source: VoiceSource;
  readonly #tape: FileDestination;
  #begun = false;

  constructor(source: VoiceSource, tape: FileDestination) {
    this.#source = source;
    this.#tape = tape;
  }

  get stats() {
    return this.#source.stats;
  }

  get active(): boolean {
    return this.#source.active;
  }

  get over(): boolean {
    return this.#source.over;
  }

  /** The recording ends with the source. Silence after its end is not recorded. */
  async read(frame: Int16Array): Promise<void> {
    await this.#source.read(frame);
    this.#begun ||= this.#source.active;
    if (this.#source.active || !this.#begun) await this.#tape.write(frame);
  }

  async close(): Promise<void> {
    await Promise.all([this.#source.close(), this.#tape.close()]);
  }
}

class RecordedDestination implements VoiceDestination {
  readonly #destination: VoiceDestination;
  readonly #tape: FileDestination;

  constructor(destination: VoiceDestination, tape: FileDestination) {
    this.#destination = destination;
    this.#tape = tape;
  }

  get stats() {
    return this.#destination.stats;
  }

  get over(): boolean {
    return this.#destination.over;
  }

  async write(frame: Int16Array): Promise<void> {
    await Promise.all([this.#destination.write(frame), this.#tape.write(frame)]);
  }

  async close(): Promise<void> {
    await Promise.all([this.#destination.close(), this.#tape.close()]);
  }
}
