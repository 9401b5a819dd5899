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

/** Events of what is done after calls. */
export interface AfterCallsEvents {
  /** A recording has a transcript. */
  transcribed: [recording: CatalogueEntry];
  /** A recording was masked; without `masking` in the result, nothing was found in it. */
  masked: [recording: CatalogueEntry, result: MaskedRecording];
  /**
   * A recording could not be transcribed or masked. It is as it was, its news waits where it was to be masked, and it is tried
   * again by the next recorder of the folder, and with the next configuration. `file` is `.after-calls` where it cannot be
   * read which recordings wait: none of them is told of.
   */
  undone: [file: string, error: Error];
}

/** Everything that the work needs. */
export interface AfterCallsContext {
  readonly catalogue: Catalogue;
  /** Takes the events. */
  readonly told: { readonly [E in keyof AfterCallsEvents]: (...about: AfterCallsEvents[E]) => void };
  /** Tells of a recording that is as it may be shown. May be called again with the same id. */
  readonly tell: (
    published: { readonly file: string; readonly sidecar: RecordingSidecar },
    news: Pick<AfterCallNote, 'id' | 'type'>,
  ) => Promise<void>;
}

/** {@link AfterCallsOptions}, and the keys of the recorder. */
export interface AfterCallsSettings
  extends AfterCallsOptions,
    Pick<MaskRecordingsOptions, 'identity' | 'encryptTo' | 'signingKey'> {}

/**
 * Has each recording transcribed and masked as soon as its call is over and its files are in their places, one after the
 * other, while others are recorded. A note of it is on disk before anybody is told of the recording, and goes when all is
 * done: what a process that was killed did not come to is done by the next.
 */
export class AfterCalls {
  readonly #context: AfterCallsContext;
  readonly #notes: AfterCallNotes;
  #settings: AfterCallsSettings;
  #work: Promise<void> = Promise.resolve();
  /** Ids of what is under way, or has failed. */
  readonly #begun = new Set<string>();

  constructor(settings: AfterCallsSettings, context: AfterCallsContext) {
    this.#settings = settings;
    this.#context = context;
    this.#notes = new AfterCallNotes(context.catalogue.folder);
  }

  /** Uses other options for the recordings to come, and tries those again that failed. */
  configure(settings: AfterCallsSettings): void {
    this.#settings = settings;
    this.#work = this.#work.then(() => this.#begun.clear()).then(() => this.takeUp());
  }

  /** Keeps on disk what is to be done. @returns true when nobody is to be told of the recording before that. @throws ERR_FILE */
  async keep(file: string, { id, type }: Pick<AfterCallNote, 'id' | 'type'>): Promise<boolean> {
    const masks = this.#settings.mask !== undefined;
    await this.#notes.keep({ id, type, file: relative(this.#context.catalogue.folder, file), masks });
    return masks;
  }

  /** Begins whatever is kept, and was not begun. It goes on after this resolves. What cannot be read is told as `undone`. */
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

  /** Resolves when all that was begun is done, or has failed. */
  async end(): Promise<void> {
    await this.takeUp();
    // What the work itself takes up comes after it.
    let work: Promise<void> | undefined;
    while (work !== this.#work) {
      work = this.#work;
      await work;
    }
  }

  async #do(note: AfterCallNote): Promise<void> {
    const { catalogue, tell } = this.#context;
    try {
      const [entry] = catalogue.search({ file: note.file });
      if (entry) {
        await this.#transcribe(entry);
        await this.#mask(entry, note);
        if (note.masks) {
          const file = await catalogue.fileOf(entry);
          await tell({ file, sidecar: await readSidecar(beside(file, '.json')) }, note);
        }
      }
      // Of one that was removed meanwhile there is nothing to do, and nothing to tell.
      await this.#notes.remove(note);
      this.#begun.delete(note.id);
    } catch (error) {
      this.#context.told.undone(note.file, asError(error));
    }
  }

  async #transcribe({ file }: CatalogueEntry): Promise<void> {
    const { transcriber, language, identity } = this.#settings;
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

  /** @throws unless the recording is masked where it was to be. */
  async #mask({ file }: CatalogueEntry, { masks }: AfterCallNote): Promise<void> {
    const { mask, ...heard } = this.#settings;
    if (!mask && !masks) return;
    if (!mask) {
      const text = `${printable(file)} was to be masked, and nothing says by which rules any more: it is as it was.`;
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
