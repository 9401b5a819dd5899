import { optionsOf } from '../base/check.js';
import { FencedEmitter } from '../base/listener/fenced-emitter.js';
import { msToSamples, STEREO, samplesToMs } from '../base/pcm.js';
import type { LedgerSpan, LegEnds, LegName, SpanReason } from '../stream/align/ledger.js';
import { ALIGNER_RULES, LegAligner, type LegAlignerOptions } from '../stream/align/leg-aligner.js';
import { type LegTap, type LegTapOptions, LegTaps } from '../stream/align/leg-tap.js';
import type { NamedStretch } from '../stream/align/stretch-places.js';
import { LevelMeter } from '../voice/level/level-meter.js';
import type { SegmentResult } from './file/segment.js';
import { SegmentFiles } from './file/segment-files.js';
import type { LiveMaskStats, MaskedSink } from './masking/live-mask.js';
import type { MaskSpan } from './masking/mask-spans.js';
import type { RecordingEvents } from './recording-events.js';
import type { RecordedCall, RecordingEnd, RecordingMark } from './sidecar.js';
import type { TrackOptions } from './track-options.js';

/** A mark at a position that is not written yet. */
interface HeldMark {
  readonly position: number;
  readonly mark: Omit<RecordingMark, 'at'>;
}

/** Writes two aligned legs to files, measures levels and keeps marks. */
export class RecordingTrack extends FencedEmitter<RecordingEvents> implements MaskedSink {
  readonly aligner: LegAligner;
  readonly #options: TrackOptions;
  readonly #meter = new LevelMeter({ format: STEREO });
  readonly #taps = new LegTaps();
  readonly #files: SegmentFiles;
  #begun = false;
  #start = 0;
  #limitReached = false;
  /** Marks in audio that the live mask still holds. */
  #marks: HeldMark[] = [];

  constructor(options: TrackOptions) {
    super();
    this.#options = options;
    this.aligner = new LegAligner(
      options.mask?.to(this) ?? this,
      optionsOf<LegAlignerOptions>(options, ALIGNER_RULES),
      {
        clock: options.clock,
        gapName: (leg, begun) => options.gapName(leg, begun),
        holes: (leg, from, to) => options.holes?.(leg, from, to) ?? [],
        onSpan: (leg, span) => {
          for (const segment of this.#files.open) segment.span(leg, span);
        },
        onConcealed: (leg, stretch) => {
          for (const segment of this.#files.open) segment.named('concealed', leg, stretch);
        },
        onLost: (leg, stretch) => {
          for (const segment of this.#files.open) segment.named('lost', leg, stretch);
        },
      },
    );
    this.#files = new SegmentFiles(options, this);
    if (options.preRollMs !== undefined) this.aligner.retain(msToSamples(options.preRollMs));
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** The error that currently prevents writing; undefined while it writes. */
  get refused(): Error | undefined {
    return this.#files.refused;
  }

  /**
   * Opens the first file, unless it is open. On a full disk it is opened later if `resumeWhenRoom` is set.
   * @throws ERR_FILE.
   */
  async begin(): Promise<void> {
    if (this.begun) return;
    this.#start = this.aligner.begin();
    await this.#files.begin(this.#start);
    this.#begun = true;
  }

  /** The current file, or the last one. */
  get file(): string | undefined {
    return this.#files.current?.file ?? this.segments.at(-1)?.file;
  }

  /** The complete files, in order. */
  get segments(): SegmentResult[] {
    return this.#files.finished;
  }

  get position(): number {
    return this.aligner.end - this.#start;
  }

  /** Latest possible end of the recording, in samples. */
  get limit(): number {
    const { maxMs } = this.#options;
    return maxMs === undefined ? Number.POSITIVE_INFINITY : this.#start + msToSamples(maxMs);
  }

  /** Statistics of live masking; undefined when it is off. */
  get maskStats(): LiveMaskStats | undefined {
    return this.#options.mask?.stats;
  }

  get paused(): boolean {
    return this.aligner.masking;
  }

  pause(text?: string): void {
    if (this.paused) return;
    this.mark('paused', text, this.aligner.mask());
    this.emit('paused', true);
  }

  resume(text?: string): void {
    if (!this.paused) return;
    this.mark('resumed', text, this.aligner.unmask());
    this.emit('paused', false);
  }

  /** Adds a mark, by default at the current position. */
  mark(kind: 'paused' | 'resumed' | 'consent' | 'note', text?: string, position = this.aligner.end): void {
    const mark = text === undefined ? { kind } : { kind, text };
    if (this.#options.mask) this.#marks.push({ position, mark });
    else this.#files.current?.mark(position, mark);
  }

  /** Takes a key that was signalled outside the audio, at the current position. */
  pressed(digit: string): void {
    this.#options.mask?.pressed(digit, this.aligner.end);
  }

  ledgersSince(position: number): LedgerSpan[][] {
    const { local, remote } = this.aligner.legs;
    return [local, remote].map(({ ledger }) => ledger.since(position));
  }

  masking(span: MaskSpan): void {
    for (const leg of ['local', 'remote'] as const)
      this.aligner.legs[leg].ledger.mask(span.from, span.samples, span.rule);
    for (const segment of this.#files.open) segment.masked(span);
  }

  masked(span: MaskSpan): void {
    this.emit('masked', { ...span, from: span.from - this.#start });
  }

  notUnderstood(error: Error): void {
    this.emit('mask-failed', error);
  }

  heard(): void {
    if (this.#limitReached || this.aligner.commonEnd < this.limit) return;
    this.#limitReached = true;
    this.emit('limit');
  }

  /** Marks a stretch of a leg's stream as concealed by its line. */
  conceal(leg: LegName, stretch: NamedStretch<SpanReason>): void {
    this.aligner.legs[leg].conceal(stretch);
  }

  /** Writes new facts of the call to the journal, in case the process is killed. */
  describe(call: RecordedCall): void {
    this.#files.current?.describe(call);
  }

  /** Opens a tap on both legs as they are recorded: {@link CallRecording.legs}. */
  legs(options: LegTapOptions): LegTap {
    return this.#taps.open(options);
  }

  /** Removes all files of a recording that never began. */
  async discard(): Promise<void> {
    this.#options.mask?.close();
    await this.#files.discard();
  }

  write(samples: Int16Array, position: number): Promise<void> {
    return this.#files.write(samples, position);
  }

  async flushed(end: number, legs: LegEnds): Promise<void> {
    await this.#files.flushed(end, legs);
    this.#markUpTo(end);
    this.heard();
  }

  async final(samples: Int16Array, position: number): Promise<void> {
    await this.#files.final(samples, position);
    this.#taps.write(samples, position - this.#start);
    for (const { position: at, sampleCount, levels } of this.#meter.push(samples)) {
      const [local, remote] = levels;
      if (local && remote)
        this.emit('progress', { positionMs: samplesToMs(at + sampleCount), local, remote });
    }
  }

  /**
   * Ends the recording at `length` (default: the end of the longer leg) and completes its last file.
   * @throws ERR_FILE when a file is not complete, or when the disk is full now: the files are complete up to then.
   */
  async finish(
    end: RecordingEnd,
    options: {
      /** Called when both legs have ended. */
      length?(): number | undefined;
      readonly reason?: string;
    } = {},
  ): Promise<void> {
    const length = await this.aligner.finish(options.length);
    await this.#options.mask?.finish();
    this.#markUpTo(Number.POSITIVE_INFINITY);
    this.#taps.end();
    await this.#files.finish(length, end, options.reason);
  }

  /** Writes the held marks up to a position. */
  #markUpTo(end: number): void {
    for (const { position, mark } of this.#marks.filter((held) => held.position <= end))
      this.#files.current?.mark(position, mark);
    this.#marks = this.#marks.filter((held) => held.position > end);
  }
}
