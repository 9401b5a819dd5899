import { optionsOf } from '../base/check.js';
import { JackfieldError, messageOf } from '../base/errors.js';
import { FencedEmitter } from '../base/listener/fenced-emitter.js';
import { msToSamples, STEREO, samplesToMs } from '../base/pcm.js';
import { isDiskFull } from '../files/file-error.js';
import type { LegEnds, LegName, SpanReason } from '../stream/align/ledger.js';
import { ALIGNER_RULES, LegAligner, type LegAlignerOptions } from '../stream/align/leg-aligner.js';
import { type LegTap, type LegTapOptions, LegTaps } from '../stream/align/leg-tap.js';
import type { NamedStretch } from '../stream/align/stretch-places.js';
import { LevelMeter } from '../voice/level/level-meter.js';
import type { Segment, SegmentResult } from './file/segment.js';
import { SegmentRule } from './file/segment-rule.js';
import type { LiveMaskStats, MaskedSink } from './masking/live-mask.js';
import type { MaskSpan } from './masking/mask-spans.js';
import type { RecordingEvents } from './recording-events.js';
import type { RecordedCall, RecordingEnd, RecordingMark, RecordingMasking } from './sidecar.js';
import type { TrackOptions } from './track-options.js';

/** A mark at a position that is not written yet. */
interface HeldMark {
  readonly position: number;
  readonly mark: Omit<RecordingMark, 'at'>;
}

/** Time between two checks of a full disk, in samples of the call. */
const ROOM_CHECK = msToSamples(5000);
/** Reasons for a requested end of the file: later audio is cut off on purpose. */
const AS_TOLD: ReadonlySet<RecordingEnd> = new Set(['segment', 'stopped', 'limit']);
/** Reasons for an end together with the call's voice. */
const WITH_THE_CALL: ReadonlySet<RecordingEnd> = new Set(['call-ended', 'connection-lost']);
/** Time between two checks that the current file still exists, in samples of the call. */
const PRESENCE_CHECK = msToSamples(1000);

/** Writes two aligned legs to files: cuts them into segments and measures levels. */
export class RecordingTrack extends FencedEmitter<RecordingEvents> implements MaskedSink {
  readonly aligner: LegAligner;
  readonly segments: SegmentResult[] = [];
  readonly #options: TrackOptions;
  readonly #meter = new LevelMeter({ format: STEREO });
  readonly #rule: SegmentRule;
  readonly #taps = new LegTaps();
  /** Open segments, oldest first. Samples of a late leg may still belong to the previous segment. */
  #open: Segment[] = [];
  #opened = 0;
  #begun = false;
  #presenceAt = 0;
  #start = 0;
  #full: { readonly error: Error; readonly since: number; nextCheck: number } | undefined;
  #limitReached = false;
  /** Resolves when all closed files are finished and reported, in order. */
  #finishing: Promise<void> = Promise.resolve();
  /** Marks in audio that the live mask still holds. */
  #marks: HeldMark[] = [];
  /** The error that prevented the completion of a file. The file is left for recovery. */
  #incomplete: Error | undefined;

  constructor(options: TrackOptions) {
    super();
    this.#options = options;
    this.#rule = new SegmentRule(options.rules);
    this.aligner = new LegAligner(
      options.mask?.to(this) ?? this,
      optionsOf<LegAlignerOptions>(options, ALIGNER_RULES),
      {
        clock: options.clock,
        gapName: (leg, begun) => options.gapName(leg, begun),
        holes: (leg, from, to) => options.holes?.(leg, from, to) ?? [],
        onSpan: (leg, span) => {
          for (const segment of this.#open) segment.span(leg, span);
        },
        onConcealed: (leg, stretch) => {
          for (const segment of this.#open) segment.concealed(leg, stretch);
        },
      },
    );
    if (options.preRollMs !== undefined) this.aligner.retain(msToSamples(options.preRollMs));
  }

  get begun(): boolean {
    return this.#begun;
  }

  /** The error that currently prevents writing; undefined while it writes. */
  get refused(): Error | undefined {
    return this.#full?.error;
  }

  /**
   * Opens the first file, unless it is open. On a full disk it is opened later if `resumeWhenRoom` is set.
   * @throws ERR_FILE.
   */
  async begin(): Promise<void> {
    if (this.begun) return;
    this.#start = this.aligner.begin();
    try {
      await this.#next(this.#start, 0);
    } catch (error) {
      if (!this.#options.resumeWhenRoom || !isDiskFull(error)) throw error;
      this.#isFull(error, this.#start);
    }
    this.#begun = true;
  }

  /** The current file, or the last one. */
  get file(): string | undefined {
    return this.#open.at(-1)?.file ?? this.segments.at(-1)?.file;
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
    else this.#open.at(-1)?.mark(position, mark);
  }

  /** Takes a key that was signalled outside the audio, at the current position. */
  pressed(digit: string): void {
    this.#options.mask?.pressed(digit, this.aligner.end);
  }

  masking(span: MaskSpan): void {
    for (const leg of ['local', 'remote'] as const)
      this.aligner.legs[leg].ledger.mask(span.from, span.samples, span.rule);
    for (const segment of this.#open) segment.masked(span);
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
    this.#open.at(-1)?.describe(call);
  }

  /** Opens a tap on both legs as they are recorded: {@link CallRecording.legs}. */
  legs(options: LegTapOptions): LegTap {
    return this.#taps.open(options);
  }

  /** Removes all files of a recording that never began. */
  async discard(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    this.#options.mask?.close();
    await Promise.all(open.map((segment) => segment.discard()));
  }

  async write(samples: Int16Array, position: number): Promise<void> {
    const end = position + samples.length / 2;
    while (!this.#full && this.#rule.limit < Math.min(end, this.limit)) await this.#cut(this.#rule.limit);
    for (const segment of this.#open) {
      try {
        await segment.write(samples, position);
      } catch (error) {
        // The failed write may have left older samples after this position.
        segment.limit = Math.min(segment.limit, Math.max(segment.base, position));
        await this.#refused(segment, error);
      }
    }
  }

  async flushed(end: number, legs: LegEnds): Promise<void> {
    const looks = end >= this.#presenceAt;
    if (looks) this.#presenceAt = end + PRESENCE_CHECK;
    for (const segment of this.#open) {
      try {
        if (looks) await segment.checkPresence();
        await segment.commit(end, legs);
        segment.drift(this.aligner.legs.local.stretcher.account);
      } catch (error) {
        await this.#refused(segment, error);
      }
    }
    if (this.#full) await this.#tryAgain(end);
    else if (this.#rule.isDue(end) && end < this.limit) await this.#cut(end);
    this.#markUpTo(end);
    this.heard();
  }

  async final(samples: Int16Array, position: number): Promise<void> {
    const end = position + samples.length / 2;
    for (const segment of [...this.#open]) {
      try {
        await segment.final(samples, position);
      } catch (error) {
        await this.#refused(segment, error);
      }
      if (end < segment.limit) continue;
      const atLimit = segment.limit === this.limit;
      await this.#finish(segment, this.#full ? 'disk-full' : atLimit ? 'limit' : 'segment');
    }
    this.#taps.write(samples, position - this.#start);
    this.#rule.hear(samples);
    for (const { position: at, sampleCount, levels } of this.#meter.push(samples)) {
      const [local, remote] = levels;
      if (local && remote)
        this.emit('progress', { positionMs: samplesToMs(at + sampleCount), local, remote });
    }
  }

  /** Ends the recording at `length` (default: the end of the longer leg) and completes its last file. */
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
    for (const segment of [...this.#open]) {
      segment.limit = Math.min(segment.limit, length);
      await this.#finish(segment, end, options.reason);
    }
    await this.#finishing;
    const error = this.#full?.error ?? this.#incomplete;
    if (error) throw error;
  }

  /** Writes the held marks up to a position. */
  #markUpTo(end: number): void {
    for (const { position, mark } of this.#marks.filter((held) => held.position <= end))
      this.#open.at(-1)?.mark(position, mark);
    this.#marks = this.#marks.filter((held) => held.position > end);
  }

  async #next(base: number, unwritten: number): Promise<void> {
    const segment = await this.#options.open(this.#opened + 1, base, unwritten);
    this.#opened++;
    segment.limit = this.limit;
    this.#open.push(segment);
    this.#rule.begin(base);
    // The journal gets changes only, so the existing spans of the ledger are added first: a late leg may continue into
    // this file without a change.
    for (const leg of ['local', 'remote'] as const) {
      for (const span of this.aligner.legs[leg].ledger.since(base)) segment.span(leg, span);
    }
  }

  async #cut(at: number): Promise<void> {
    const last = this.#open.at(-1);
    if (last) last.limit = at;
    try {
      await this.#next(at, 0);
    } catch (error) {
      if (last) this.#goOn(last, at, toError(error));
      else this.#isFull(error, at);
    }
  }

  /** Continues in the current file when no new one can be created. The next attempt is when another file is due. */
  #goOn(last: Segment, at: number, error: Error): void {
    last.limit = this.limit;
    last.mark(at, { kind: 'note', text: `No new file could be started here. ${error.message}` });
    this.#rule.begin(at);
    this.emit('segment-refused', error);
  }

  async #finish(segment: Segment, end: RecordingEnd, reason?: string): Promise<void> {
    this.#open = this.#open.filter((other) => other !== segment);
    try {
      // An empty file is removed, unless it is the only file of the call.
      const isEmpty = segment.limit <= segment.base;
      if (isEmpty && (this.#opened > 1 || this.#full)) await segment.discard();
      else await this.#complete(segment, end, reason);
    } catch (cause) {
      this.#isIncomplete(cause);
    }
    for (const leg of ['local', 'remote'] as const) this.aligner.legs[leg].ledger.forget(segment.limit);
  }

  #isIncomplete(cause: unknown): void {
    const error = toError(cause);
    this.#incomplete ??= error;
    if (error !== this.#full?.error) this.emit('disk-full', error);
  }

  /**
   * Closes a file. The files beside it are made while the recording continues, so that an encoder does not delay it.
   */
  async #complete(segment: Segment, end: RecordingEnd, reason?: string): Promise<void> {
    const { local, remote } = this.aligner.legs;
    const why = reason ?? (end === 'disk-full' ? this.#full?.error.message : undefined);
    const asTold = AS_TOLD.has(end);
    // Sent audio runs ahead of received audio.
    const heard = this.aligner.localFollows ? Math.min(local.end, remote.end) : local.end;
    const cut = (legEnd: number) => (asTold ? 0 : Math.max(0, legEnd - segment.limit));
    const unheard = WITH_THE_CALL.has(end) ? Math.max(0, local.end - Math.max(heard, segment.limit)) : 0;
    await segment.close();
    const facts = {
      ...this.#options.facts(),
      ledgers: {
        local: local.ledger.slice(segment.base, segment.limit),
        remote: remote.ledger.slice(segment.base, segment.limit),
      },
      late: { local: local.late, remote: remote.late },
      cut: { local: cut(heard), remote: cut(remote.end) },
      unheard: this.aligner.localFollows ? unheard : undefined,
      drift: local.stretcher.account,
      end,
      ...(why === undefined ? {} : { reason: why }),
      maskings: this.#maskings(segment),
    };
    const finished = segment.finish(facts);
    this.#finishing = Promise.all([finished, this.#finishing])
      .then(([result]) => {
        this.segments.push(result);
        this.emit('segment', result);
      })
      .catch((error: unknown) => this.#isIncomplete(error));
  }

  #maskings({ base, limit }: Segment): readonly RecordingMasking[] | undefined {
    const { mask } = this.#options;
    return mask && [mask.maskingOf(base, limit)];
  }

  /** Ends a file after a failed write, at its last committed position. */
  async #refused(segment: Segment, error: unknown): Promise<void> {
    segment.limit = Math.min(segment.limit, segment.committed);
    await segment.releaseReserve();
    this.#isFull(error, segment.limit);
  }

  #isFull(cause: unknown, since: number): void {
    if (this.#full) return;
    const error = toError(cause);
    const nextCheck = this.#options.resumeWhenRoom ? since + ROOM_CHECK : Infinity;
    this.#full = { error, since, nextCheck };
    this.emit('disk-full', error);
  }

  async #tryAgain(end: number): Promise<void> {
    const full = this.#full;
    if (!full || end < full.nextCheck) return;
    full.nextCheck = end + ROOM_CHECK;
    try {
      if (!(await this.#options.hasRoom())) return;
      await this.#next(end, end - full.since);
    } catch {
      // No space again: the next check follows.
      return;
    }
    this.#full = undefined;
    this.emit('disk-resumed');
  }
}

function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new JackfieldError('ERR_FILE', messageOf(cause));
}
