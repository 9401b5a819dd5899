import { relative } from 'node:path';
import { asError, JackfieldError } from '../../base/errors.js';
import { printable } from '../../base/printable.js';
import type { Catalogue } from '../archive/catalogue.js';
import type { CatalogueEntry } from '../archive/catalogue-entry.js';
import { transcribeRecordings } from '../archive/transcribe-recordings.js';
import { readSidecar } from '../read-details.js';
import { beside, type RecordingSidecar } from '../sidecar.js';
import { type AfterCallNote, AfterCallNotes } from './after-call-notes.js';
import type { AfterCallsOptions } from './after-calls-options.js';
import type { MaskedRecording } from './mask-recording.js';
import { type MaskRecordingsOptions, maskRecordings } from './mask-recordings.js';

/** Events of the processing after calls. */
export interface AfterCallsEvents {
  /** A recording was transcribed. */
  transcribed: [recording: CatalogueEntry];
  /** A recording was checked and masked. Without `masking` in the result, nothing was found. */
  masked: [recording: CatalogueEntry, result: MaskedRecording];
  /**
   * A recording could not be transcribed or masked. It is unchanged, and its event waits if it was to be masked. The
   * next recorder of the folder tries again, and so does a change of the configuration. `file` is `.after-calls` when
   * the list of waiting recordings cannot be read: then no events are sent for them.
   */
  undone: [file: string, error: Error];
}

/** Dependencies of {@link AfterCalls}. */
export interface AfterCallsContext {
  readonly catalogue: Catalogue;
  /** Receives the events. */
  readonly told: { readonly [E in keyof AfterCallsEvents]: (...about: AfterCallsEvents[E]) => void };
  /** Sends the event of a recording that is masked. May be called again with the same id. */
  readonly tell: (
    published: { readonly file: string; readonly sidecar: RecordingSidecar },
    news: Pick<AfterCallNote, 'id' | 'type'>,
  ) => Promise<void>;
}

/** {@link AfterCallsOptions} with the keys of the recorder. */
export interface AfterCallsSettings
  extends AfterCallsOptions,
    Pick<MaskRecordingsOptions, 'identity' | 'encryptTo' | 'signingKey'> {}

/**
 * Transcribes and masks each recording after its call, when its files are published. Recordings are processed one by
 * one, while others are recorded. A note is on disk before any event of the recording, and is removed when the work is
 * done. After a kill, the next process continues from the notes.
 */
export class AfterCalls {
  readonly #context: AfterCallsContext;
  readonly #notes: AfterCallNotes;
  #settings: AfterCallsSettings;
  #work: Promise<void> = Promise.resolve();
  /** Ids of notes in progress or failed. */
  readonly #begun = new Set<string>();
  /** Settings of recordings that began before a change of the configuration, by the id of their note. */
  readonly #earlier = new Map<string, AfterCallsSettings>();

  constructor(settings: AfterCallsSettings, context: AfterCallsContext) {
    this.#settings = settings;
    this.#context = context;
    this.#notes = new AfterCallNotes(context.catalogue.folder);
  }

  /** Uses other options for later recordings, and retries the failed ones. */
  configure(settings: AfterCallsSettings): void {
    this.#settings = settings;
    this.#work = this.#work.then(() => this.#retry(settings)).then(() => this.takeUp());
  }

  /**
   * Writes the note of a recording.
   *
   * @param begun Settings with which the recording began, if they are others. It is masked by their rules.
   * @returns true when the event of the recording must wait for it.
   * @throws ERR_FILE
   */
  async keep(
    file: string,
    { id, type }: Pick<AfterCallNote, 'id' | 'type'>,
    begun: AfterCallsSettings = this.#settings,
  ): Promise<boolean> {
    const isEarlier = begun.mask !== undefined && begun.mask !== this.#settings.mask;
    if (isEarlier) this.#earlier.set(id, begun);
    const masks = isEarlier || this.#settings.mask !== undefined;
    await this.#notes.keep({ id, type, file: relative(this.#context.catalogue.folder, file), masks });
    return masks;
  }

  /**
   * Starts the work of all notes that was not started. The work continues after this resolves. Unreadable notes are
   * reported as `undone`.
   */
  async takeUp(): Promise<void> {
    const notes = await this.#notes.read().catch((error: unknown) => {
      this.#context.told.undone(this.#notes.name, asError(error));
      return [];
    });
    for (const note of notes) {
      if (this.#begun.has(note.id)) continue;
      this.#begun.add(note.id);
      this.#work = this.#work.then(() => this.#do(note));
    }
  }

  /** Resolves when all started work is done or has failed. */
  async end(): Promise<void> {
    await this.takeUp();
    // The work itself may start more work.
    let work: Promise<void> | undefined;
    while (work !== this.#work) {
      work = this.#work;
      await work;
    }
  }

  /** Lets failed work be done again: by the new rules, if there are any. */
  #retry({ mask }: AfterCallsSettings): void {
    if (mask) for (const id of this.#begun) this.#earlier.delete(id);
    this.#begun.clear();
  }

  async #do(note: AfterCallNote): Promise<void> {
    const { catalogue, tell } = this.#context;
    const settings = this.#earlier.get(note.id) ?? this.#settings;
    try {
      const [entry] = catalogue.search({ file: note.file });
      if (entry) {
        await this.#transcribe(entry, settings);
        await this.#mask(entry, note, settings);
        if (note.masks) {
          const file = await catalogue.fileOf(entry);
          await tell({ file, sidecar: await readSidecar(beside(file, '.json')) }, note);
        }
      }
      // Without an entry the recording was removed meanwhile: there is no work and no event.
      await this.#notes.remove(note);
      this.#begun.delete(note.id);
      this.#earlier.delete(note.id);
    } catch (error) {
      this.#context.told.undone(note.file, asError(error));
    }
  }

  async #transcribe(
    { file }: CatalogueEntry,
    { transcriber, language, identity }: AfterCallsSettings,
  ): Promise<void> {
    if (!transcriber) return;
    let failure: Error | undefined;
    await transcribeRecordings(this.#context.catalogue, {
      ...{ query: { file }, transcriber },
      ...(language !== undefined && { language }),
      ...(identity !== undefined && { identity }),
      onRecording: (entry, error) => {
        if (error) failure = error;
        else this.#context.told.transcribed(entry);
      },
    });
    if (failure) throw failure;
  }

  /** @throws when the recording was to be masked and is not. */
  async #mask(
    { file }: CatalogueEntry,
    { masks }: AfterCallNote,
    { mask, ...heard }: AfterCallsSettings,
  ): Promise<void> {
    if (!mask && !masks) return;
    if (!mask) {
      const text = `${printable(file)} was to be masked, but the rules are no longer configured: it was not changed.`;
      throw new JackfieldError('ERR_INVALID_STATE', text);
    }
    let failure: Error | undefined;
    let masked: MaskedRecording | undefined;
    await maskRecordings(this.#context.catalogue, {
      ...{ ...heard, ...mask, query: { file } },
      onRecording: (entry, result, error) => {
        if (error) failure = error;
        masked = result;
        if (result) this.#context.told.masked(entry, result);
      },
    });
    if (failure) throw failure;
    if (masks && !masked && this.#context.catalogue.search({ file }).length > 0)
      throw new JackfieldError('ERR_INVALID_STATE', `${printable(file)} was not masked.`);
  }
}
