import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { Keyword } from '../../analysis/words/keyword-watch.js';
import { KEYWORDS } from '../../analysis/words/keyword-watch.js';
import { type FoundSecret, MaskFinder } from '../../analysis/words/mask-finder.js';
import {
  signal as abortSignal,
  callback,
  checkArgument,
  checkOptions,
  flag,
  having,
  line,
  listOf,
  nested,
  type Rules,
  rule,
  secret,
} from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { msToSamples } from '../../base/pcm.js';
import { printable } from '../../base/printable.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { FolderLock } from '../../files/folder-lock.js';
import { makeFolder } from '../../files/whole-file.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import type { Catalogue } from '../archive/catalogue.js';
import type { CatalogueEntry } from '../archive/catalogue-entry.js';
import { CATALOGUE_QUERY, type CatalogueQuery } from '../archive/catalogue-query.js';
import { isHeld } from '../archive/hold-file.js';
import { readSidecar } from '../read-details.js';
import { RECIPIENTS, SIGNING_KEY } from '../record-options.js';
import { beside } from '../sidecar.js';
import { type MaskedRecording, maskRecording } from './mask-recording.js';
import type { MaskContext } from './masking-attempt.js';
import { maskingFolder, type RenewEntry, resumeStaged } from './staged-recording.js';

/** A stretch of a recording to mask, in milliseconds from its beginning. */
export interface MaskStretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Options of {@link maskRecordings}. */
export interface MaskRecordingsOptions {
  /** Query for the recordings to mask. Default: all. */
  readonly query?: CatalogueQuery;
  /** True to mask card numbers: runs of 13 or more digits, spoken or pressed. Default true. */
  readonly cards?: boolean;
  /** Phrases to mask. They need a transcriber, or transcripts beside the recordings. Default: none. */
  readonly phrases?: readonly Keyword[];
  /** Stretches to mask. Default: none. */
  readonly stretches?: readonly MaskStretch[];
  /**
   * Engine that transcribes the recordings before and after masking. Default: none; only existing transcripts are
   * searched.
   */
  readonly transcriber?: Transcriber;
  readonly language?: string;
  /** The age secret key of encrypted recordings. */
  readonly identity?: string;
  /** Age recipients of encrypted recordings, which are encrypted again. */
  readonly encryptTo?: readonly string[];
  /** Ed25519 private key that signs the manifests. Needed for signed recordings. */
  readonly signingKey?: KeyObject;
  /** Clock that dates the masking. Default: the machine's clock. */
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  /** Called after each attempt. With `error` the recording is not masked, and unchanged. */
  readonly onRecording?: (
    recording: CatalogueEntry,
    result: MaskedRecording | undefined,
    error: Error | undefined,
  ) => void;
}

const STRETCH = rule('{ fromMs, toMs } with toMs after fromMs', (value) => {
  const { fromMs, toMs } = Object(value);
  return Number.isFinite(fromMs) && Number.isFinite(toMs) && fromMs >= 0 && toMs > fromMs;
});
/** The rules of {@link MaskRecordingsOptions}. */
export const MASK_RULES: Rules<MaskRecordingsOptions> = {
  query: nested(CATALOGUE_QUERY),
  cards: flag,
  phrases: KEYWORDS,
  stretches: listOf(STRETCH),
  transcriber: having('transcribe'),
  language: line(1, 100),
  identity: secret(line(1, 10_000)),
  encryptTo: RECIPIENTS,
  signingKey: SIGNING_KEY,
  clock: CLOCK,
  signal: abortSignal,
  onRecording: callback,
};
const CATALOGUE = having('search', 'add', 'fileOf', 'scrub');

/**
 * Masks card numbers and phrases in recordings. The audio of both legs is silenced, with 250 ms around each find.
 * Outputs and the analysis are made again from the masked audio. Transcripts, annotations, tags, marks and the
 * catalogue are masked as well. Durations do not change. The ledger marks the stretches as masked, with the rule; the
 * sidecar lists the maskings; the new manifest names the one that it replaces. The result is checked, and new finds are
 * masked too. A recording in which the check still finds something is left unchanged and reported as an error.
 *
 * Without a transcriber or a transcript speech is not searched: only keys and stretches are masked, and `looked` of the
 * result shows that. After a kill a recording is unchanged, or the next call finishes it.
 *
 * @returns the number of changed recordings.
 * @throws ERR_INVALID_ARG; ERR_INVALID_STATE while another process masks recordings of the folder; ERR_FILE;
 * ERR_ABORTED.
 */
export async function maskRecordings(
  catalogue: Catalogue,
  options: MaskRecordingsOptions = {},
): Promise<number> {
  checkArgument('catalogue', catalogue, CATALOGUE);
  checkOptions(options, MASK_RULES);
  const { query = {}, transcriber, signal, onRecording } = options;
  await transcriber?.ready?.();
  const folder = maskingFolder(catalogue.folder);
  await makeFolder(folder);
  using _ = FolderLock.take(folder, 'masked');
  const renew = renewIn(catalogue);
  await resumeStaged(catalogue.folder, renew);
  const context = contextOf(catalogue.folder, renew, options);
  let count = 0;
  for (const entry of catalogue.search({ limit: -1, ...query })) {
    signal?.throwIfAborted();
    try {
      const file = await catalogue.fileOf(entry);
      if (entry.hold !== undefined || isHeld(file)) throw held(entry);
      const result = await maskRecording(file, entry, context);
      if (result.masking) count++;
      observe('onRecording', onRecording, entry, result, undefined);
    } catch (error) {
      if (signal?.aborted) throw error;
      observe('onRecording', onRecording, entry, undefined, asError(error));
    }
  }
  return count;
}

/** Finishes the masking of a killed process, if there is one. @throws as {@link maskRecordings}. */
export async function resumeMasking(catalogue: Catalogue): Promise<void> {
  checkArgument('catalogue', catalogue, CATALOGUE);
  const folder = maskingFolder(catalogue.folder);
  if (!existsSync(folder)) return;
  using _ = FolderLock.take(folder, 'masked');
  await resumeStaged(catalogue.folder, renewIn(catalogue));
}

/** Updates the catalogue with a masked recording, and overwrites the old words in its file. */
function renewIn(catalogue: Catalogue): RenewEntry {
  return async (name) => {
    const file = await catalogue.fileOf({ file: name });
    await catalogue.add(file, await readSidecar(beside(file, '.json')));
    catalogue.scrub();
  };
}

function contextOf(archive: string, renew: RenewEntry, options: MaskRecordingsOptions): MaskContext {
  const { cards = true, phrases = [], stretches = [], clock = systemClock } = options;
  const { transcriber, language, identity, encryptTo, signingKey, signal } = options;
  const requested = stretches.map(
    ({ fromMs, toMs }): FoundSecret => ({
      ...{ leg: 0, rule: 'request' },
      from: Math.floor(msToSamples(fromMs)),
      to: Math.ceil(msToSamples(toMs)),
    }),
  );
  return {
    ...{ archive, renew, requested, looksForKeys: cards },
    finder: new MaskFinder({ cards, phrases }),
    wordRules: [
      ...(cards ? (['card-spoken'] as const) : []),
      ...(phrases.length > 0 ? (['phrase'] as const) : []),
    ],
    ...{ transcriber, language, identity, encryptTo, signingKey, signal },
    now: () => new Date(clock.unixMs()).toISOString(),
  };
}

function held({ file }: CatalogueEntry): JackfieldError {
  return new JackfieldError(
    'ERR_INVALID_STATE',
    `${printable(file)} is under legal hold and was not masked.`,
  );
}
