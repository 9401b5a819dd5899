import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  callback,
  checkArgument,
  checkOptions,
  having,
  line,
  needed,
  nested,
  type Rules,
  secret,
} from '../../base/check.js';
import { asError, JackfieldError } from '../../base/errors.js';
import { observe } from '../../base/listener/observe.js';
import { CLOCK, type Clock, systemClock } from '../../base/time/clock.js';
import { removeFile } from '../../files/private-file.js';
import { makeFolder, writeJson } from '../../files/whole-file.js';
import type { Transcriber } from '../../voice/transcript/transcriber.js';
import { Catalogue } from '../archive/catalogue.js';
import type { CatalogueEntry } from '../archive/catalogue-entry.js';
import type { CatalogueQuery } from '../archive/catalogue-query.js';
import { transcribeRecordings } from '../archive/transcribe-recordings.js';
import type { Recorder } from '../recorder/recorder.js';
import type { MaskedRecording } from './mask-recording.js';
import { MASK_RULES, type MaskRecordingsOptions, maskRecordings } from './mask-recordings.js';
import { maskingFolder } from './staged-recording.js';

/** Rules of masking after each call. */
export type MaskAfterCalls = Pick<MaskRecordingsOptions, 'cards' | 'phrases' | 'encryptTo' | 'signingKey'>;

/** Options of {@link afterCalls}. */
export interface AfterCallsOptions {
  /** The folder of the recorder, which has a catalogue. */
  readonly folder: string;
  /** Engine that writes down what was said. Default: none. */
  readonly transcriber?: Transcriber;
  readonly language?: string;
  /** The age secret key of encrypted recordings. Default: they are left out. */
  readonly identity?: string;
  /** Takes card numbers and phrases out of each recording. Default: nothing is masked. */
  readonly mask?: MaskAfterCalls;
  /** Tells when it began. Default: the machine's clock. */
  readonly clock?: Clock;
  readonly onTranscribed?: (recording: CatalogueEntry) => void;
  readonly onMasked?: (recording: CatalogueEntry, result: MaskedRecording) => void;
  /** Told of what failed: that recording is as it was, and is tried again by the next process. */
  readonly onFailed?: (recording: string, error: Error) => void;
}

const { cards, phrases, encryptTo, signingKey } = MASK_RULES;
const RULES: Rules<AfterCallsOptions> = {
  folder: needed(line(1, 10_000)),
  transcriber: having('transcribe'),
  language: line(1, 100),
  identity: secret(line(1, 10_000)),
  mask: nested<MaskAfterCalls>({ cards, phrases, encryptTo, signingKey }),
  clock: CLOCK,
  onTranscribed: callback,
  onMasked: callback,
  onFailed: callback,
};
const RECORDER = having('on', 'off');
/** A recording may have begun so much before this did: its pre-roll, and calls that went on. */
const BEFORE_MS = 600_000;

/**
 * Has each recording transcribed and masked as soon as its call is over and its files are in their places, one after the
 * other, while others are recorded. A recording is as it was said until then. What a process that was killed did not come to,
 * or what failed, is done when the next one begins: a file in `.masking` says since when.
 *
 * @returns What ends it once all that was published is done. The recorder is to be closed before.
 * @throws ERR_INVALID_ARG, ERR_FILE; what the engine's `ready` throws.
 */
export async function afterCalls(recorder: Recorder, options: AfterCallsOptions): Promise<AsyncDisposable> {
  checkArgument('recorder', recorder, RECORDER);
  checkOptions(options, RULES);
  if ((options.mask?.phrases ?? []).length > 0 && !options.transcriber)
    throw new JackfieldError(
      'ERR_INVALID_ARG',
      'Phrases are found in what was said: give a transcriber as well.',
    );
  await options.transcriber?.ready?.();
  const catalogue = Catalogue.open(options.folder);
  try {
    const work = new AfterCalls(catalogue, options);
    await work.begin();
    const published = ({ sidecar }: { readonly sidecar: { readonly id: string } }) =>
      work.add({ id: sidecar.id });
    recorder.on('published', published);
    return {
      async [Symbol.asyncDispose]() {
        recorder.off('published', published);
        await work.end();
        catalogue.close();
      },
    };
  } catch (error) {
    catalogue.close();
    throw error;
  }
}

class AfterCalls {
  readonly #catalogue: Catalogue;
  readonly #options: AfterCallsOptions;
  readonly #file: string;
  #work: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(catalogue: Catalogue, options: AfterCallsOptions) {
    this.#catalogue = catalogue;
    this.#options = options;
    this.#file = join(maskingFolder(options.folder), 'after-calls.json');
  }

  /** Takes up what an earlier process left, and says since when this one is at it. */
  async begin(): Promise<void> {
    const left = await readFile(this.#file, 'utf8').then(sinceIn, () => undefined);
    if (left) this.add({ since: left });
    const nowMs = (this.#options.clock ?? systemClock).unixMs();
    await makeFolder(maskingFolder(this.#options.folder));
    await writeJson(this.#file, { since: (left ?? new Date(nowMs - BEFORE_MS)).toISOString() });
  }

  add(query: CatalogueQuery): void {
    this.#work = this.#work.then(() => this.#do(query)).catch((error: unknown) => this.#failed('', error));
  }

  async end(): Promise<void> {
    await this.#work;
    // What failed is tried again the next time.
    if (this.#failures === 0) await removeFile(this.#file);
  }

  async #do(query: CatalogueQuery): Promise<void> {
    const { transcriber, language, identity, mask, onTranscribed, onMasked } = this.#options;
    const heard = {
      query,
      ...(language !== undefined && { language }),
      ...(identity !== undefined && { identity }),
    };
    const failed = ({ file }: CatalogueEntry, error: Error | undefined) => error && this.#failed(file, error);
    if (transcriber)
      await transcribeRecordings(this.#catalogue, {
        ...{ ...heard, transcriber },
        onRecording: (entry, error) =>
          error ? failed(entry, error) : observe('onTranscribed', onTranscribed, entry),
      });
    if (mask)
      await maskRecordings(this.#catalogue, {
        ...{ ...heard, ...mask },
        ...(transcriber && { transcriber }),
        onRecording: (entry, result, error) =>
          result && !error ? observe('onMasked', onMasked, entry, result) : failed(entry, error),
      });
  }

  #failed(file: string, error: unknown): void {
    this.#failures++;
    observe('onFailed', this.#options.onFailed, file, asError(error));
  }
}

/** The time that such a file names; all time where it cannot be read. */
function sinceIn(text: string): Date {
  try {
    const date = new Date(JSON.parse(text).since);
    return Number.isNaN(date.getTime()) ? new Date(0) : date;
  } catch {
    return new Date(0);
  }
}
