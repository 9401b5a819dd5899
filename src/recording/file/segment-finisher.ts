import { JackfieldError, messageOf } from '../../base/errors.js';
import type { LegAligner } from '../../stream/align/leg-aligner.js';
import type { RecordingEnd } from '../sidecar.js';
import type { TrackOptions } from '../track-options.js';
import type { Segment, SegmentResult } from './segment.js';

/** Reasons for a requested end of the file: later audio is cut off on purpose. */
const AS_TOLD: ReadonlySet<RecordingEnd> = new Set(['segment', 'stopped', 'limit']);
/** Reasons for an end together with the call's voice. */
const WITH_THE_CALL: ReadonlySet<RecordingEnd> = new Set(['call-ended', 'connection-lost']);

/** Callbacks to the owner of a {@link SegmentFinisher}. */
export interface FinisherNotices {
  /** Called when a file and those beside it are complete, in the order of the files. */
  finished(result: SegmentResult): void;
  /** Called when a file could not be completed. It is left for recovery. */
  failed(error: Error): void;
}

/**
 * Completes files that get no more samples. The files beside one are made while the recording continues, so that an
 * encoder does not delay it.
 */
export class SegmentFinisher {
  /** The complete files, in order. */
  readonly results: SegmentResult[] = [];
  readonly #options: Pick<TrackOptions, 'facts' | 'mask'>;
  readonly #aligner: LegAligner;
  readonly #notices: FinisherNotices;
  /** Resolves when all closed files are finished and reported. */
  #finishing: Promise<void> = Promise.resolve();
  /** The first error that prevented the completion of a file. */
  #incomplete: Error | undefined;

  constructor(options: Pick<TrackOptions, 'facts' | 'mask'>, aligner: LegAligner, notices: FinisherNotices) {
    this.#options = options;
    this.#aligner = aligner;
    this.#notices = notices;
  }

  /** Closes a file, and begins to make those beside it. @throws ERR_FILE when it cannot be closed. */
  async complete(segment: Segment, end: RecordingEnd, reason: string | undefined): Promise<void> {
    const { local, remote } = this.#aligner.legs;
    const { mask } = this.#options;
    const asTold = AS_TOLD.has(end);
    // Sent audio runs ahead of received audio.
    const heard = this.#aligner.localFollows ? Math.min(local.end, remote.end) : local.end;
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
      unheard: this.#aligner.localFollows ? unheard : undefined,
      drift: local.stretcher.account,
      end,
      ...(reason === undefined ? {} : { reason }),
      maskings: mask && [mask.maskingOf(segment.base, segment.limit)],
    };
    const finished = segment.finish(facts);
    this.#finishing = Promise.all([finished, this.#finishing])
      .then(([result]) => {
        this.results.push(result);
        this.#notices.finished(result);
      })
      .catch((error: unknown) => this.fail(error));
  }

  /** Notes that a file could not be completed. */
  fail(cause: unknown): void {
    const error = toError(cause);
    this.#incomplete ??= error;
    this.#notices.failed(error);
  }

  /** Resolves when all files are complete: to the first error for which one is not. */
  async done(): Promise<Error | undefined> {
    await this.#finishing;
    return this.#incomplete;
  }
}

/** Turns anything that was thrown while a file was written into an error. */
export function toError(cause: unknown): Error {
  return cause instanceof Error ? cause : new JackfieldError('ERR_FILE', messageOf(cause));
}
