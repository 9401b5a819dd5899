import { JackfieldError } from '../../base/errors.js';
import { BYTES_PER_SAMPLE, type PcmFormat, type PcmSource } from '../../base/pcm.js';
import type { Playback, Player, PlayOptions } from '../player.js';
import type { SampleTimeline } from '../sample-timeline.js';
import { checkPlayable } from './play-options.js';
import { PlaybackQueue } from './playback-queue.js';
import { QueuedPlayback } from './queued-playback.js';

/** Takes the samples of a writer. */
export interface WriterOutput {
  /** Takes samples. Returns false to ask for a pause until {@link PacedWriter.unblock}. */
  write(samples: Int16Array, position: number): boolean;
  /** Called when no more samples will come. */
  end(): void;
}

export interface PacedWriterOptions {
  readonly format: PcmFormat;
  readonly leadSamples: number;
  readonly timelineStart: number;
}

/** Longest run that is written at once, in ms. A sender that fell far behind catches up in such steps. */
const MAX_RUN_MS = 500;

/**
 * Reasons to send nothing now. `output`: the output takes no more. `tap`: a tap cannot keep up. `writing`: a run is
 * being written.
 */
type Brake = 'output' | 'tap' | 'writing';

/** The output that a writer sends to, and the timeline that it follows. */
interface Link {
  readonly output: WriterOutput;
  readonly timeline: SampleTimeline;
}

/**
 * The life of a writer: `idle` -> `running` -> (`draining` ->) `ended`, or `idle` -> `ended`. While it drains, it plays
 * what is queued to its end and takes nothing new.
 */
type SendState =
  | { readonly name: 'idle' }
  | { readonly name: 'running' | 'draining'; readonly link: Link }
  | { readonly name: 'ended' };

/**
 * Turns a queue of playbacks into one continuous run of samples, as far as a timeline allows. It uses no socket and no
 * clock.
 */
export class PacedWriter implements Player {
  readonly #format: PcmFormat;
  readonly #lead: number;
  readonly #start: number;
  readonly #silence: Int16Array;
  readonly #queue = new PlaybackQueue();
  readonly #brakes = new Set<Brake>();
  #position = 0;
  #silenceFilled = 0;
  #paused = false;
  #state: SendState = { name: 'idle' };
  #unfollow: (() => void) | undefined;

  constructor(options: PacedWriterOptions) {
    this.#format = options.format;
    this.#lead = options.leadSamples;
    this.#start = options.timelineStart;
    const maxRun = Math.ceil((options.format.sampleRate * MAX_RUN_MS) / 1000);
    this.#silence = silence(maxRun * options.format.channels);
  }

  get position(): number {
    return this.#position;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Samples of silence among those sent. */
  get silenceFilled(): number {
    return this.#silenceFilled;
  }

  play(source: Int16Array | PcmSource, options: PlayOptions = {}): Playback {
    if (this.#state.name === 'ended' || this.#state.name === 'draining') {
      throw new JackfieldError('ERR_CLOSED', 'The lease has ended: nothing more can be played through it.');
    }
    checkPlayable(source, options, this.#format.channels);
    const playback = new QueuedPlayback(source, this.#format.channels, options, () => this.advance());
    this.#queue.add(playback);
    return playback;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
  }

  clear(): Promise<number> {
    return Promise.resolve(this.#queue.clear(this.#position, 'cleared'));
  }

  async mark(): Promise<number> {
    const last = this.#queue.last;
    return last ? (await last.finished).to : this.#position;
  }

  /** Begins to send: silence up to the lead, unless something is queued. */
  start(output: WriterOutput, timeline: SampleTimeline): void {
    if (this.#state.name === 'ended') {
      output.end();
      return;
    }
    this.#state = { name: 'running', link: { output, timeline } };
    this.#unfollow = timeline.follow({ advance: () => this.advance(), end: () => this.#timelineEnded() });
    this.advance();
  }

  /** To be called when the output takes samples again. */
  unblock(): void {
    this.#brakes.delete('output');
    this.advance();
  }

  /** Makes the sender wait for a tap that cannot keep up (`true`), or go on when it can again (`false`). */
  hold(held: boolean): void {
    if (held) this.#brakes.add('tap');
    else this.#brakes.delete('tap');
    this.advance();
  }

  /** Writes as far as the timeline and the lead allow. */
  advance(): void {
    this.#write(this.#lead);
  }

  /** Plays what is queued to its end, then ends the output. */
  drain(): void {
    if (this.#state.name !== 'running') return;
    this.#state = { name: 'draining', link: this.#state.link };
    this.advance();
  }

  /** Ends the output; what is queued is reported as not sent. Idempotent. */
  end(): void {
    const before = this.#state;
    if (before.name === 'ended') return;
    this.#state = { name: 'ended' };
    this.#unfollow?.();
    this.#queue.clear(this.#position, 'closed');
    if (before.name !== 'idle') before.link.output.end();
  }

  #timelineEnded(): void {
    this.#write(0);
    this.end();
  }

  #write(lead: number): void {
    for (;;) {
      const state = this.#state;
      if (state.name === 'idle' || state.name === 'ended' || this.#brakes.size > 0) return;
      if (state.name === 'draining' && this.#queue.empty) {
        this.end();
        return;
      }
      const { output, timeline } = state.link;
      const due = timeline.position - this.#start + lead - this.#position;
      if (due <= 0) return;
      const run = this.#next(Math.min(due, this.#silence.length / this.#format.channels));
      if (!run) return;
      this.#send(run, output);
      this.#queue.settleFinished(this.#position);
    }
  }

  /** Passes the run to the output. A callback during that, such as a tap's, cannot begin another run. */
  #send(run: Int16Array, output: WriterOutput): void {
    const position = this.#position;
    this.#position += run.length / this.#format.channels;
    this.#brakes.add('writing');
    try {
      if (!output.write(run, position)) this.#brakes.add('output');
    } finally {
      this.#brakes.delete('writing');
    }
  }

  /** Returns the next samples, at most `limit`; undefined while it waits for the source. */
  #next(limit: number): Int16Array | undefined {
    const next = this.#paused ? limit : this.#queue.next(limit, this.#position);
    if (typeof next !== 'number') return next;
    this.#silenceFilled += next;
    return this.#silence.subarray(0, next * this.#format.channels);
  }
}

/** Arrays of zeros by length, shared by all writers. Nobody writes into them. */
const silences = new Map<number, Int16Array>();

function silence(length: number): Int16Array {
  const samples = silences.get(length) ?? new Int16Array(length);
  silences.set(length, samples);
  return samples;
}

/** The bytes of `samples`, without a copy. */
export function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.length * BYTES_PER_SAMPLE);
}
