import type { KeyObject } from 'node:crypto';
import { asError } from '../../base/errors.js';
import { Opening } from '../../base/opening.js';
import { fileError } from '../../files/file-error.js';
import { removeFile, writePrivate } from '../../files/private-file.js';
import { writeJson } from '../../files/whole-file.js';
import type { LedgerSpan, LegEnds, LegName, SpanReason } from '../../stream/align/ledger.js';
import type { NamedStretch } from '../../stream/align/stretch-places.js';
import { BLOCK_SAMPLES, BlockHasher } from '../evidence/block-chain.js';
import { type FileFrame, fileFrameOf } from '../evidence/file-frame.js';
import { type ManifestRenewal, manifestOf, type RecordingManifest } from '../evidence/manifest.js';
import { type MaskSpan, maskWithin } from '../masking/mask-spans.js';
import { tailFiles } from '../sealed/sealed-tail.js';
import {
  beside,
  type DriftAccount,
  type RecordedCall,
  type RecordingHead,
  type RecordingMark,
  type RecordingOutput,
  type RecordingSidecar,
  type SidecarFacts,
  sidecarOf,
} from '../sidecar.js';
import type { AudioStore } from './audio-store.js';
import { type CompressedFormat, outputOf } from './compressed.js';
import type { EncoderSlots } from './encoder-slots.js';
import { Journal } from './journal.js';
import { LiveOutput } from './live-output.js';

/** A finished file of a recording. */
export interface SegmentResult {
  readonly file: string;
  readonly sidecarFile: string;
  readonly manifestFile: string;
  readonly sidecar: RecordingSidecar;
  readonly manifest: RecordingManifest;
  /** The error that prevented a requested compressed file. The recording itself is not affected. */
  readonly outputError?: Error;
}

export interface SegmentOptions {
  readonly store: AudioStore;
  readonly head: RecordingHead;
  /** Start of the segment on the call's time line, in samples. */
  readonly base: number;
  readonly signingKey: KeyObject | undefined;
  /**
   * Journal of the file. It is created before the file, so that every file on disk has a journal. Default: created by
   * `open`.
   */
  readonly journal?: Journal;
  /** Compressed files to write beside the audio. Default none. */
  readonly outputs?: readonly CompressedFormat[];
  /** Limits the encoders of several recordings together. Default: a limit for this segment alone. */
  readonly encoders?: EncoderSlots;
}

/** Space reserved beside the audio, so that the file can be ended properly on a full disk. */
const RESERVE_BYTES = 256 * 1024;

/** One file of a recording: the audio and its metadata. Positions are on the call's time line. */
export class Segment {
  readonly base: number;
  readonly head: RecordingHead;
  readonly marks: RecordingMark[] = [];
  /** End of the segment; Infinity while it is open. */
  limit = Number.POSITIVE_INFINITY;
  readonly #store: AudioStore;
  readonly #journal: Journal;
  readonly #hasher: BlockHasher;
  readonly #signingKey: KeyObject | undefined;
  readonly #outputs: readonly LiveOutput[];
  #committed = 0;
  #legs: LegEnds = { local: 0, remote: 0 };
  #drift: DriftAccount = { inserted: 0, removed: 0 };

  private constructor(options: SegmentOptions, journal: Journal) {
    this.base = options.base;
    this.head = options.head;
    this.#store = options.store;
    this.#signingKey = options.signingKey;
    const { id, startedAt, call } = options.head;
    const { path } = options.store;
    this.#outputs = (options.outputs ?? []).map(
      (format) => new LiveOutput(path, format, { id, startedAt, call }, options.encoders),
    );
    this.#journal = journal;
    this.#hasher = new BlockHasher({ onBlock: (index, hash) => journal.add({ t: 'block', index, hash }) });
  }

  /** @throws ERR_FILE. */
  static async open(options: SegmentOptions): Promise<Segment> {
    await using opening = new Opening();
    const journal = options.journal ?? (await Journal.create(journalFile(options.store.path), options.head));
    opening.add(journal, () => journal.close());
    const reserve = reserveFile(options.store.path);
    await writePrivate(reserve, Buffer.alloc(RESERVE_BYTES, 1)).catch((error: unknown) => {
      throw fileError('create', reserve, error);
    });
    return opening.done(new Segment(options, journal));
  }

  get file(): string {
    return this.#store.path;
  }

  /** End of the valid part of the file, on the call's time line. */
  get committed(): number {
    return this.base + this.#committed;
  }

  /** Writes the part of the samples that is within the segment. @throws ERR_FILE. */
  write(samples: Int16Array, position: number): void | Promise<void> {
    const part = this.#within(samples, position);
    if (!part) return;
    const at = Math.max(position, this.base) - this.base;
    // The journal is written before the samples: after a kill, all audio on disk has a ledger entry.
    if (this.#journal.pending) return this.#journal.settle().then(() => this.#store.write(part, at));
    return this.#store.write(part, at);
  }

  /** Takes samples that will not change any more. */
  final(samples: Int16Array, position: number): void | Promise<void> {
    const part = this.#within(samples, position);
    if (!part) return;
    this.#hasher.push(part);
    for (const output of this.#outputs) output.push(part);
    return this.#store.final(part, Math.max(position, this.base) - this.base);
  }

  /** Updates the header of the file to count the samples up to `end`. @throws ERR_FILE. */
  async commit(end: number, legs: LegEnds): Promise<void> {
    const count = Math.min(end, this.limit) - this.base;
    if (count < 0) return;
    const within = (position: number) => Math.max(0, Math.min(position - this.base, count));
    this.#legs = { local: within(legs.local), remote: within(legs.remote) };
    await this.#store.commit(count, this.#legs);
    this.#committed = count;
  }

  /** @throws ERR_FILE when the file was deleted meanwhile. */
  checkPresence(): Promise<void> {
    return this.#store.checkPresence();
  }

  mark(position: number, mark: Omit<RecordingMark, 'at'>): void {
    const placed = { at: Math.max(0, position - this.base), ...mark };
    this.marks.push(placed);
    this.#journal.add({ t: 'mark', mark: placed });
  }

  span(leg: LegName, { from, kind, reason }: Omit<LedgerSpan, 'samples'>): void {
    const at = Math.max(0, from - this.base);
    this.#journal.add({ t: 'span', leg, span: { from: at, kind, ...(reason && { reason }) } });
  }

  /** Adds a stretch of a leg to the journal that its line concealed, or whose voice was lost. */
  named(t: 'concealed' | 'lost', leg: LegName, { from, samples, reason }: NamedStretch<SpanReason>): void {
    const at = Math.max(0, from - this.base);
    const length = from + samples - this.base - at;
    if (length > 0) this.#journal.add({ t, leg, stretch: { from: at, samples: length, reason } });
  }

  /** Adds a masked stretch of both legs to the journal. */
  masked(span: MaskSpan): void {
    const within = maskWithin(span, this.base, this.limit);
    if (within) this.#journal.add({ t: 'masked', span: within });
  }

  /** Adds the total of drift correction to the journal if it has changed. */
  drift(account: DriftAccount): void {
    const { inserted, removed } = this.#drift;
    if (account.inserted === inserted && account.removed === removed) return;
    this.#drift = account;
    this.#journal.add({ t: 'drift', account });
  }

  describe(call: RecordedCall): void {
    this.#journal.add({ t: 'call', call });
  }

  /** Frees the space reserved for a full disk. */
  async releaseReserve(): Promise<void> {
    // A failure does no harm: recovery removes the file later.
    await removeFile(reserveFile(this.file)).catch(() => undefined);
  }

  /** Completes and closes the audio file; {@link finish} writes the files beside it. @throws ERR_FILE. */
  async close(): Promise<void> {
    try {
      await this.releaseReserve();
      await this.#store.close(this.#hasher.sampleCount, this.#legs);
      await this.#journal.close();
    } catch (error) {
      // The journal stays, for the recovery of the audio on disk.
      await this.#giveUp();
      throw error;
    }
  }

  /**
   * Writes the files beside the closed audio. Waiting for an encoder may take long; no descriptor is held meanwhile.
   * @throws ERR_FILE.
   */
  async finish(
    facts: Omit<SidecarFacts, 'head' | 'file' | 'sampleCount' | 'marks' | 'outputs'>,
  ): Promise<SegmentResult> {
    const sampleCount = this.#hasher.sampleCount;
    const { made, error } = await this.#finishOutputs(sampleCount);
    const sidecar = sidecarOf({
      ...facts,
      head: this.head,
      file: this.file,
      sampleCount,
      marks: this.marks.map((mark) => markWithin(mark, sampleCount)),
      outputs: made,
    });
    const result = await writeDetails(this.file, sidecar, this.#hasher.end(), this.#signingKey);
    await removeFile(this.#journal.path);
    return { ...result, ...(error && { outputError: error }) };
  }

  /** Removes all files of a recording that never began. */
  async discard(): Promise<void> {
    await this.#store.close(0, { local: 0, remote: 0 }).catch(() => undefined);
    await this.#giveUp();
    await removeOpenSegment(this.file);
  }

  async #giveUp(): Promise<void> {
    await this.#journal.close();
    await Promise.all(this.#outputs.map((output) => output.discard()));
  }

  async #finishOutputs(samples: number): Promise<{ made: RecordingOutput[]; error: Error | undefined }> {
    const made: RecordingOutput[] = [];
    let error: Error | undefined;
    for (const output of this.#outputs) {
      try {
        // A call that was never answered has nothing to encode.
        if (samples === 0) {
          await output.discard();
          continue;
        }
        await output.finish(this.file);
        made.push(await outputOf(output.path));
      } catch (cause) {
        error ??= asError(cause);
      }
    }
    return { made, error };
  }

  #within(samples: Int16Array, position: number): Int16Array | undefined {
    const from = Math.max(0, this.base - position);
    const to = Math.min(samples.length / 2, this.limit - position);
    return from < to ? samples.subarray(from * 2, to * 2) : undefined;
  }
}

/**
 * Removes the audio of an open segment and the files beside it, as far as possible. The journal is removed last,
 * because recovery needs it.
 */
export async function removeOpenSegment(file: string): Promise<void> {
  const files = [file, reserveFile(file), ...tailFiles(file)];
  const removed = await Promise.allSettled(files.map((each) => removeFile(each)));
  await removeFile(journalFile(file));
  for (const each of removed) if (each.status === 'rejected') throw each.reason;
}

/** Moves a mark beyond the last sample to the end of the file. */
export function markWithin(mark: RecordingMark, sampleCount: number): RecordingMark {
  return { ...mark, at: Math.min(mark.at, sampleCount) };
}

/**
 * Writes the sidecar and manifest beside a complete audio file.
 *
 * @param more.frame Frame of the file. Default: computed from the file.
 * @param more.renewed Set when the manifest replaces an earlier one.
 * @throws ERR_FILE.
 */
export async function writeDetails(
  file: string,
  sidecar: RecordingSidecar,
  blocks: readonly string[],
  signingKey: KeyObject | undefined,
  more: { readonly frame?: FileFrame | undefined; readonly renewed?: ManifestRenewal } = {},
): Promise<SegmentResult> {
  const sidecarFile = beside(file, '.json');
  const manifestFile = beside(file, '.manifest.json');
  const sidecarText = await writeJson(sidecarFile, sidecar);
  const { id, segment, audio } = sidecar;
  const { samples } = audio;
  const frame = more.frame ?? (await fileFrameOf(file, samples));
  const facts = { id, segment, samples, blockSamples: BLOCK_SAMPLES, blocks, frame, sidecarText };
  const { renewed } = more;
  const manifest = manifestOf({ ...facts, ...(renewed && { renewed }) }, signingKey);
  await writeJson(manifestFile, manifest);
  return { file, sidecarFile, manifestFile, sidecar, manifest };
}

export function journalFile(audioFile: string): string {
  return beside(audioFile, '.journal');
}

export function reserveFile(audioFile: string): string {
  return beside(audioFile, '.reserve');
}
