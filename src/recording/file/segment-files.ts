import { msToSamples } from '../../base/pcm.js';
import { isDiskFull } from '../../files/file-error.js';
import type { LegEnds } from '../../stream/align/ledger.js';
import type { LegAligner } from '../../stream/align/leg-aligner.js';
import type { RecordingEvents } from '../recording-events.js';
import type { RecordingEnd } from '../sidecar.js';
import type { TrackOptions } from '../track-options.js';
import type { Segment, SegmentResult } from './segment.js';
import { SegmentFinisher, toError } from './segment-finisher.js';
import { SegmentRule } from './segment-rule.js';

/** The recording that the files belong to. */
export interface SegmentFilesOwner {
  readonly aligner: LegAligner;
  /** Latest possible end of the recording, in samples. */
  readonly limit: number;
  emit<K extends 'segment' | 'segment-refused' | 'disk-full' | 'disk-resumed'>(
    event: K,
    ...args: RecordingEvents[K]
  ): unknown;
}

/** Time between two checks of a full disk, in samples of the call. */
const ROOM_CHECK = msToSamples(5000);
/** Time between two checks that the current file still exists, in samples of the call. */
const PRESENCE_CHECK = msToSamples(1000);

/** A disk on which nothing could be written from a position on. */
interface FullDisk {
  readonly error: Error;
  readonly since: number;
  nextCheck: number;
}

/**
 * The files of a recording, one after the other. A new one is opened where a rule says so, and where a full disk has
 * room again. Samples of a late leg may still belong to the previous file, so more than one can be open.
 */
export class SegmentFiles {
  readonly #options: TrackOptions;
  readonly #owner: SegmentFilesOwner;
  readonly #rule: SegmentRule;
  readonly #finisher: SegmentFinisher;
  /** Open files, oldest first. */
  #open: Segment[] = [];
  #opened = 0;
  #presenceAt = 0;
  #full: FullDisk | undefined;

  constructor(options: TrackOptions, owner: SegmentFilesOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#rule = new SegmentRule(options.rules);
    this.#finisher = new SegmentFinisher(options, owner.aligner, {
      finished: (result) => owner.emit('segment', result),
      failed: (error) => {
        if (error !== this.refused) owner.emit('disk-full', error);
      },
    });
  }

  get open(): readonly Segment[] {
    return this.#open;
  }

  /** The current file. */
  get current(): Segment | undefined {
    return this.#open.at(-1);
  }

  /** The complete files, in order. */
  get finished(): SegmentResult[] {
    return this.#finisher.results;
  }

  /** The error that currently prevents writing; undefined while it writes. */
  get refused(): Error | undefined {
    return this.#full?.error;
  }

  /** Opens the first file. On a full disk it is opened later if `resumeWhenRoom` is set. @throws ERR_FILE. */
  async begin(start: number): Promise<void> {
    try {
      await this.#next(start, 0);
    } catch (error) {
      if (!this.#options.resumeWhenRoom || !isDiskFull(error)) throw error;
      this.#isFull(error, start);
    }
  }

  /** Removes all files of a recording that never began. */
  async discard(): Promise<void> {
    const open = this.#open;
    this.#open = [];
    await Promise.all(open.map((segment) => segment.discard()));
  }

  async write(samples: Int16Array, position: number): Promise<void> {
    const end = position + samples.length / 2;
    while (!this.#full && this.#rule.limit < Math.min(end, this.#owner.limit))
      await this.#cut(this.#rule.limit);
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

  /** Commits what was written, and begins the next file if it is due. */
  async flushed(end: number, legs: LegEnds): Promise<void> {
    const looks = end >= this.#presenceAt;
    if (looks) this.#presenceAt = end + PRESENCE_CHECK;
    for (const segment of this.#open) {
      try {
        if (looks) await segment.checkPresence();
        await segment.commit(end, legs);
        segment.drift(this.#owner.aligner.legs.local.stretcher.account);
      } catch (error) {
        await this.#refused(segment, error);
      }
    }
    if (this.#full) await this.#tryAgain(end);
    else if (this.#rule.isDue(end) && end < this.#owner.limit) await this.#cut(end);
  }

  /** Takes samples that do not change any more, and completes the files that end before them. */
  async final(samples: Int16Array, position: number): Promise<void> {
    const end = position + samples.length / 2;
    for (const segment of [...this.#open]) {
      try {
        await segment.final(samples, position);
      } catch (error) {
        await this.#refused(segment, error);
      }
      if (end < segment.limit) continue;
      const atLimit = segment.limit === this.#owner.limit;
      await this.#finish(segment, this.#full ? 'disk-full' : atLimit ? 'limit' : 'segment');
    }
    this.#rule.hear(samples);
  }

  /** Completes the open files at `length`. @throws ERR_FILE when the recording is not complete. */
  async finish(length: number, end: RecordingEnd, reason?: string): Promise<void> {
    for (const segment of [...this.#open]) {
      segment.limit = Math.min(segment.limit, length);
      await this.#finish(segment, end, reason);
    }
    const incomplete = await this.#finisher.done();
    const error = this.#full?.error ?? incomplete;
    if (error) throw error;
  }

  async #next(base: number, unwritten: number): Promise<void> {
    const segment = await this.#options.open(this.#opened + 1, base, unwritten);
    this.#opened++;
    segment.limit = this.#owner.limit;
    this.#open.push(segment);
    this.#rule.begin(base);
    // The journal gets changes only, so the existing spans of the ledger are added first: a late leg may continue into
    // this file without a change.
    for (const leg of ['local', 'remote'] as const) {
      for (const span of this.#owner.aligner.legs[leg].ledger.since(base)) segment.span(leg, span);
    }
  }

  async #cut(at: number): Promise<void> {
    const last = this.current;
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
    last.limit = this.#owner.limit;
    last.mark(at, { kind: 'note', text: `No new file could be started here. ${error.message}` });
    this.#rule.begin(at);
    this.#owner.emit('segment-refused', error);
  }

  async #finish(segment: Segment, end: RecordingEnd, reason?: string): Promise<void> {
    this.#open = this.#open.filter((other) => other !== segment);
    try {
      // An empty file is removed, unless it is the only file of the call.
      const isEmpty = segment.limit <= segment.base;
      if (isEmpty && (this.#opened > 1 || this.#full)) await segment.discard();
      else {
        const why = reason ?? (end === 'disk-full' ? this.#full?.error.message : undefined);
        await this.#finisher.complete(segment, end, why);
      }
    } catch (cause) {
      this.#finisher.fail(cause);
    }
    const { local, remote } = this.#owner.aligner.legs;
    for (const { ledger } of [local, remote]) ledger.forget(segment.limit);
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
    this.#owner.emit('disk-full', error);
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
    this.#owner.emit('disk-resumed');
  }
}
